package identity

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// byAlgorithm is the key for each algorithm.
var byAlgorithm = map[string]string{
	"RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "PS384": "rsa", "PS512": "rsa",
	"ES256": "p256", "ES384": "p384", "ES512": "p521",
}

func TestVerify(t *testing.T) {
	for _, alg := range slices.Sorted(maps.Keys(byAlgorithm)) {
		t.Run(alg, func(t *testing.T) {
			c, err := Verify(token(byAlgorithm[alg], alg, claimsOf(nil)), allKeys(t), expected)
			if err != nil {
				t.Fatal(err)
			}
			if sub, _ := c.Text("sub"); sub != "repo:acme/app:ref:refs/heads/main" {
				t.Errorf("sub is %q", sub)
			}
		})
	}
	if len(byAlgorithm) != len(algorithms()) {
		t.Errorf("%d algorithms tested of %d", len(byAlgorithm), len(algorithms()))
	}
}

// TestVerifyTakes: what is odd but right.
func TestVerifyTakes(t *testing.T) {
	tests := map[string]struct {
		token []byte
		keys  Keys
	}{
		"one audience in a list":     {token("rsa", "RS256", claimsOf(map[string]any{"aud": []string{testAudience}})), allKeys(t)},
		"times with a fraction":      {token("rsa", "RS256", claimsOf(map[string]any{"iat": float64(now.Unix()) - 0.5})), allKeys(t)},
		"no nbf":                     {token("rsa", "RS256", claimsOf(map[string]any{"nbf": nil})), allKeys(t)},
		"an hour":                    {token("rsa", "RS256", claimsOf(map[string]any{"exp": now.Unix() + 3600})), allKeys(t)},
		"only key, no id":            {signed(`{"alg":"RS256"}`, claimsOf(nil)), keysOf(t, "rsa")},
		"type in small letters":      {signed(`{"typ":"jwt","alg":"RS256","kid":"rsa"}`, claimsOf(nil)), allKeys(t)},
		"thumbprint and the unknown": {signed(`{"x5t":"AAAA","alg":"RS256","kid":"rsa","x":[{"y":1}]}`, claimsOf(nil)), allKeys(t)},
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			if _, err := Verify(tests[name].token, tests[name].keys, expected); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVerifyThenFrom: both formats of a subject come out of a token as they went in.
func TestVerifyThenFrom(t *testing.T) {
	for _, tt := range []struct {
		sub       string
		immutable bool
	}{{"repo:acme/app:environment:a%3Ab", false}, {"repo:acme@1/app@2:environment:a%3Ab", true}} {
		c, err := Verify(token("rsa", "RS256", claimsOf(map[string]any{"sub": tt.sub})), allKeys(t), expected)
		if err != nil {
			t.Fatal(err)
		}
		i, err := From(c)
		if err != nil {
			t.Fatal(err)
		}
		s, ok := i.Subject()
		project, _ := i.Get(Project)
		if !ok || s.String() != tt.sub || s.Immutable() != tt.immutable || project != "2" || i.Platform() != "GitHub Actions" {
			t.Errorf("%s became %+v, %v of %s %s", tt.sub, s, ok, i.Platform(), project)
		}
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	for _, tt := range []struct {
		name    string
		changes map[string]any
		code    Code
		want    string
	}{
		{"no iss", map[string]any{"iss": nil}, CodeIssuer, `iss is absent, expected "https://token.actions.githubusercontent.com"`},
		{"other iss", map[string]any{"iss": "https://gitlab.com"}, CodeIssuer, `iss is "https://gitlab.com", expected "https://token`},
		{"iss with a slash", map[string]any{"iss": testIssuer + "/"}, CodeIssuer, `githubusercontent.com/"`},
		{"iss in capitals", map[string]any{"iss": strings.ToUpper(testIssuer)}, CodeIssuer, `iss is "HTTPS://`},
		{"iss in a list", map[string]any{"iss": []string{testIssuer}}, CodeIssuer, "iss is an array"},
		{"long iss", map[string]any{"iss": strings.Repeat("é", 5000)}, CodeIssuer, `iss is "` + strings.Repeat("é", 100) + `…", expected`},
		{"iss of many lines", map[string]any{"iss": "a\nb\u2028c"}, CodeIssuer, `iss is "a\nb\u2028c"`},

		{"no aud", map[string]any{"aud": nil}, CodeAudience, `aud is absent, expected "curfew" and no other: request a token for that audience`},
		{"other aud", map[string]any{"aud": "sts.amazonaws.com"}, CodeAudience, `aud is "sts.amazonaws.com", expected "curfew"`},
		{"aud in capitals", map[string]any{"aud": "Curfew"}, CodeAudience, `aud is "Curfew"`},
		{"aud of more", map[string]any{"aud": "curfew sts"}, CodeAudience, `aud is "curfew sts"`},
		{"two of aud", map[string]any{"aud": []string{"curfew", "sts.amazonaws.com"}}, CodeAudience, `aud is ["curfew", "sts.amazonaws.com"]`},
		{"twice the same", map[string]any{"aud": []string{"curfew", "curfew"}}, CodeAudience, `aud is ["curfew", "curfew"]`},
		{"many", map[string]any{"aud": []string{"a", "b", "c", "d", "e"}}, CodeAudience, `aud is ["a", "b", "c", …]`},
		{"empty list", map[string]any{"aud": []string{}}, CodeAudience, "aud is []"},
		{"list in a list", map[string]any{"aud": [][]string{{"curfew"}}}, CodeAudience, "aud is [an array]"},
		{"aud as a number", map[string]any{"aud": 1}, CodeAudience, "aud is a number"},
		{"aud as an object", map[string]any{"aud": map[string]string{"curfew": "curfew"}}, CodeAudience, "aud is an object"},

		{"no exp", map[string]any{"exp": nil}, CodeMalformed, "exp is absent, expected a time in seconds since 1970"},
		{"exp as a string", map[string]any{"exp": "1795521900"}, CodeMalformed, `exp is "1795521900", expected a time`},
		{"exp beyond all", map[string]any{"exp": 1e300}, CodeMalformed, "exp is out of range"},
		{"exp before all", map[string]any{"exp": -1}, CodeMalformed, "exp is out of range"},
		{"exp null", map[string]any{"exp": []any(nil)}, CodeMalformed, "exp is null"},
		{"over", map[string]any{"iat": at(-time.Hour), "exp": at(-30 * time.Second)}, CodeExpired, "exp is 2026-11-24T11:59:30Z, now is 2026-11-24T12:00:00Z: request a new token"},
		{"no iat", map[string]any{"iat": nil}, CodeMalformed, "iat is absent"},
		{"iat to come", map[string]any{"iat": at(31 * time.Second)}, CodeNotYet, "iat is 2026-11-24T12:00:31Z, now is 2026-11-24T12:00:00Z"},
		{"nbf to come", map[string]any{"nbf": at(31 * time.Second)}, CodeNotYet, "nbf is 2026-11-24T12:00:31Z, now is 2026-11-24T12:00:00Z"},
		{"nbf as a string", map[string]any{"nbf": "now"}, CodeMalformed, `nbf is "now"`},
		{"nbf null", map[string]any{"nbf": []any(nil)}, CodeMalformed, "nbf is null"},
		{"long life", map[string]any{"exp": at(time.Hour + time.Second)}, CodeLifetime, "exp is 2026-11-24T13:00:01Z, which is 1h0m1s after iat, expected at most 1h0m0s"},
		{"life backwards", map[string]any{"iat": at(20 * time.Second), "exp": at(10 * time.Second)}, CodeLifetime, "which is -10s after iat"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tok := token("rsa", "RS256", claimsOf(tt.changes))
			c, err := Verify(tok, allKeys(t), expected)
			refused(t, tok, c, err, tt.code, tt.want)
		})
	}
}

// TestVerifySkew: a clock may differ by what was allowed, and by not a second more.
func TestVerifySkew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		claims map[string]any
		skew   time.Duration
		want   string
	}{
		{"last second", map[string]any{"exp": now.Unix() + 1}, 0, ""},
		{"over", map[string]any{"exp": now.Unix()}, 0, string(CodeExpired)},
		{"over, within skew", map[string]any{"iat": now.Unix() - 300, "exp": now.Unix() - 59}, time.Minute, ""},
		{"over, beyond skew", map[string]any{"iat": now.Unix() - 300, "exp": now.Unix() - 60}, time.Minute, string(CodeExpired)},
		{"now", map[string]any{"iat": now.Unix(), "nbf": now.Unix()}, 0, ""},
		{"iat ahead", map[string]any{"iat": now.Unix() + 1}, 0, string(CodeNotYet)},
		{"iat ahead, within skew", map[string]any{"iat": now.Unix() + 60}, time.Minute, ""},
		{"nbf ahead, within skew", map[string]any{"nbf": now.Unix() + 60}, time.Minute, ""},
		{"nbf ahead, beyond skew", map[string]any{"nbf": now.Unix() + 61}, time.Minute, string(CodeNotYet)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := expected
			want.Skew = tt.skew
			tok := token("rsa", "RS256", claimsOf(tt.claims))
			c, err := Verify(tok, allKeys(t), want)
			if tt.want != "" {
				refused(t, tok, c, err, Code(tt.want), "")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVerifyExpectsSomething: an expectation that proves nothing lets nothing through.
func TestVerifyExpectsSomething(t *testing.T) {
	tok := token("rsa", "RS256", claimsOf(map[string]any{"iss": "", "aud": ""}))
	for name, tt := range map[string]struct {
		change func(*Expectation)
		want   string
	}{
		"no issuer":     {func(e *Expectation) { e.Issuer = "" }, "no issuer is expected"},
		"no audience":   {func(e *Expectation) { e.Audience = "" }, "no audience is expected"},
		"no time":       {func(e *Expectation) { e.Now = time.Time{} }, "no time is given"},
		"much skew":     {func(e *Expectation) { e.Skew = time.Minute + 1 }, "expected 0s to 1m0s"},
		"negative skew": {func(e *Expectation) { e.Skew = -1 }, "expected 0s to 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			want := expected
			tt.change(&want)
			c, err := Verify(tok, allKeys(t), want)
			refused(t, tok, c, err, CodeExpectation, tt.want)
		})
	}
}

func TestUnverifiedIssuer(t *testing.T) {
	tok := token("rsa", "RS256", claimsOf(nil))
	tok = append(tok[:len(tok)-8], "AAAAAAAA"...)
	if iss, err := UnverifiedIssuer(tok); iss != testIssuer || err != nil {
		t.Errorf("%q, %v", iss, err)
	}
	for name, tt := range map[string]struct {
		token []byte
		code  Code
		want  string
	}{
		"absent":    {token("rsa", "RS256", claimsOf(map[string]any{"iss": nil})), CodeIssuer, "iss is absent"},
		"empty":     {token("rsa", "RS256", claimsOf(map[string]any{"iss": ""})), CodeIssuer, `iss is ""`},
		"number":    {token("rsa", "RS256", claimsOf(map[string]any{"iss": 1})), CodeIssuer, "iss is a number"},
		"twice":     {token("rsa", "RS256", []byte(`{"iss":"a","iss":"b"}`)), CodeMalformed, "claims:1:12: this name is in the object twice"},
		"no JWT":    {[]byte("x.y"), CodeMalformed, "found 2"},
		"oversized": {[]byte(strings.Repeat("x", 16<<10+1)), CodeOversized, "16385 bytes: at most 16384 are read"},
	} {
		t.Run(name, func(t *testing.T) {
			iss, err := UnverifiedIssuer(tt.token)
			refused(t, tt.token, Claims{}, err, tt.code, tt.want)
			if iss != "" {
				t.Errorf("issuer %q came with the refusal", iss)
			}
		})
	}
}

// TestUnverifiedAudiences: what is no text among audiences makes several of one all the same.
func TestUnverifiedAudiences(t *testing.T) {
	for name, tt := range map[string]struct {
		aud  any
		want []string
	}{
		"text":         {"curfew", []string{"curfew"}},
		"list of one":  {[]any{"curfew"}, []string{"curfew"}},
		"two":          {[]any{"curfew", "vault"}, []string{"curfew", "vault"}},
		"no text":      {[]any{"curfew", 1}, []string{"curfew", ""}},
		"a number":     {1, []string{""}},
		"absent":       {nil, []string{""}},
		"nobody's":     {[]any{}, nil},
		"list in list": {[]any{[]any{"curfew"}}, []string{""}},
	} {
		got, err := UnverifiedAudiences(token("rsa", "RS256", claimsOf(map[string]any{"aud": tt.aud})))
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, tt.want)
		}
	}
	if all, err := UnverifiedAudiences([]byte("x.y")); err == nil || all != nil {
		t.Errorf("%q of what is no token", all)
	}
}

// TestUnverifiedTime: a token that ended long ago is judged as of when it was issued, and by that alone.
func TestUnverifiedTime(t *testing.T) {
	tok := token("rsa", "RS256", claimsOf(nil))
	at, err := UnverifiedTime(tok)
	if err != nil {
		t.Fatal(err)
	}
	want := expected
	want.Now = at
	if _, err := Verify(tok, allKeys(t), want); err != nil {
		t.Error(err)
	}
	for name, iat := range map[string]any{"absent": nil, "a text": "1", "negative": -1, "huge": 1e300} {
		tok := token("rsa", "RS256", claimsOf(map[string]any{"iat": iat}))
		if at, err := UnverifiedTime(tok); err == nil || !at.IsZero() {
			t.Errorf("%s: %s, %v", name, at, err)
		}
	}
	if _, err := UnverifiedTime([]byte("x.y")); err == nil {
		t.Error("no JWT: has a time")
	}
}
