package manifest

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks are the fenced blocks of docs/manifest.md with this info string.
func blocks(t *testing.T, info string) []string {
	t.Helper()
	var out []string
	fence := regexp.MustCompile("(?ms)^```" + regexp.QuoteMeta(info) + "\n(.*?)^```$")
	for _, m := range fence.FindAllSubmatch(read(t, "../../docs/manifest.md"), -1) {
		out = append(out, string(m[1]))
	}
	if len(out) == 0 {
		t.Fatalf("docs/manifest.md has no block %q", info)
	}
	return out
}

// TestDocumentedExamples holds the reference's examples against the decoder: they are right, and without
// fault.
func TestDocumentedExamples(t *testing.T) {
	p, errs := ParsePolicy(PolicyPath, []byte(blocks(t, "yaml policy")[0]))
	if p == nil {
		t.Fatal(errs)
	}
	for _, src := range blocks(t, "yaml manifest") {
		m, errs := Parse(Path, []byte(src))
		if m == nil {
			t.Errorf("refused:\n%s\n%v", src, errs)
			continue
		}
		policy := p
		if m.Extends == "" {
			policy = nil
		}
		for _, f := range Faults(m, policy, today()) {
			t.Errorf("%s: %s", f.Region, f.Message)
		}
	}
}

// TestExamplesElsewhere holds the manifests of the other pages against the decoder.
func TestExamplesElsewhere(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"../../README.md", "../../docs/*.md", "../../docs/start/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, block := range regexp.MustCompile("(?ms)^```yaml (?:manifest|trust)\n(.*?)^```$").FindAllSubmatch(read(t, file), -1) {
				seen++
				m, errs := Parse(Path, block[1])
				if m == nil {
					t.Errorf("%s: refused: %v", file, errs)
					continue
				}
				for _, f := range Faults(m, nil, today()) {
					if f.Kind != FaultStanding && f.Kind != FaultExtends {
						t.Errorf("%s: %s: %s", file, f.Region, f.Message)
					}
				}
			}
		}
	}
	if seen < 6 {
		t.Errorf("only %d manifests found", seen)
	}
}

// TestKeysElsewhere: where a page shows a part of a manifest or a policy, every key in it is one that they have.
func TestKeysElsewhere(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"../../README.md", "../../docs/*.md", "../../docs/*/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, block := range regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```$").FindAllSubmatch(read(t, file), -1) {
				var errs Errors
				switch {
				case regexp.MustCompile(`(?m)^(identities|exceptions|break-glass|defaults):`).Match(block[1]):
					_, errs = Parse(Path, block[1])
				case regexp.MustCompile(`(?m)^(organization|issuers|systems|guard|ceilings|certification|separation|ledger):`).Match(block[1]):
					_, errs = ParsePolicy(PolicyPath, block[1])
				default:
					continue
				}
				seen++
				for _, e := range errs {
					if strings.Contains(e.Error(), "unknown key") && !strings.Contains(string(block[1]), "-- .github/") {
						t.Errorf("%s: %v", file, e)
					}
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d parts found", seen)
	}
}

// TestDocumentedErrors makes the mistakes that the reference shows the errors of.
func TestDocumentedErrors(t *testing.T) {
	src := blocks(t, "yaml manifest")[1]
	src = strings.Replace(src, "    expires: \"2027-06-01\"\n", "    purpse: Publish\n    expires: 2027-06-01\n", 1)
	m, errs := Parse(Path, []byte(src))
	if got, want := errs.Error()+"\n", blocks(t, "text errors")[0]; m != nil || got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestDocumentedFaults looks for each kind of fault and its severity in the reference.
func TestDocumentedFaults(t *testing.T) {
	text := string(read(t, "../../docs/manifest.md"))
	kinds := regexp.MustCompile(`FaultKind += "([a-z-]+)"`).FindAllStringSubmatch(string(read(t, "faults.go")), -1)
	if len(kinds) < 10 {
		t.Fatalf("only %d kinds found in faults.go", len(kinds))
	}
	for _, kind := range kinds {
		if row := "| `" + kind[1] + "` | " + FaultKind(kind[1]).Severity().String() + " |"; !strings.Contains(text, row) {
			t.Errorf("docs/manifest.md doesn't have the fault %q: want %s", kind[1], row)
		}
	}
}

// TestDocumentedKeys looks for every key of the types in the reference.
func TestDocumentedKeys(t *testing.T) {
	text := string(read(t, "../../docs/manifest.md"))
	keys := 0
	for _, file := range []string{"types.go", "entitlement.go", "grant.go", "provider.go", "trigger.go", "policy.go"} {
		for _, tag := range regexp.MustCompile(`yaml:"([a-z-]+)"`).FindAllStringSubmatch(string(read(t, file)), -1) {
			keys++
			if !regexp.MustCompile(`(?m)[^a-z-]` + regexp.QuoteMeta(tag[1]) + `([^a-z-]|$)`).MatchString(text) {
				t.Errorf("docs/manifest.md doesn't have the key %q of %s", tag[1], file)
			}
		}
	}
	if keys < 100 {
		t.Errorf("only %d keys found", keys)
	}
}
