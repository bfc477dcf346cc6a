// Package ledger keeps the evidence of what was issued: records whose bytes have one form only, the files
// that jobs write them to, and a Merkle log that nothing can be dropped from or rewritten in unseen.
//
// A job writes each record to a file of its own before anything depends on it (Writer), and seals the
// file with a key that lives as long as the job and that an ID token speaks for (Writer.Seal).
//
// One process, the Collector, proves each file and appends its records to the log (Log, Verify): that of
// Go's checksum database, in the formats of RFC 6962 and C2SP.
//
// What jobs share lies in a Store, whose writes are conditional: a Folder or a bucket of S3. Slots counts in
// it what is limited.
//
// No record holds a secret's value: a credential is known by its handle and, where its value can't be
// guessed, by a fingerprint.
package ledger
