package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"
)

// Rules that nobody's default has, each in a configuration of its own: what another rule finds in a text, or leaves
// there for it to look at, would hide what is wrong. The library finds as much.
func TestRareRules(t *testing.T) {
	logging.Logger = zerolog.Nop()
	tests := []struct{ name, config, text string }{
		{"no literal", `[[rules]]
id = "a"
regex = '''\b\d{3}-\d{2}-\d{4}\b'''`, "number 123-45-6789\n"},
		{"a keyword in every match", `[[rules]]
id = "a"
regex = '''@[0-9a-f]{32}'''
keywords = ["@"]`, "x@0123456789abcdef0123456789abcdef"},
		{"literals with odd letters", `[[rules]]
id = "a"
regex = '''ŞİFRE\s*=\s*(\S+)'''
[[rules]]
id = "b"
regex = '''ſecret-[a-z]{5}'''`, "ŞİFRE = hunter2x\nſecret-abcde\n"},
		{"literals with odd letters, decoded", `[[rules]]
id = "a"
regex = '''ŞİFRE\s*=\s*(\S+)'''`, `\u015e\u0130FRE = hunter2x`},
		{"one of two requirements about a rule", `[[rules]]
id = "a"
regex = '''sec-[a-z]+'''
[[rules.required]]
id = "b"
withinLines = 0
[[rules.required]]
id = "b"
withinColumns = 0
[[rules]]
id = "b"
regex = '''id-[a-z]+'''`, "id-a sec-a"},
		{"a keyword beyond ASCII, escaped", `[[rules]]
id = "a"
regex = '''(?i)contraseña["' ]*[:=]["' ]*(\w+)'''
keywords = ["contraseña"]`, `{"contrase\u00f1a": "hunter2x"}`},
		{"a group that takes no part where the match is searched by itself", `[[rules]]
id = "a"
regex = '''tok-(v)?[0-9]{4,12}\B'''`, "tok-12345678"},
		{"a required rule without its keyword beside an odd letter", `[[rules]]
id = "a"
regex = '''sec-[a-z]+'''
[[rules.required]]
id = "b"
[[rules]]
id = "b"
regex = '''id-[a-z]+'''
keywords = ["zz"]`, "ſ %69d-a sec-a%62"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configured(t, tt.config)
			e, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			d := detect.NewDetector(cfg)
			d.MaxDecodeDepth = MaxDepth
			var want, got []string
			for _, f := range d.DetectContext(context.Background(), detect.Fragment{Raw: tt.text}) {
				want = append(want, told(f.RuleID, libraryDepth(&f), Location{f.StartLine, f.EndLine, f.StartColumn, f.EndColumn}, f.Match, f.Secret))
			}
			for _, m := range matchesOf(t, e, "", []byte(tt.text)) {
				got = append(got, told(m.Rule, m.Depth, m.Location, string(m.Text), string(m.Group)))
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := gocmp.Diff(want, got); diff != "" || len(want) == 0 {
				t.Errorf("of %q (-library +ours):\n%s", tt.text, diff)
			}
		})
	}
}

// What is remembered of versions that hardly differ doesn't grow with what each of them holds.
func TestRemembersLittle(t *testing.T) {
	e := sharedEngine(t)
	s := e.NewScanner()
	rnd := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	for range 4000 {
		fmt.Fprintf(&b, "gh"+"p_%016X%016x%04X\n", rnd.Uint64(), rnd.Uint64(), rnd.IntN(1<<16))
	}
	body := b.String()
	search := func(from, to int) {
		for n := from; n < to; n++ {
			text := []byte(fmt.Sprintf("gh"+"p_%036d\n%s", n, body))
			_, _ = s.Matches(context.Background(), "a.txt", text, s.Whole(text))
		}
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	search(0, 10)
	before := held()
	search(10, 40)
	if after := held(); after > before+1<<20 {
		t.Errorf("%d KiB more after 30 versions of %d KiB", (after-before)>>10, len(body)>>10)
	}
}
