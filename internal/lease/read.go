package lease

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/redact"
)

// maxValue is the length of the longest value that is handed over, in bytes.
const maxValue = 64 << 10

// clockSlack is how far our clock and a server's may differ.
const clockSlack = 5 * time.Minute

// readJSON reads an answer that must be an object of JSON.
func readJSON(a answer) (*jsontree.Node, error) {
	doc, err := jsontree.Parse("its answer", a.body, jsontree.Limits{Bytes: maxAnswer, Depth: 16, Nodes: 20_000})
	if err != nil {
		return nil, fmt.Errorf("%s answered %d, and no JSON that is right: %w", a.host, a.status, err)
	}
	if doc.Root.Kind != jsontree.Object {
		return nil, fmt.Errorf("%s answered %d and %s, expected an object", a.host, a.status, doc.Root.Kind)
	}
	return doc.Root, nil
}

// member is the value at a path of names below n; nil where there is none.
func member(n *jsontree.Node, names ...string) *jsontree.Node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		var next *jsontree.Node
		for _, m := range n.Members {
			if m.Name == name {
				next = m.Value
			}
		}
		n = next
	}
	return n
}

// text is the string at a path of names; "" where there is none.
func text(n *jsontree.Node, names ...string) string {
	if v := member(n, names...); v != nil && v.Kind == jsontree.String {
		return v.Text
	}
	return ""
}

// seconds is the number of seconds at a path of names.
func seconds(n *jsontree.Node, names ...string) (time.Duration, bool) {
	v := member(n, names...)
	if v == nil || v.Kind != jsontree.Number {
		return 0, false
	}
	count, err := strconv.ParseInt(v.Text, 10, 32)
	return time.Duration(count) * time.Second, err == nil
}

// errUnfit is why a value is refused: a line break in one would let it set variables of its own where values
// are handed over by a file such as GITHUB_ENV.
var errUnfit = errors.New("holds a line break or another control character, so that it can't be handed over as a variable")

// errNoText is why a value is refused in a file as well.
var errNoText = errors.New("holds a control character that isn't a tab or the end of a line, so that it can't be handed over in a file")

// fit takes a value from an answer if it can be handed over as a variable.
func fit(name, value string) (redact.Secret, error) { return fitBut(name, value, "", errUnfit) }

// bearer takes a token from an answer if it can be sent as a bearer token and stand in a configuration: it is of the
// characters that RFC 6750, section 2.1, has for one.
func bearer(name, value string) (redact.Secret, error) {
	token, err := fit(name, value)
	if err != nil {
		return redact.Secret{}, err
	}
	for _, r := range strings.TrimRight(value, "=") {
		if !isLetterOrDigit(r) && !strings.ContainsRune("-._~+/", r) {
			return redact.Secret{}, fmt.Errorf("%s holds characters that no bearer token has", name)
		}
	}
	return token, nil
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// fitFile is fit for what is handed over in a file of its own: there it may be text of several lines, such as a key in PEM, each
// ended by \n or \r\n, by which what masks it takes it apart.
func fitFile(name, value string) (redact.Secret, error) {
	return fitBut(name, value, "\n\t", errNoText)
}

// fitBut takes a value that holds no control character but those that are allowed, and \r before an \n that is; unfit says why another is refused.
func fitBut(name, value, allowed string, unfit error) (redact.Secret, error) {
	switch {
	case value == "":
		return redact.Secret{}, fmt.Errorf("the answer has no %s", name)
	case len(value) > maxValue:
		return redact.Secret{}, fmt.Errorf("%s is longer than %d KiB", name, maxValue>>10)
	case !utf8.ValidString(value):
		return redact.Secret{}, fmt.Errorf("%s isn't UTF-8", name)
	}
	for i, r := range value {
		if r == '\r' && strings.HasPrefix(value[i+1:], "\n") {
			continue // the \n is judged next
		}
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) || r == '\u2028' || r == '\u2029' {
			return redact.Secret{}, fmt.Errorf("%s %w", name, unfit)
		}
	}
	return redact.New([]byte(value)), nil
}

// accessToken is the one that an answer of OAuth's holds (RFC 6749, section 5.1): one that whoever holds it may use, as
// tools take no other.
func accessToken(what string, root *jsontree.Node) (redact.Secret, error) {
	if kind := text(root, "token_type"); !strings.EqualFold(kind, "Bearer") {
		return redact.Secret{}, fmt.Errorf("the answer's token_type isn't Bearer, so that its %s isn't one that could be handed over", what)
	}
	return bearer(what, text(root, "access_token"))
}

// shortest is the length of the shortest token whose fingerprint says nothing of it, in bytes.
const shortest = 32

// named is what records know a token by that no log of the provider's names: its fingerprint.
func named(kind string, token redact.Secret) (string, error) {
	if token.Len() < shortest {
		return "", fmt.Errorf("the token has %d characters, so that its fingerprint could be found by trying: is it the server that the manifest means?", token.Len())
	}
	return token.Fingerprint(kind), nil
}

// handle is what records know a token by that no log of the provider's names: its fingerprint, or of one that could be found by
// trying, as it has few characters, no more than the lease that it is of.
func (s Session) handle(kind string, token redact.Secret) string {
	if token.Len() < shortest {
		return "lease:" + s.Lease
	}
	return token.Fingerprint(kind)
}

// term checks when a credential ends against how long it may live.
func (r Request) term(issued, notAfter time.Time) error {
	end := notAfter.UTC().Format(time.RFC3339)
	switch {
	case !notAfter.After(issued):
		return fmt.Errorf("it ended at %s, before it came: is this machine's clock right?", end)
	case notAfter.Sub(issued) > r.TTL+clockSlack:
		return fmt.Errorf("it would live until %s, longer than the %s that the grant allows", end, r.TTL)
	}
	return nil
}
