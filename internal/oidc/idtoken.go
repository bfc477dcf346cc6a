package oidc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// grantAdvice is what a job without an endpoint, or with one that refuses, lacks.
// https://docs.github.com/en/actions/reference/security/oidc
const grantAdvice = "the job lacks `permissions: id-token: write`; a pull request from a fork gets no ID token whatever its workflow says, nor does a command that curfew exec runs"

// IDToken asks for the job's ID token for audience, with
//
//	GET $ACTIONS_ID_TOKEN_REQUEST_URL&audience=AUDIENCE
//
// or finds it among those that the job was given, and returns its text: a JWT that nothing has verified yet. No error
// holds the token, the request's token or the request's URL beyond its host.
func (s *Source) IDToken(ctx context.Context, audience string) (redact.Secret, error) {
	if audience == "" {
		return redact.Secret{}, errors.New("ask for an ID token: no audience is given: name who is to take it")
	}
	if s.given != nil {
		return s.pick(audience)
	}
	target, err := s.endpoint(audience)
	if err != nil {
		return redact.Secret{}, fmt.Errorf("ask for an ID token: %w", err)
	}
	what := fmt.Sprintf("ask %s for the job's ID token", target.Host)
	body, err := s.wire.ask(ctx, call{
		what: what, target: target, bearer: s.requestToken,
		masker: redact.NewMasker(s.requestToken, s.requestURL, redact.New([]byte(target.RequestURI()))),
		advise: adviseJob,
	})
	if err != nil {
		return redact.Secret{}, err
	}
	doc, err := jsontree.Parse("answer", body, jsontree.Limits{Depth: 8, Nodes: 100})
	if err != nil {
		return redact.Secret{}, fmt.Errorf("%s: %w", what, err)
	}
	for _, m := range doc.Root.Members {
		if m.Name == "value" && m.Value.Kind == jsontree.String && m.Value.Text != "" {
			return redact.New([]byte(m.Value.Text)), nil
		}
	}
	return redact.Secret{}, fmt.Errorf(`%s: the answer has no "value" that is a token`, what)
}

// MayNotAskError is that a job wasn't given what ID tokens are asked for with.
type MayNotAskError struct{}

// Error says what is missing, and why.
func (*MayNotAskError) Error() string {
	return "there is no endpoint for one (ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN): " + grantAdvice
}

// MayNotAsk is for who can't name this type.
func (*MayNotAskError) MayNotAsk() bool { return true }

// endpoint is the address to ask, with the audience in its query.
func (s *Source) endpoint(audience string) (*url.URL, error) {
	if s.requestURL.Len() == 0 || s.requestToken.Len() == 0 {
		return nil, &MayNotAskError{}
	}
	u, err := courier.ParseAddress(string(s.requestURL.Reveal()))
	if err != nil {
		return nil, fmt.Errorf("the endpoint's address (ACTIONS_ID_TOKEN_REQUEST_URL): %w", err)
	}
	if bytes.ContainsFunc(s.requestToken.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the request's token (ACTIONS_ID_TOKEN_REQUEST_TOKEN) holds characters that can't be sent")
	}
	// The query is GitHub's own: it stays to the byte as it is.
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "audience=" + url.QueryEscape(audience)
	return u, nil
}

func adviseJob(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ": " + grantAdvice
	case http.StatusBadRequest:
		return ": it may not take this audience"
	}
	return ": nothing is known of such an answer; look at the platform's status page"
}
