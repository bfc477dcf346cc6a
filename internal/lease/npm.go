package lease

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// The names by which npm's tools know what is handed over.
const (
	npmAuthToken  = "NODE_AUTH_TOKEN" //nolint:gosec // its name
	npmToken      = "NPM_TOKEN"       //nolint:gosec // its name
	npmUserConfig = "NPM_CONFIG_USERCONFIG"
	npmrc         = "npmrc"
)

const npmRegistry = "https://registry.npmjs.org"

// npmTerm is how long a token typically lives, as https://api-docs.npmjs.com/#section/Authentication has it.
const npmTerm = time.Hour

func npmKind() kind {
	return kind{
		name: "npm", make: func(d desk) Provider { return npm(d) },
		// npm's own client asks for this audience at whichever registry it publishes to (npm/cli, lib/utils/oidc.js).
		audience: func(g *manifest.Grant) string {
			if g.NPM.Audience != "" {
				return g.NPM.Audience
			}
			return hostBehind("npm:", g, (*url.URL).Hostname)
		},
		endpoint: func(*manifest.Grant) (string, error) { return npmRegistry, nil },
		as:       manifest.AsFile, longest: npmTerm, fixed: true,
	}
}

// hostBehind is the host that a registry's grant is asked at, behind a prefix; "" where there is none.
func hostBehind(prefix string, g *manifest.Grant, host func(*url.URL) string) string {
	base, err := Endpoint(g)
	if err != nil {
		return ""
	}
	u, err := courier.ParseEndpoint(base)
	if err != nil {
		return ""
	}
	return prefix + host(u)
}

// npm exchanges by https://api-docs.npmjs.com/#tag/OIDC/operation/exchangeOidcToken. A token of that is ended by its time alone:
// the API that deletes tokens takes a person's session.
func npm(d desk) *registry {
	return &registry{
		desk: d, name: "npm", lives: npmTerm, detector: "npm-access-token", own: []string{npmAuthToken, npmToken},
		of:    func(g *manifest.Grant) *manifest.Registry { return g.NPM },
		said:  npmSaid,
		login: npmLogin,
		ends:  npmEnds,
		try:   npmTry,
		check: npmCheck,
		values: func(token redact.Secret, n names) []Value {
			return []Value{n.secret(npmAuthToken, token), n.secret(npmToken, token)}
		},
		files: npmFiles,
	}
}

// npmName is what npm takes for a package's name, older ones too; "/" stands in it only behind a scope.
var npmName = regexp.MustCompile(`^(@[A-Za-z0-9~-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~-][A-Za-z0-9._~-]*$`)

func npmLogin(r Request, g *manifest.Registry, base string) (string, question, error) {
	if !npmName.MatchString(g.Package) {
		return "", question{}, fmt.Errorf("%s is no name of an npm package: expected NAME or @SCOPE/NAME", courier.Printable(g.Package, maxSaid))
	}
	at := strings.TrimRight(base, "/") + "/-/npm/v1/oidc/token/exchange/package/" + url.PathEscape(g.Package)
	return at, question{method: http.MethodPost, bare: true, header: http.Header{
		"Authorization": {"Bearer " + string(r.IDToken.Reveal())}, "Accept": {"application/json"},
	}}, nil
}

// npmEnds is "expires", an RFC 3339 time; zero where the answer hasn't one, as the documentation needs none.
func npmEnds(root *jsontree.Node) (time.Time, error) {
	if v := member(root, "token_type"); v != nil && text(root, "token_type") != "oidc" {
		return time.Time{}, errors.New("the answer's token is of another type than oidc, for which it was asked")
	}
	if member(root, "expires") == nil {
		return time.Time{}, nil
	}
	end, err := time.Parse(time.RFC3339, text(root, "expires"))
	if err != nil {
		return time.Time{}, errors.New("the answer doesn't say in RFC 3339 when the token ends")
	}
	return end, nil
}

// npmSaid is the message of a refusal.
func npmSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	if said := text(root, "message"); said != "" {
		return said
	}
	return text(root, "error")
}

// npmTry says what to change where the exchange is refused.
func npmTry(a answer, g *manifest.Registry) string {
	settings := "the trusted publisher in the settings of " + courier.Printable(g.Package, maxSaid)
	switch a.status {
	case http.StatusUnauthorized:
		return "exchange the ID token as soon as it is fetched: it lives for minutes; compare the claims with " + settings
	case http.StatusNotFound:
		return "see that the package is there, and that " + settings + " names this repository, workflow and environment: npm answers 404 for both"
	}
	return "compare the claims with " + settings + ": repository, workflow file and environment, letter by letter"
}

// npmBase is an address that can stand in an .npmrc as it is.
var npmBase = regexp.MustCompile(`^https?://[A-Za-z0-9._:-]+(/[A-Za-z0-9._~/-]*)?$`)

func npmCheck(g *manifest.Grant, base string) error {
	if As(g) != manifest.AsFile {
		return nil
	}
	if len(g.NPM.Names) > 0 {
		return errors.New("names: npm's token is handed over in an .npmrc, which has none: say as: env in the grant, or leave names out")
	}
	if !npmBase.MatchString(base) {
		return errors.New("the endpoint can't stand in an .npmrc: expected letters, digits and . _ ~ - / alone behind https://, or as: env in the grant")
	}
	return nil
}

// npmFiles is an .npmrc in the place of the user's own, by which npm and pnpm publish unchanged
// (https://docs.npmjs.com/cli/configuring-npm/npmrc). A registry that the grant names is made the default, so that the token
// goes where it is from.
func npmFiles(_ *Credential, base string) func(*Credential, string) ([]File, []Value, error) {
	return func(c *Credential, dir string) ([]File, []Value, error) {
		at := strings.TrimRight(base, "/") + "/"
		_, key, _ := strings.Cut(at, ":")
		text := key + ":_authToken=" + string(c.Values[0].Value.Reveal()) + "\n"
		if at != npmRegistry+"/" {
			text += "registry=" + at + "\n"
		}
		return []File{{npmrc, redact.New([]byte(text))}}, []Value{path(npmUserConfig, dir, npmrc)}, nil
	}
}
