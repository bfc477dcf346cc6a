package doctor

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestCompareClocks: a token can't have been issued after it was given, and may have been a while before.
func TestCompareClocks(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	expired := errors.New("exp is before now")
	for _, tt := range []struct {
		name   string
		issued time.Duration  // after our clock when the token was there
		ahead  *time.Duration // as the platform's answers date themselves
		late   error
		status Status
		says   string
	}{
		{"the same", 0, nil, nil, OK, "within 1m0s"},
		{"within the skew", 59 * time.Second, nil, nil, OK, "within"},
		{"behind", 61 * time.Second, nil, nil, Wrong, "1m1s behind"},
		{"behind, whatever an answer says", time.Hour, ago(0), nil, Wrong, "1h0m0s behind"},
		{"an old token, no date", -3 * time.Minute, nil, nil, Unchecked, "a while before"},
		{"an old token, and a date that agrees", -3 * time.Minute, ago(0), nil, OK, "within"},
		{"a date that doesn't agree", -3 * time.Minute, ago(3 * time.Minute), nil, Wrong, "3m0s ahead of"},
		{"a date behind which we are", 0, ago(-2 * time.Minute), nil, Wrong, "2m0s behind"},
		{"expired", -time.Hour, nil, expired, Wrong, "1h0m0s ahead of"},
		{"expired, though the clock agrees", -time.Hour, ago(0), expired, Wrong, "exp is before now"},
	} {
		s := seen{before: at, after: at, issued: at.Add(tt.issued), late: tt.late}
		if f := compareClocks(s, tt.ahead); f.Status != tt.status || !strings.Contains(f.Message, tt.says) {
			t.Errorf("%s: %s: %s", tt.name, f.Status, f.Message)
		}
	}
}

// ago is how much a clock is ahead that is so much behind ours.
func ago(d time.Duration) *time.Duration {
	d = -d
	return &d
}

// TestShell writes words as a shell takes them to the letter.
func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"deploy/prod": "deploy/prod", "": "''", "-x": "'-x'", "a b": "'a b'", "$(id)": "'$(id)'", "it's": `'it'\''s'`, "a\nb": "'a\nb'",
	} {
		if got := shell(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
