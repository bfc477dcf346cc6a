package trust

import "strings"

// exchanged is what an authorization server must demand of a token before it exchanges it (RFC 8693). There is no form that
// all such servers take, so this is a list to write it by.
type exchanged struct {
	Issuer   string              `json:"issuer"`
	Audience string              `json:"audience"`
	Claims   map[string][]string `json:"claims"` // claim → values, any of which
	Until    string              `json:"until"`  // RFC 3339
}

func (q *request) oauth() body {
	g := q.grant.OAuth
	if !q.fitAudience(g.Audience) {
		return q.none("the audience can't be written to the letter", "give the grant an audience without white space around it")
	}
	if !strings.HasPrefix(q.issuer, "https://") {
		return q.none("an authorization server finds the keys of no issuer that isn't https", "let the issuer have a name of its own")
	}
	q.gap(Elsewhere, "", "authorization servers have no common form of trust: the document lists what a token must prove, and nothing that "+g.TokenURL+" reads",
		"write it as that server has it, each claim to the letter")
	return &exchanged{Issuer: q.issuer, Audience: g.Audience, Claims: q.bound(), Until: lastDay(q.identity).End().Format("2006-01-02T15:04:05Z")}
}

func (b *exchanged) own() Form { return JSON }

func (b *exchanged) data() any { return b }
