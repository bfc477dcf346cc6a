package secret_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
	"github.com/curfew-ci/curfew/rules"
)

// shared is one detector for all tests, which use it at the same time as a scan does.
var shared = sync.OnceValues(func() (*secret.Detector, error) { return secret.New(rules.SecretRules()) })

func detector(t testing.TB) *secret.Detector {
	t.Helper()
	d, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// find returns the tokens of a file that are findings of their own.
func find(t testing.TB, path, content string) []secret.Token {
	t.Helper()
	tokens, err := detector(t).Detect(context.Background(), path, []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	var out []secret.Token
	for _, token := range tokens {
		if !token.Covered {
			out = append(out, token)
		}
	}
	return out
}

func TestDetectPlanted(t *testing.T) {
	for seed := range uint64(5) {
		for _, p := range planted.All(seed) {
			t.Run(fmt.Sprintf("%s/%d", p.Detector, seed), func(t *testing.T) {
				tokens := find(t, p.Path, p.Content)
				if len(tokens) != 1 || tokens[0].Detector != p.Detector {
					t.Fatalf("got %s, want one %s", names(tokens), p.Detector)
				}
				got := tokens[0]
				start := strings.Index(p.Content, p.Value)
				if s := got.Region.Span; s.Start.Offset != start || s.End.Offset != start+len(p.Value) {
					t.Errorf("region is bytes %d to %d, want %d to %d", s.Start.Offset, s.End.Offset, start, start+len(p.Value))
				}
				if string(got.Value.Reveal()) != p.Value || got.Region.Path != p.Path {
					t.Errorf("the value or path is not the planted one")
				}
			})
		}
	}
}

func names(tokens []secret.Token) string {
	var out []string
	for _, token := range tokens {
		out = append(out, fmt.Sprintf("%s at %s", token.Detector, token.Region))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
