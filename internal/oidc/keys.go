package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// wellKnown is where an issuer describes itself: OpenID Connect Discovery 1.0, section 4.
const wellKnown = "/.well-known/openid-configuration"

// Keys fetches the public keys of issuer, as OpenID Connect Discovery 1.0 says: its description, which must
// name the same issuer, names the address of its JWK Set. The set must be on the issuer's own scheme, host
// and port: who controls that alone may say which keys are the issuer's. The set is returned as it was too,
// to be kept as evidence.
func (s *Source) Keys(ctx context.Context, issuer string) (keys identity.Keys, raw []byte, err error) {
	base, err := courier.ParseEndpoint(issuer) // an identifier has no query: OpenID Connect Core 1.0, section 2
	if err != nil {
		return identity.Keys{}, nil, fmt.Errorf("fetch the keys of issuer %q: %w", shown(issuer), err)
	}
	jwks, err := s.discover(ctx, issuer, base)
	if err != nil {
		return identity.Keys{}, nil, err
	}
	what := fmt.Sprintf("ask %s for its keys", base.Host)
	raw, err = s.wire.ask(ctx, call{what: what, target: jwks, masker: redact.NewMasker(), advise: adviseIssuer})
	if err != nil {
		return identity.Keys{}, nil, err
	}
	keys, err = identity.ParseKeys("answer", raw)
	if err != nil {
		return identity.Keys{}, nil, fmt.Errorf("%s: %w", what, err)
	}
	return keys, raw, nil
}

// discover finds the address of an issuer's keys.
func (s *Source) discover(ctx context.Context, issuer string, base *url.URL) (*url.URL, error) {
	target := *base
	target.Path, target.RawPath = strings.TrimSuffix(base.Path, "/")+wellKnown, strings.TrimSuffix(base.EscapedPath(), "/")+wellKnown
	what := fmt.Sprintf("ask %s for its OpenID configuration", base.Host)
	body, err := s.wire.ask(ctx, call{what: what, target: &target, masker: redact.NewMasker(), advise: adviseIssuer})
	if err != nil {
		return nil, err
	}
	doc, err := jsontree.Parse("answer", body, jsontree.Limits{Depth: 8, Nodes: 4000})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	said := map[string]string{}
	for _, m := range doc.Root.Members {
		if m.Value.Kind == jsontree.String {
			said[m.Name] = m.Value.Text
		}
	}
	if said["issuer"] != issuer {
		return nil, fmt.Errorf("%s: it describes issuer %q, expected %q to the letter", what, shown(said["issuer"]), shown(issuer))
	}
	jwks, err := courier.ParseAddress(said["jwks_uri"])
	if err != nil {
		return nil, fmt.Errorf("%s: the address of its keys (jwks_uri): %w", what, err)
	}
	if !courier.SameOrigin(base, jwks) {
		return nil, fmt.Errorf("%s: its keys (jwks_uri) are at %q, expected %q: keys of another place aren't taken",
			what, shown(courier.Origin(jwks)), courier.Origin(base))
	}
	return jwks, nil
}

func adviseIssuer(status int) string {
	if status == http.StatusNotFound {
		return ": is it an issuer of ID tokens, and is its address complete?"
	}
	return ": it hands its keys to anybody, so something between may have answered"
}

// maxShown is how much of an address that somebody else wrote is shown, in bytes.
const maxShown = 200

func shown(s string) string {
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return s
}
