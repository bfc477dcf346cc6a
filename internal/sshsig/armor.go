package sshsig

import (
	"bytes"
	"encoding/base64"
	"errors"
)

// Begin is the line that an armoured signature begins with.
const Begin = "-----BEGIN SSH SIGNATURE-----"

const (
	end = "-----END SSH SIGNATURE-----"
	// maxArmor is far above the largest signature, by an RSA key of maxRSA bits, in bytes.
	maxArmor = 16 << 10
	// maxLine is how long PROTOCOL.sshsig lets a line be, in bytes.
	maxLine = 76
)

// dearmor gives what the armour holds. Lines may be of any length up to maxLine; nothing may stand before the
// first line, nor anything but line ends after the last.
func dearmor(armored []byte) ([]byte, error) {
	if len(armored) > maxArmor {
		return nil, errors.New("the signature is longer than any that OpenSSH makes")
	}
	lines := bytes.Split(bytes.TrimRight(armored, "\n"), []byte("\n"))
	last := len(lines) - 1
	if string(lines[0]) != Begin {
		return nil, errors.New("no SSH signature: expected it to begin with " + Begin)
	}
	if string(lines[last]) != end {
		return nil, errors.New("the signature is cut short, or something stands after it: expected it to end with " + end)
	}
	for _, line := range lines[1:last] {
		if len(line) == 0 || len(line) > maxLine {
			return nil, errors.New("a line of the signature is empty or too long: expected 1 to 76 characters of base64")
		}
	}
	text := string(bytes.Join(lines[1:last], nil))
	// Decoders skip carriage returns, and would so take one signature in many forms.
	blob, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(blob) != text {
		return nil, errors.New("the signature isn't base64 between its first line and its last")
	}
	return blob, nil
}
