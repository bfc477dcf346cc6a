package lease

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// cargoToken is the name by which cargo knows what is handed over.
const cargoToken = "CARGO_REGISTRY_TOKEN"

const cratesRegistry = "https://crates.io"

// cratesTerm is how long a token lives, which its answer doesn't tell: https://crates.io/docs/trusted-publishing.
const cratesTerm = 30 * time.Minute

func cratesKind() kind {
	return kind{
		name: "crates", make: func(d desk) Provider { return crates(d) },
		// The registry's host, as crates.io's own action has it for the staging one too (rust-lang/crates-io-auth-action).
		audience: func(g *manifest.Grant) string {
			if g.Crates.Audience != "" {
				return g.Crates.Audience
			}
			return hostBehind("", g, func(u *url.URL) string { return u.Host })
		},
		endpoint: func(*manifest.Grant) (string, error) { return cratesRegistry, nil },
		as:       manifest.AsEnv, longest: cratesTerm, fixed: true, ends: true,
	}
}

// crates exchanges by https://crates.io/docs/trusted-publishing, as GitLab's jobs are told to there. Its token is good for all
// crates that have this publisher: the grant's package isn't sent. A shorter TTL is kept by ending it.
func crates(d desk) *registry {
	return &registry{
		desk: d, name: "crates", lives: cratesTerm, detector: "crates", own: []string{cargoToken},
		of:   func(g *manifest.Grant) *manifest.Registry { return g.Crates },
		said: cratesSaid,
		login: func(r Request, _ *manifest.Registry, base string) (string, question, error) {
			q, err := asJSON("jwt", r.IDToken, cratesTokens()...)
			q.grants = true
			return base, q, err
		},
		try:    cratesTry,
		values: func(token redact.Secret, n names) []Value { return []Value{n.secret(cargoToken, token)} },
		// 204 says that there is no such token any more, also where there was none.
		end: func(token redact.Secret) question {
			return question{method: http.MethodDelete, path: cratesTokens(), header: http.Header{
				"Authorization": {"Bearer " + string(token.Reveal())}, "Accept": {"application/json"},
			}}
		},
	}
}

func cratesTokens() []string { return []string{"api", "v1", "trusted_publishing", "tokens"} }

// cratesSaid are the details of a refusal, {"errors": [{"detail": "…"}]}.
func cratesSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	all := member(root, "errors")
	if all == nil || all.Kind != jsontree.Array {
		return ""
	}
	var said []string
	for _, e := range all.Items {
		said = append(said, text(e, "detail"))
	}
	return strings.Join(said, "; ")
}

// cratesTry says what to change where the exchange is refused.
func cratesTry(a answer, g *manifest.Registry) string {
	said := cratesSaid(a)
	switch {
	case strings.Contains(said, "already been used"):
		return "run the job again: an ID token is taken once, and the answer to an earlier try was lost"
	case strings.Contains(said, "Unsupported JWT issuer"):
		return "publish from a platform that the registry knows as a publisher"
	case strings.Contains(said, "Failed to decode JWT"):
		return "see that the audience is the registry's, and exchange the ID token as soon as it is fetched: it lives for minutes"
	}
	return "compare the claims with the trusted publishers in the settings of " + courier.Printable(g.Package, maxSaid) +
		": repository, its owner's id, workflow file and environment"
}
