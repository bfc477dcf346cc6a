package gitrepo

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// CommitInfo is what a commit says of itself: anyone can write anything there. Bytes that aren't UTF-8 are
// replaced; control characters are not. Of a text that is too long only the length is told.
type CommitInfo struct {
	ID     odb.ID
	Author string    // the name
	Email  string    // as written between the angle brackets
	Date   time.Time // when the author says to have made it, in the author's time zone; zero where that can't be read
}

// parseInfo reads a commit, which begins with header lines, ended by an empty one, before the message.
func parseInfo(id odb.ID, raw []byte) CommitInfo {
	info := CommitInfo{ID: id}
	header, _, _ := bytes.Cut(raw, []byte("\n\n"))
	for line := range bytes.Lines(header) {
		if who, ok := bytes.CutPrefix(line, []byte("author ")); ok {
			info.Author, info.Email, info.Date = parseSignature(who)
			break
		}
	}
	return info
}

// parseSignature reads "name <e-mail> seconds zone".
func parseSignature(who []byte) (name, email string, date time.Time) {
	name, email = clean(who), ""
	if end := bytes.LastIndexByte(who, '>'); end >= 0 {
		before, after, _ := bytes.Cut(who[:end], []byte("<"))
		name, email = clean(before), clean(after)
	}
	if seconds, zone, ok := signatureTime(who); ok {
		date = time.Unix(seconds, 0).In(time.FixedZone("", zone))
	}
	return name, email, date
}

// signatureTime is when a signature was made, in seconds since 1970, and its zone in seconds east.
func signatureTime(who []byte) (seconds int64, zone int, ok bool) {
	rest := bytes.TrimLeft(who[bytes.LastIndexByte(who, '>')+1:], " ")
	digits := 0
	for ; digits < len(rest) && digits < 12 && rest[digits] >= '0' && rest[digits] <= '9'; digits++ {
		seconds = 10*seconds + int64(rest[digits]-'0')
	}
	if hhmm, err := strconv.Atoi(string(bytes.TrimSpace(rest[digits:]))); err == nil && -1500 < hhmm && hhmm < 1500 {
		zone = (hhmm/100*60 + hhmm%100) * 60
	}
	return seconds, zone, digits > 0
}

// maxName is how long a name or an e-mail address may be, in bytes, to be told: each finding repeats it. The beginning
// of a longer one isn't, as a credential that is cut in two would not be known again.
const maxName = 1 << 10

func clean(b []byte) string {
	if len(b) > maxName {
		return fmt.Sprintf("(%d bytes)", len(b))
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(b)), "\uFFFD")
}

// commitLinks reads what a commit names: the raw id of its tree, those of its parents, one after the other in
// parents, and when it was committed; 0 where that can't be read. It reports false where there is no tree.
func commitLinks(raw, tree, parents []byte, idSize int) (_, _ []byte, when int64, ok bool) {
	if tree, raw, ok = cutID(tree, raw, "tree ", idSize); !ok {
		return tree, parents, 0, false
	}
	for more := true; more; {
		parents, raw, more = cutID(parents, raw, "parent ", idSize)
	}
	if at := bytes.Index(raw, []byte("\ncommitter ")); at >= 0 {
		line, _, _ := bytes.Cut(raw[at+1:], []byte("\n"))
		when, _, _ = signatureTime(line)
	}
	return tree, parents, when, true
}

// cutID takes the line "<label><id in hexadecimal digits>\n" off raw and appends the id's bytes to ids.
func cutID(ids, raw []byte, label string, idSize int) (_, rest []byte, ok bool) {
	end := len(label) + 2*idSize
	if len(raw) <= end || raw[end] != '\n' || string(raw[:len(label)]) != label {
		return ids, raw, false
	}
	more, err := hex.AppendDecode(ids, raw[len(label):end])
	if err != nil {
		return ids, raw, false
	}
	return more, raw[end+1:], true
}
