package posture

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
)

// literalDetector is the Detector of the tokens that Literals finds.
const literalDetector = "literal-credential"

// Literals finds credentials that are written out in workflows and actions where only their place gives
// them away: a registry's password under a container's credentials, and random values under names such
// as API_KEY. They belong among Facts.Tokens, so that whoever masks tokens masks them too.
func Literals(files []*workflow.File) []secret.Token {
	var l literals
	for _, f := range files {
		l.file = f
		if f.Workflow != nil {
			l.maps(f.Workflow.Env)
			for _, e := range f.Workflow.On {
				l.inputs(e.Inputs)
			}
			for _, j := range f.Workflow.Jobs {
				l.job(j)
			}
		}
		if f.Action != nil {
			l.inputs(f.Action.Inputs)
			l.maps(f.Action.Env)
			l.steps(f.Action.Steps)
		}
	}
	return l.out
}

type literals struct {
	file *workflow.File
	out  []secret.Token
}

func (l *literals) job(j *workflow.Job) {
	l.maps(j.Env, j.With)
	l.container(j.Container)
	for _, s := range j.Services {
		l.container(s)
	}
	if j.Secrets != nil {
		l.maps(j.Secrets.Map)
	}
	l.steps(j.Steps)
}

func (l *literals) steps(steps []*workflow.Step) {
	for _, s := range steps {
		l.maps(s.Env, s.With)
	}
}

// container takes any password of a registry: it opens something outside of the job. What a service is
// set up with opens that service alone, while the job lives, so there only random values count.
func (l *literals) container(c *workflow.Container) {
	if c == nil {
		return
	}
	if v := c.Credentials.Get("password"); v.Present() && v.Value != "" && !computed(v) {
		l.add("password", "registry password", secret.LongLived, v)
	}
	l.maps(c.Env)
}

func (l *literals) maps(maps ...*workflow.Map) {
	for _, m := range maps {
		if m == nil {
			continue
		}
		for i := range m.Entries {
			l.named(m.Entries[i].Name, m.Entries[i].Value)
		}
	}
}

// inputs looks into what inputs are where the caller gives nothing.
func (l *literals) inputs(inputs []*workflow.CallInput) {
	for _, in := range inputs {
		l.named(in.Name, in.Default)
	}
}

// named takes a random value under the name of a credential.
func (l *literals) named(name, value *workflow.String) {
	if !value.Present() || computed(value) {
		return
	}
	if kind := credentialName(name.Value); kind != "" && looksRandom(value.Value) {
		l.add(name.Value, kind, secret.Unknown, value)
	}
}

func (l *literals) add(key, kind string, life secret.Lifetime, v *workflow.String) {
	l.out = append(l.out, secret.Token{
		Detector: literalDetector,
		Kind:     kind,
		Lifetime: life,
		Region:   source.Region{Path: l.file.Path, Span: v.Span},
		Value:    redact.New([]byte(v.Value)),
		Key:      key,
	})
}

// computed reports whether v is put together by an expression or a shell.
func computed(v *workflow.String) bool {
	return strings.Contains(v.Value, "${{") || strings.Contains(v.Value, "$(") || strings.HasPrefix(v.Value, "$")
}

// credentialName says what the value of a variable or input with this name is; "" where the name doesn't
// say that it is a credential.
func credentialName(name string) string {
	w := words(name)
	last := func(n int) string { return strings.Join(w[max(0, len(w)-n):], " ") }
	switch last(1) {
	case "password", "passwd", "passphrase", "pwd":
		return "password"
	case "token", "pat":
		return "token"
	case "secret", "apikey":
		return "secret"
	}
	for _, n := range []int{2, 3} {
		switch last(n) {
		case "api key", "access key", "secret key", "private key", "auth key", "account key", "encryption key",
			"signing key", "license key", "secret access key", "secret key base":
			return last(2)
		}
	}
	return ""
}

// words splits a name in snake, kebab or camel case into lower-case words.
func words(name string) []string {
	var b strings.Builder
	for i, r := range name {
		if i > 0 && unicode.IsUpper(r) && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// looksRandom reports whether a value may be a real credential rather than a word, a path or a stand-in.
func looksRandom(v string) bool {
	const least, bits = 12, 3.2 // below this, stand-ins and words outnumber credentials
	switch {
	case len(v) < least, entropy(v) < bits, !mixed(v):
		return false
	case strings.ContainsFunc(v, unicode.IsSpace), strings.Contains(v, "://"), strings.HasPrefix(v, "/"), strings.HasPrefix(v, "./"):
		return false
	}
	// A long random text holds any short word by chance.
	const long = 32
	lower := strings.ToLower(v)
	return len(v) >= long || !slices.ContainsFunc(standIns(), func(s string) bool { return strings.Contains(lower, s) })
}

// mixed reports whether letters and digits of v change their class about as often as random ones do: of
// hexadecimal digits every second does. In words and in what is counted up they don't.
func mixed(v string) bool {
	const share = 0.3
	var last, digits, changes, n int
	for _, r := range v {
		class := 0
		switch {
		case unicode.IsDigit(r):
			class = 1
			digits++
		case unicode.IsUpper(r):
			class = 2
		case unicode.IsLetter(r):
			class = 3
		default:
			continue // a separator
		}
		if n++; n > 1 && class != last {
			changes++
		}
		last = class
	}
	return digits > 0 && digits < n && digits >= n/16 && float64(changes) >= share*float64(n-1)
}

// standIns are words that values have which were made up for a test or for the reader.
func standIns() []string {
	return []string{
		"test", "example", "sample", "dummy", "fake", "mock", "demo", "placeholder", "change", "replace", "your",
		"secret", "passw", "token", "xxxx", "local", "admin", "root", "foobar", "insecure", "invalid", "notreal", "dev",
	}
}

// entropy is the Shannon entropy of s in bits a byte.
func entropy(s string) float64 {
	var count [256]int
	for i := range len(s) {
		count[s[i]]++
	}
	var h float64
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			h -= p * math.Log2(p)
		}
	}
	return h
}
