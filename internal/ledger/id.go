package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// crockford are the digits of a ULID: Crockford's base 32.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idLength is how many digits a ULID has: 26 of 5 bits for 128, so that the first is at most 7.
const idLength = 26

// IDs makes ULIDs (https://github.com/ulid/spec): 48 bits of milliseconds since 1970 and 80 random
// bits, so that they sort by time. Of one IDs each is greater than the last, whatever the clock does. It
// may be used by several goroutines.
type IDs struct {
	now    func() time.Time
	random io.Reader

	mu   sync.Mutex
	last [16]byte
}

// NewIDs makes ids from a clock and a source of random bytes; crypto/rand's, unless a test wants the
// same ones again.
func NewIDs(now func() time.Time, random io.Reader) *IDs {
	return &IDs{now: now, random: random}
}

// New is the next id. It fails where there is no randomness, or where the clock is out of the years
// 1970 to 10889, which a ULID can't tell.
func (g *IDs) New() (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ms := g.now().UnixMilli()
	if ms < 0 || ms >= 1<<48 {
		return "", errors.New("make id: the clock is out of what a ULID can tell: set it")
	}
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(ms)<<16)
	if string(id[:6]) <= string(g.last[:6]) && g.last != [16]byte{} {
		// Within a millisecond, or after the clock went back: one more than the last.
		if err := g.increment(); err != nil {
			return "", err
		}
		return encodeID(g.last), nil
	}
	if _, err := io.ReadFull(g.random, id[6:]); err != nil {
		return "", fmt.Errorf("make id: %w", err)
	}
	g.last = id
	return encodeID(id), nil
}

func (g *IDs) increment() error {
	for i := len(g.last) - 1; i >= 6; i-- {
		g.last[i]++
		if g.last[i] != 0 {
			return nil
		}
	}
	return errors.New("make id: no more ids in this millisecond: try again")
}

// encodeID writes 128 bits as 26 digits, two zero bits in front.
func encodeID(id [16]byte) string {
	var out [idLength]byte
	for i := range out {
		var v byte
		for bit := 5*i - 2; bit < 5*i+3; bit++ {
			v <<= 1
			if bit >= 0 {
				v |= id[bit/8] >> (7 - bit%8) & 1
			}
		}
		out[i] = crockford[v]
	}
	return string(out[:])
}

// ValidID reports whether s is a ULID in its canonical form, as IDs makes them: 26 characters that are fit for a name of a file.
func ValidID(s string) bool {
	return len(s) == idLength && s[0] <= '7' && strings.Trim(s, crockford) == ""
}

// idTime is when a valid id was made, by the clock of who made it.
func idTime(id string) time.Time {
	const digits = 10 // of 26, for the time
	var ms int64
	for _, c := range []byte(id[:digits]) {
		ms = ms<<5 | int64(strings.IndexByte(crockford, c))
	}
	return time.UnixMilli(ms)
}
