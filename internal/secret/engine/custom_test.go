package engine

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
	"github.com/zricethezav/gitleaks/v8/report"
)

// unusual is a configuration of what gitleaks' own has little or nothing of: rules that require others,
// rules that aren't told by themselves, keywords outside of what matches, every kind of allowlist.
const unusual = `
[[allowlists]]
regexes = ['''allowed-everywhere''']
stopwords = ["stopped"]
[[allowlists]]
condition = "AND"
paths = ['''\.md$''']
regexes = ['''^doc-string''']
[[allowlists]]
paths = ['''^vendor/''']

[[rules]]
id = "pair-id"
regex = '''\bid-[a-z]{4}\b'''
keywords = ["id-"]
skipReport = true

[[rules]]
id = "pair-secret"
regex = '''\bsec-([a-z]{4})([0-9])?'''
secretGroup = 1
keywords = ["sec-"]
[[rules.required]]
id = "pair-id"
withinLines = 1

[[rules]]
id = "pair-columns"
regex = '''\bcol-[a-z]{4}\b'''
keywords = ["col-"]
[[rules.required]]
id = "pair-id"
withinColumns = 6
[[rules.required]]
id = "plain"

[[rules]]
id = "plain"
regex = '''(?m)^\s*plain-([a-zA-Z]+)(\d*)$'''
entropy = 1.5
keywords = ["plain-"]
[[rules.allowlists]]
regexTarget = "match"
regexes = ['''plain-none''']
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''okay$''', '''^fine''']
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ['''half''']
stopwords = ["aaaa"]

[[rules]]
id = "keyword-elsewhere"
regex = '''[0-9]{6}-[0-9]{6}'''
keywords = ["number", "Kiwi"]

[[rules]]
id = "no-keyword"
regex = '''<<([^<>]*)>>'''

[[rules]]
id = "anything"
regex = '''\n[xyz]{3}\n'''

[[rules]]
id = "my-generic"
regex = '''(?i)token=(\w{4,12})'''
keywords = ["token"]

[[rules]]
id = "by-path"
path = '''\.pem$'''

[[rules]]
id = "by-path-and-word"
path = '''\.pem$'''
keywords = ["number"]

[[rules]]
id = "at-path"
path = '''\.md$'''
regex = '''doc-\w+'''
keywords = ["doc-"]
[[rules.allowlists]]
paths = ['''CHANGES''']
`

var unusualWords = []string{
	"id-abcd", "id-efgh ", "sec-abcd", "sec-wxyz7", "col-abcd", "plain-none", "plain-Abcdef", "plain-aaaa", "plain-xYzwV12", " okay", "fine ", " half ",
	"allowed-everywhere", "stopped", "number", "kiwi", "ki\u212aiwi", "\u212aiwi", "123456-654321", "<<", ">>", "<<id-abcd>>", "\nxyz\n", "\nxxx\nyyy\n", "token=", "TO\u212aEN=abcd9",
	"token=plain", "doc-string", "doc-other", "\n", "\n", "\n", " ", "\t", "\r\n", "%70lain-Enc", "cGxhaW4tRW5jb2RlZA==\n", "aWQtYWJjZCBzZWMtd3h5eg==", "bnVtYmVyIDEyMzQ1Ni02NTQzMjE=", "é",
}

func libraryDepth(f *report.Finding) int {
	for _, tag := range f.Tags {
		if n, ok := strings.CutPrefix(tag, "decode-depth:"); ok {
			return int(n[0] - '0')
		}
	}
	return 0
}

// told is what is compared of a finding.
func told(rule string, depth int, at Location, text, group string) string {
	return fmt.Sprintf("%s, depth %d, %+v: %q, %q", rule, depth, at, text, group)
}

// Whatever a configuration asks for, all that the library finds is found; what is found besides is allowed by
// a line that isn't the finding's own, or matched by a rule whose keyword another layer has.
func TestUnusualConfiguration(t *testing.T) {
	logging.Logger = zerolog.Nop()
	cfg := configured(t, unusual)
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := detect.NewDetector(cfg)
	d.MaxDecodeDepth, d.IgnoreGitleaksAllow = MaxDepth, true
	paths := []string{"a.md", "a.txt", "key.pem", "vendor/a.md", "CHANGES.md", ""}
	common, extra := map[string]int{}, 0
	for seed := range uint64(4000) {
		rnd := rand.New(rand.NewPCG(seed, 17))
		path := paths[rnd.IntN(len(paths))]
		var b strings.Builder
		for range rnd.IntN(25) {
			b.WriteString(unusualWords[rnd.IntN(len(unusualWords))])
			if rnd.IntN(3) > 0 {
				b.WriteByte(" \n"[rnd.IntN(2)])
			}
		}
		text := b.String()
		want := map[string]int{}
		theirs := d.DetectContext(context.Background(), detect.Fragment{Raw: text, FilePath: path})
		for _, f := range theirs {
			want[told(f.RuleID, libraryDepth(&f), Location{f.StartLine, f.EndLine, f.StartColumn, f.EndColumn}, f.Match, f.Secret)]++
			common[f.RuleID]++
		}
		for _, m := range matchesOf(t, e, path, []byte(text)) {
			key := told(m.Rule, m.Depth, m.Location, string(m.Text), string(m.Group))
			if want[key]--; want[key] >= 0 {
				continue
			}
			delete(want, key)
			extra++
			if m.Rule != "plain" && m.Rule != "keyword-elsewhere" && m.Rule != "pair-columns" {
				t.Fatalf("seed %d, %s: only we tell %s\nof %q", seed, path, key, text)
			}
		}
		for key, n := range want {
			if n > 0 {
				t.Fatalf("seed %d, %s: missing %s\nof %q", seed, path, key, text)
			}
		}
	}
	for _, rule := range []string{"pair-secret", "pair-columns", "plain", "keyword-elsewhere", "no-keyword", "anything", "my-generic", "by-path", "by-path-and-word", "at-path"} {
		if common[rule] < 10 {
			t.Errorf("%s: %d findings show nothing", rule, common[rule])
		}
	}
	t.Logf("%v, %d extra", common, extra)
}

// A rule that isn't told by itself is told by none.
func TestSkipReport(t *testing.T) {
	e, err := New(configured(t, unusual))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range matchesOf(t, e, "a.txt", []byte("id-abcd\nsec-wxyz7\n\n\nsec-abcd\n")) {
		got = append(got, fmt.Sprintf("%s %s", m.Rule, m.Value))
	}
	if diff := gocmp.Diff([]string{"pair-secret wxyz"}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// A secret's place and value are freed of what surrounds them, while what the library tells stays.
func TestSecretIn(t *testing.T) {
	tests := []struct{ rule, match, group, want string }{
		{"x", "key='value'", "'value'", "value"},
		{"x", "key=value", "value", "value"},
		{"x", "key=''", "''", "''"},
		{"x", "key='value\"", "'value\"", "'value\""},
		{"x", "key=", "", "key="},
		{"jwt-base64", "ZXlK", "ZX", "ZXlK"},
		{"kubernetes-secret-yaml", "data: pw: |\n  aGVsbG8=", "pw: |\n  aGVsbG8=", "aGVsbG8="},
		{"kubernetes-secret-yaml", "data: pw: \"aGVsbG8=\"", "pw: \"aGVsbG8=\"", "aGVsbG8="},
	}
	for _, tt := range tests {
		start := strings.LastIndex(tt.match, tt.group)
		s := secretIn(tt.rule, []byte(tt.match), Span{start, start + len(tt.group)})
		if got := tt.match[s.Start:s.End]; got != tt.want {
			t.Errorf("%s in %q: got %q, want %q", tt.rule, tt.match, got, tt.want)
		}
	}
}

// Matches come in the order of their places, and the first are kept where there are too many.
func TestTooMany(t *testing.T) {
	e, err := New(configured(t, unusual))
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("<<a>> token=abcd1\n", MaxMatches))
	s := e.NewScanner()
	got, err := s.Matches(context.Background(), "", text, s.Whole(text))
	if err == nil || len(got) != MaxMatches || got[len(got)-1].Match.Start > len(text)/2+20 {
		t.Errorf("%d matches, %v", len(got), err)
	}
	if !slices.IsSortedFunc(got, func(a, b Match) int { return cmp.Compare(a.Match.Start, b.Match.Start) }) {
		t.Error("not in order")
	}
}

func TestContextEnds(t *testing.T) {
	e := sharedEngine(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := e.NewScanner()
	for _, text := range []string{"", "token = 'k3y7Value9Here1234'"} {
		if _, err := s.Matches(ctx, "", []byte(text), s.Whole([]byte(text))); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
