package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/redact"
)

const value = "hunter2-not-to-be-seen"

// holder keeps a Secret in every way that a struct can.
type holder struct {
	Public  redact.Secret
	Pointer *redact.Secret
	List    []redact.Secret
	Map     map[string]redact.Secret
	Any     any
	private redact.Secret
	hidden  *redact.Secret
	list    []redact.Secret
	nested  struct{ deeper redact.Secret }
}

func newHolder() holder {
	s := redact.New([]byte(value))
	list := []redact.Secret{s}
	return holder{s, &s, list, map[string]redact.Secret{"k": s}, s, s, &s, list, struct{ deeper redact.Secret }{s}}
}

// alias has none of Secret's methods.
type alias redact.Secret

// assertHidden fails where out shows value in any way that fmt writes bytes.
func assertHidden(t *testing.T, what, out string) {
	t.Helper()
	decimal := strings.Trim(fmt.Sprint([]byte(value)), "[]")
	golang := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(value)), "[]byte{"), "}")
	for _, form := range []string{
		value, value[4:], hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))),
		fmt.Sprintf("% x", value), decimal, golang, base64.StdEncoding.EncodeToString([]byte(value)),
	} {
		if strings.Contains(out, form) {
			t.Errorf("%s shows the value: %s", what, out)
		}
	}
}

func TestSecretInEveryVerb(t *testing.T) {
	s := redact.New([]byte(value))
	h := newHolder()
	subjects := map[string]any{
		"secret": s, "pointer": &s, "slice": []redact.Secret{s}, "map": map[string]redact.Secret{"k": s},
		"struct": h, "pointer to struct": &h, "alias": alias(s), "pointer to alias": (*alias)(&s),
		"error": fmt.Errorf("login: %v", s), "joined": errors.Join(fmt.Errorf("a %s", s), fmt.Errorf("b %q", s)),
		"array": [1]redact.Secret{s}, "anonymous": struct{ redact.Secret }{s}, "interface": []any{s, &s, h},
	}
	for name, subject := range subjects {
		for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
			for _, flags := range []string{"", "+", "#", " ", "-40", "040", "+#", ".3"} {
				format := "%" + flags + string(verb)
				assertHidden(t, name+" with "+format, fmt.Sprintf(format, subject))
			}
		}
	}
	if got := fmt.Sprintf("%s %v %#v %d", s, s, s, s); strings.Count(got, redact.Placeholder) != 4 {
		t.Errorf("got %q, want the placeholder four times", got)
	}
}

func TestSecretInLogs(t *testing.T) {
	s := redact.New([]byte(value))
	h := newHolder()
	var out bytes.Buffer
	options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
		log := slog.New(handler).With("with", s)
		log.Info("message", "secret", s, "pointer", &s, "struct", h, "to", &h, "list", []redact.Secret{s}, "alias", alias(s),
			slog.Group("group", "secret", s), "error", fmt.Errorf("failed with %v", s))
	}
	assertHidden(t, "slog", out.String())
	if !strings.Contains(out.String(), redact.Placeholder) {
		t.Errorf("no placeholder in %s", out.String())
	}
}

func TestSecretInEncoders(t *testing.T) {
	h := newHolder()
	inJSON, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "json", string(inJSON))
	if want := `"Public":"[redacted]"`; !strings.Contains(string(inJSON), want) {
		t.Errorf("json is %s, want %s in it", inJSON, want)
	}
	inYAML, err := yaml.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "yaml", string(inYAML))
	inXML, err := xml.Marshal(struct {
		XMLName struct{} `xml:"x"`
		S       redact.Secret
		A       redact.Secret `xml:",attr"`
	}{S: h.Public, A: h.Public})
	if err != nil {
		t.Fatal(err)
	}
	assertHidden(t, "xml", string(inXML))
}

func TestSecretHolds(t *testing.T) {
	given := []byte(value)
	s := redact.New(given)
	clear(given)
	if string(s.Reveal()) != value || s.Len() != len(value) {
		t.Error("the secret does not keep a copy of its own")
	}
	if !s.Equal(redact.New([]byte(value))) || s.Equal(redact.New([]byte(value+"!"))) || s.Equal(redact.Secret{}) {
		t.Error("Equal does not compare values")
	}
	s.Zero()
	if string(s.Reveal()) != strings.Repeat("\x00", len(value)) {
		t.Error("Zero leaves something of the value")
	}
	var none redact.Secret
	none.Zero()
	if none.Reveal() != nil || none.Len() != 0 || none.String() != redact.Placeholder {
		t.Error("the zero secret holds something")
	}
}

func TestFingerprint(t *testing.T) {
	// printf 'curfew/v1\0npm\0abc\0' | sha256sum
	const want = "sha256:29203563d49cc0e131388cdf79ef3150da1897f888b4d71516680f6b303c9922"
	got := redact.New([]byte("abc")).Fingerprint("npm")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
