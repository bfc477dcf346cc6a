package secret_test

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// Whatever a file holds, the search ends without an error, and a token's region holds the bytes that it
// says were written there.
func FuzzDetect(f *testing.F) {
	for i, p := range planted.All(0) {
		if i%4 == 0 {
			f.Add(p.Path, p.Content)
			f.Add("a.txt", base64.StdEncoding.EncodeToString([]byte(p.Content))+"\n%41%42\n"+p.Content)
		}
	}
	f.Fuzz(func(t *testing.T, path, content string) {
		tokens, err := detector(t).Detect(context.Background(), path, []byte(content))
		if errors.Is(err, secret.ErrAllowlisted) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			checkToken(t, content, token)
		}
	})
}

func checkToken(t *testing.T, content string, token secret.Token) {
	t.Helper()
	start, end := token.Region.Start.Offset, token.Region.End.Offset
	if token.Region.Span.IsZero() {
		if token.Value.Len() > 0 {
			t.Fatalf("%s has a value and no place", token.Detector)
		}
		return
	}
	if start < 0 || end <= start || end > len(content) {
		t.Fatalf("%s has the region %d to %d of %d bytes", token.Detector, start, end, len(content))
	}
	written := token.Written
	if written.Len() == 0 {
		written = token.Value
	}
	if string(written.Reveal()) != content[start:end] {
		t.Fatalf("%s: the bytes at %d are not what was found", token.Detector, start)
	}
}
