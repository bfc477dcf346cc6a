package certify

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// decisionBytes is how much of a SHA-256 a Decision keeps.
const decisionBytes = 16

// Decision names what the owner has to decide, in hex: what is proposed about which entries as they stand. It stays
// the same while days and counts move on, so that who has declined it isn't asked for it again the day after.
func (g *Group) Decision() string {
	var all []string
	for i := range g.Changes {
		c := &g.Changes[i]
		all = append(all, strings.Join([]string{string(c.Kind), c.ID, string(c.Action), c.Expires.String(), strings.Join(c.Gone, "/")}, "\x00"))
	}
	slices.Sort(all)
	sum := sha256.Sum256([]byte("curfew/decision/v1\x00" + g.Owner + "\x00" + strings.Join(all, "\x00\x00")))
	return hex.EncodeToString(sum[:decisionBytes])
}
