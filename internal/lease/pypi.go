package lease

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// The names by which tools that upload know what is handed over.
const (
	twineUsername = "TWINE_USERNAME"
	twinePassword = "TWINE_PASSWORD"
	uvToken       = "UV_PUBLISH_TOKEN" //nolint:gosec // its name
)

const pypiIndex = "https://pypi.org"

// pypiTerm is how long a token lives: https://docs.pypi.org/trusted-publishers/.
const pypiTerm = 15 * time.Minute

func pypiKind() kind {
	return kind{
		name: "pypi", make: func(d desk) Provider { return pypi(d) },
		audience: pypiAudience,
		endpoint: func(*manifest.Grant) (string, error) { return pypiIndex, nil },
		as:       manifest.AsEnv, longest: pypiTerm, fixed: true,
	}
}

// pypiAudience is the audience of the two indexes that document one
// (https://docs.pypi.org/trusted-publishers/using-a-publisher/). Another index says its own at /_/oidc/audience, where it
// isn't asked: it could name PyPI's, and publish there with the token that it is sent.
func pypiAudience(g *manifest.Grant) string {
	if g.PyPI.Audience != "" {
		return g.PyPI.Audience
	}
	return map[string]string{"pypi.org": "pypi", "test.pypi.org": "testpypi"}[hostBehind("", g, (*url.URL).Hostname)]
}

// pypi exchanges at /_/oidc/mint-token, as https://docs.pypi.org/trusted-publishers/using-a-publisher/ tells under "The manual
// way", which PyPI calls no stable interface. Its token is good for all projects of the publisher: the grant's package isn't
// sent. Nothing ends one but its time.
func pypi(d desk) *registry {
	return &registry{
		desk: d, name: "pypi", lives: pypiTerm, detector: "pypi-upload-token", own: []string{twineUsername, twinePassword, uvToken},
		of:   func(g *manifest.Grant) *manifest.Registry { return g.PyPI },
		said: pypiSaid,
		login: func(r Request, _ *manifest.Registry, base string) (string, question, error) {
			q, err := asJSON("token", r.IDToken, "_", "oidc", "mint-token")
			return base, q, err
		},
		ends: pypiEnds,
		try:  pypiTry,
		values: func(token redact.Secret, n names) []Value {
			return []Value{n.public(twineUsername, "__token__"), n.secret(twinePassword, token), n.secret(uvToken, token)}
		},
	}
}

// asJSON is a question that posts an ID token as the one member of an object.
func asJSON(name string, token redact.Secret, path ...string) (question, error) {
	body, err := json.Marshal(map[string]string{name: string(token.Reveal())})
	if err != nil {
		return question{}, errors.New("the login can't be written as JSON")
	}
	return question{method: http.MethodPost, path: path, body: body, header: http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json"},
	}}, nil
}

// pypiEnds is "expires", in seconds since 1970; zero where the answer hasn't one.
func pypiEnds(root *jsontree.Node) (time.Time, error) {
	if v := member(root, "success"); v == nil || v.Kind != jsontree.Bool || v.Text != "true" {
		return time.Time{}, errors.New("the answer has a token, and doesn't say that it is one by success: true")
	}
	if !strings.HasPrefix(text(root, "token"), "pypi-") {
		return time.Time{}, errors.New("the answer has something else than a token of PyPI's (pypi-…)")
	}
	v := member(root, "expires")
	if v == nil {
		return time.Time{}, nil
	}
	at, err := strconv.ParseInt(v.Text, 10, 64)
	if err != nil || v.Kind != jsontree.Number || at <= 0 || at > 1<<40 {
		return time.Time{}, errors.New("the answer doesn't say in seconds since 1970 when the token ends")
	}
	return time.Unix(at, 0), nil
}

// pypiErrors are the code and the description of each error of a refusal.
func pypiErrors(a answer) (codes, said []string) {
	root, err := readJSON(a)
	if err != nil {
		return nil, nil
	}
	all := member(root, "errors")
	if all == nil || all.Kind != jsontree.Array {
		return nil, nil
	}
	for _, e := range all.Items {
		codes, said = append(codes, text(e, "code")), append(said, text(e, "code")+": "+text(e, "description"))
	}
	return codes, said
}

// pypiSaid is the message of a refusal with its errors.
func pypiSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	_, said := pypiErrors(a)
	return strings.Join(append([]string{text(root, "message")}, said...), "; ")
}

// pypiTry says what to change, by the codes of https://docs.pypi.org/trusted-publishers/troubleshooting/.
func pypiTry(a answer, g *manifest.Registry) string {
	codes, _ := pypiErrors(a)
	for _, code := range codes {
		switch code {
		case "invalid-publisher":
			return "compare the claims with the trusted publishers of " + courier.Printable(g.Package, maxSaid) + ": owner, repository, workflow file and environment, letter by letter"
		case "invalid-token":
			return "see that the audience is the index's, and exchange the ID token as soon as it is fetched: it lives for minutes"
		case "invalid-reuse-token":
			return "run the job again: an ID token is taken once, and the answer to an earlier try was lost"
		case "invalid-pending-publisher":
			return "run the job again, which creates no project; the project is there already: give it a trusted publisher that isn't pending"
		case "not-enabled":
			return "wait until the index takes trusted publishing again: https://status.python.org"
		}
	}
	return "see that the index knows this CI platform as a publisher, and what it says of the request"
}
