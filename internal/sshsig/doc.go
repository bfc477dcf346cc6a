// Package sshsig verifies signatures that OpenSSH makes of texts, as git keeps them in tags: the armoured
// format SSHSIG, by keys in files such as authorized_keys and allowed_signers. It takes bytes and says yes or
// why not; it signs nothing and reads no private key.
//
// Sources: PROTOCOL.sshsig, PROTOCOL.u2f and the section ALLOWED SIGNERS of ssh-keygen(1), all of OpenSSH;
// RFC 4251 section 5 for the wire, RFC 5656 and RFC 8332 for ECDSA and RSA, RFC 8709 for Ed25519. Where those
// leave a choice of how to write a thing down, one form is taken.
package sshsig
