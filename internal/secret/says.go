package secret

import (
	"bytes"
	"strconv"
	"strings"
)

// Fact is one thing that a token says of itself and that is no secret: whose it is, where it counts, what
// it may do. Nothing of it is verified.
type Fact struct {
	Name  string // in words, ours: "project", "scope"
	Value string // the token's, escaped and cut: one line of ASCII
}

const (
	mostFacts = 6
	mostValue = 64 // bytes of a fact's value, before it is escaped
)

// Told puts what t says of itself into words: "project payments-prod, scope repo"; "" where it says nothing.
func (t *Token) Told() string {
	parts := make([]string, len(t.Says))
	for i, f := range t.Says {
		parts[i] = f.Name + " " + f.Value
	}
	return strings.Join(parts, ", ")
}

// says collects the facts of one token.
type says []Fact

// add takes a fact, unless its value is empty or a part of it looks like a secret of its own.
func (s *says) add(name, value string) {
	if value == "" || len(*s) == mostFacts || holdsRandom(value) {
		return
	}
	*s = append(*s, Fact{name, shown(value)})
}

// addUser takes a login's name. With many services the name is the secret and the password is nothing
// ("curl -u KEY:"), so only what reads as a name is taken.
func (s *says) addUser(name string) {
	const mostDigits = 2
	digitsIn := 0
	for _, p := range piecesOf(name) {
		switch {
		case p.kind == digits:
			digitsIn += len(p.text)
		case len(p.text) >= leastWord && !isWordLike(p.text):
			return
		}
	}
	if digitsIn <= mostDigits && !looksRandom([]byte(name)) {
		s.add("user", name)
	}
}

// holdsRandom reports whether a run of letters and digits in value is random and long enough to be a
// secret. An id in the form of a UUID is none.
func holdsRandom(value string) bool {
	const least = 16
	ends := func(r rune) bool { return r > '~' || !isWord(byte(r)) && r != '-' } //nolint:gosec // ASCII by then
	for run := range strings.FieldsFuncSeq(value, ends) {
		if len(run) >= least && looksRandom([]byte(run)) && !isUUID([]byte(run)) {
			return true
		}
	}
	return false
}

// shown is a value as it may be printed: cut, and in quotes and escaped where it isn't plain. Whoever made
// the token chose it, and it may hold line breaks, a terminal's commands or a line to fool a reader with.
func shown(value string) string {
	if len(value) > mostValue {
		value = value[:mostValue] + "..."
	}
	for _, c := range []byte(value) {
		if !isWord(c) && strings.IndexByte(".@:/+*~=-", c) < 0 {
			return strconv.QuoteToASCII(value)
		}
	}
	return value
}

// saysOf reads what a hit says of itself, in its value or around it.
func saysOf(h hit, content []byte) []Fact {
	var s says
	value := string(h.value)
	around := surroundings{content, h.region}
	switch h.detector {
	case "jwt", "jwt-base64", "kubernetes-service-account-token":
		s.claims(h)
	case "github-app-token-stateless":
		_, rest, _ := strings.Cut(value, "_")
		if app, _, ok := strings.Cut(rest, "_"); ok && strings.Trim(app, "0123456789") == "" {
			s.add("app", app)
		}
		s.claims(h)
	case "aws-access-token":
		s.add("account", awsAccount(value))
	case "gcp-service-account-key":
		s.serviceAccount(around)
	case "pypi-upload-token", "testpypi-upload-token":
		s.macaroon(value)
	case "private-key", "putty-private-key":
		if isLocked(h.value) || around.puttyLocked() {
			s = append(s, Fact{"locked by", "a passphrase"})
		}
	case "azure-shared-access-signature":
		s.add("permissions", around.query("sp"))
		s.add("host", around.host())
	default:
		s.login(h, around)
	}
	return s
}

// login reads whose login it is, and where it counts.
func (s *says) login(h hit, around surroundings) {
	value := string(h.value)
	switch h.detector {
	case "slack-bot-token", "slack-user-token":
		if parts := strings.SplitN(value, "-", 3); len(parts) == 3 {
			s.add("workspace number", parts[1])
		}
	case "slack-app-token":
		if parts := strings.SplitN(value, "-", 4); len(parts) == 4 {
			s.add("app", parts[2])
		}
	case "slack-webhook-url":
		if _, path, ok := strings.Cut(value, "/services/"); ok {
			s.add("workspace", strings.SplitN(path, "/", 2)[0])
		}
	case "npmrc-auth", "npm-access-token":
		s.add("registry", around.npmRegistry())
	case "docker-config-auth":
		s.addUser(basicUser(value))
	case "curl-auth-user":
		if user, _, ok := strings.Cut(value, ":"); ok {
			s.addUser(user)
		}
	case "url-credentials":
		s.addUser(around.user())
		s.add("host", around.host())
	}
}

// surroundings are a hit's place and the text that it stands in.
type surroundings struct {
	content []byte
	at      span
}

// reachAround is how far around a value, in bytes, is looked for what belongs to it.
const reachAround = 4 << 10

func (a surroundings) before() []byte { return a.content[max(a.at.start-reachAround, 0):a.at.start] }

func (a surroundings) after() []byte {
	return a.content[a.at.end:min(a.at.end+reachAround, len(a.content))]
}

// url is the URL that the value stands in, up to the value and from its end on.
func (a surroundings) url() (before, after string) {
	const ends = " \t\r\n\"'`<>"
	head, tail := a.before(), a.after()
	head = head[bytes.LastIndexAny(head, ends)+1:]
	if i := bytes.IndexAny(tail, ends); i >= 0 {
		tail = tail[:i]
	}
	return string(head), string(tail)
}

// query is a parameter of the URL that the value stands in. Where escapes were taken off, what counts as
// the value can reach far beyond it.
func (a surroundings) query(name string) string {
	before, after := a.url()
	_, query, _ := strings.Cut(before+string(a.content[a.at.start:a.at.end])+after, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			return value
		}
	}
	return ""
}

// host is that of the URL that the value stands in: behind it, where the value is a password.
func (a surroundings) host() string {
	before, after := a.url()
	_, host, ok := strings.Cut(before, "://")
	if !ok {
		return ""
	}
	if behind, ok := strings.CutPrefix(after, "@"); ok {
		host = behind
	}
	if i := strings.IndexAny(host, "/?#:"); i >= 0 {
		host = host[:i]
	}
	return host
}

// user is who logs in by the URL that the value is the password of.
func (a surroundings) user() string {
	before, _ := a.url()
	_, login, _ := strings.Cut(before, "://")
	user, ok := strings.CutSuffix(login, ":")
	if !ok {
		return ""
	}
	return user
}

// npmRegistry is the host of a line "//registry.example.org/:_authToken=…" of .npmrc.
func (a surroundings) npmRegistry() string {
	line := a.before()
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	host, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("//"))
	if !ok {
		return ""
	}
	if i := bytes.IndexAny(host, "/ \t"); i >= 0 {
		host = host[:i]
	}
	return strings.TrimSuffix(string(host), ":")
}

// puttyLocked reports whether the frame of PuTTY's private key around the value names a cipher.
func (a surroundings) puttyLocked() bool {
	before := a.before()
	i := bytes.LastIndex(before, []byte("Encryption: "))
	return i >= 0 && !bytes.HasPrefix(before[i:], []byte("Encryption: none")) && bytes.Contains(before, []byte("PuTTY-User-Key-File"))
}
