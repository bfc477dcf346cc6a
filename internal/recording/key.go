package recording

import (
	"bytes"
	"regexp"

	"github.com/curfew-ci/curfew/internal/redact"
)

// shortWord is how short a word may be that is taken for one of a key's, but for the last of a text.
const shortWord = 16

// keyBegin matches what stands before a private key's own lines: the frame of PEM with its headers, or PuTTY's count of lines. keyWord
// matches one of those lines, with what separates it from the one before.
var (
	keyBegin = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr])*(?:Proc-Type|DEK-Info|Version|Comment): [^\r\n\\]*)*|Private-Lines: [0-9]+`)
	keyWord  = regexp.MustCompile(`^(?:[\s"',+]|\\[nrt])*([A-Za-z0-9+/=]+)`)
)

// keyBodies are the private keys in text without their frames, whether they end in it or not: of a key that was cut off too much is
// left for anybody to see it.
func keyBodies(text []byte) []Found {
	if !bytes.Contains(text, []byte("PRIVATE KEY")) && !bytes.Contains(text, []byte("Private-Lines")) {
		return nil
	}
	var all []Found
	for _, m := range keyBegin.FindAllIndex(text, -1) {
		at := m[1]
		for {
			word := keyWord.FindSubmatchIndex(text[at:])
			if word == nil || word[3]-word[2] < shortWord && at+word[3] < len(bytes.TrimRight(text, "\r\n")) {
				break
			}
			at += word[3]
		}
		if at > m[1] {
			all = append(all, Found{Range: redact.Range{Start: m[1], End: at}})
		}
	}
	return all
}
