package posture

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/secret"
	"github.com/curfew-ci/curfew/internal/usage"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

const revoke = " | revoke it and use a credential that ends with its job; where none will do, register it under `exceptions:` with `store: { file: PATH }`"

func exception(secret, file, expires string) string {
	return fmt.Sprintf(`-- .github/curfew.yml --
version: 1
owners:
  web: { team: "@acme/web" }
exceptions:
  e:
    secret: %s
    store: { file: %s }
    owner: web
    reason: The partner's mirror takes nothing else
    accepted-by: "@anna"
    rotate-every: 30d
    expires: %q
`, secret, file, expires)
}

// jwt makes a token that ends after d; one without an end for 0.
func jwt(d time.Duration) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	claims := `{"iss":"acme","sub":"0123456789"`
	if d != 0 {
		claims += fmt.Sprintf(`,"exp":%d`, now.Add(d).Unix())
	}
	return part(`{"alg":"HS256","typ":"JWT"}`) + "." + part(claims+"}") + "." + fill("{fake::43}")
}

func TestLongLivedToken(t *testing.T) {
	const found = "config.env:1:14 high a GitHub classic personal access token stands in a file, and its kind lives until somebody revokes it"
	const file = "-- config.env --\nGITHUB_TOKEN={fake:ghp_:36}\n"
	const saying = " (issuer acme, subject 0123456789)"
	cases{
		{"found", file, []string{found + revoke}},
		{"registered", file + exception("GITHUB_TOKEN", "config.env", "2026-11-23"), []string{found + " [exception 2026-11-23]" + revoke}},
		{"past its end", file + exception("GITHUB_TOKEN", "config.env", "2026-11-22"), []string{found + revoke}},
		{"another file", file + exception("GITHUB_TOKEN", "other.env", "2026-12-31"), []string{found + revoke}},
		{"another name", file + exception("NPM_TOKEN", "config.env", "2026-12-31"), []string{found + revoke}},
		{"an action is hardcoded-credential's", "-- action.yml --\nruns:\n  using: composite\n  steps:\n    - {run: x, shell: sh, env: {GITHUB_TOKEN: {fake:ghp_:36}}}\n", nil},
		{"far end", "-- a.env --\nSESSION=" + jwt(48*time.Hour) + "\n", []string{
			"a.env:1:9 high a JSON Web Token" + saying + " stands in a file, and it lives until 2026-11-25" + revoke,
		}},
		{"near end", "-- a.env --\nSESSION=" + jwt(23*time.Hour) + "\n", nil},
		{"ended", "-- a.env --\nSESSION=" + jwt(-time.Hour) + "\n", nil},
		{"no end", "-- a.env --\nSESSION=" + jwt(0) + "\n", []string{
			"a.env:1:9 high a JSON Web Token" + saying + " stands in a file, and its kind lives until somebody revokes it" + revoke,
		}},
		{"a key that nobody revokes", "-- a.pem --\n-----BEGIN EC PRIV" + "ATE KEY-----\nMHcCAQEE{fake::56}\n{fake::64}\n-----END EC PRIV" + "ATE KEY-----\n", []string{
			"a.pem:1:1 high an EC private key stands in a file, and its kind lives until somebody revokes it" +
				strings.Replace(revoke, "revoke it and use", "replace it wherever it is trusted, by", 1),
		}},
		{"what only may be one", "-- a.yml --\npartner_secret: {fake::40}\n", []string{
			"a.yml:1:17 low a key, token or password stands in a file, and how long its kind lives isn't known" +
				strings.Replace(revoke, "revoke", "if it opens something, revoke", 1) +
				"; if it is made up, say so in a comment beside it: `curfew: ignore[long-lived-token] until=YYYY-MM-DD REASON`",
		}},
	}.run(t, "long-lived-token")
}

// TestFileExceptions holds that an exception registers one secret of its file, while it is in force.
func TestFileExceptions(t *testing.T) {
	d, err := secret.New(rules.SecretRules())
	if err != nil {
		t.Fatal(err)
	}
	pem := "-----BEGIN RSA PRIVATE " + "KEY-----\n" + fill("{fake::64}\n{fake::64}\n") + "-----END RSA PRIVATE " + "KEY-----\n"
	other := "-----BEGIN EC PRIVATE " + "KEY-----\n" + fill("{fake::64}\n{fake::64}\n") + "-----END EC PRIVATE " + "KEY-----\n"
	const name, expires = "GITHUB_TOKEN", "2026-12-31"
	pat := name + fill("={fake:ghp_:36}\n")
	tests := []struct {
		name, content, secret, expires string
		age                            time.Duration // 0 where it isn't known
		want                           []string      // of each finding: what silences it, or its related lines
	}{
		{"by its name", pat, name, expires, 0, []string{"exception until 2026-12-31"}},
		{"by its name in small letters", pat, "github_token", expires, 0, []string{"exception until 2026-12-31"}},
		{"another name", pat, "NPM_TOKEN", expires, 0, []string{""}},
		{"ended", pat, name, "2026-11-22", 0, []string{`exception "e" ended on 2026-11-22 @12`}},
		{"not rotated", pat, name, expires, 31 * 24 * time.Hour, []string{`exception "e" wants it rotated every 30d, and it has been there since 2026-10-23 @11`}},
		{"rotated in time", pat, name, expires, 30 * 24 * time.Hour, []string{"exception until 2026-12-31"}},
		{"ended, and not rotated", pat, name, "2026-11-22", 90 * 24 * time.Hour, []string{`exception "e" ended on 2026-11-22 @12`}},
		{"two names, one registered", pat + "NPM_TOKEN" + fill("={fake:npm_:36}\n"), name, expires, 0, []string{"exception until 2026-12-31", ""}},
		{"a name twice", pat + pat, name, expires, 0, []string{"exception until 2026-12-31", "exception until 2026-12-31"}},
		{"without a name", pem, "DEPLOY_KEY", expires, 0, []string{"exception until 2026-12-31"}},
		{"without a name, twice the same", pem + "\n" + pem, "DEPLOY_KEY", expires, 0, []string{"exception until 2026-12-31", "exception until 2026-12-31"}},
		{"without a name, two", pem + "\n" + other, "DEPLOY_KEY", expires, 0, []string{"", ""}},
		{"without a name, beside the one that is meant", pat + pem, name, expires, 0, []string{"exception until 2026-12-31", ""}},
		{"without a name, beside another", pat + pem, "DEPLOY_KEY", expires, 0, []string{"", "exception until 2026-12-31"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := exception(tt.secret, "config.env", tt.expires)
			_, src, _ = strings.Cut(src, "--\n")
			m, errs := manifest.Parse(".github/curfew.yml", []byte(src))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			facts := &Facts{Manifest: m, Now: now, Usage: &usage.Repo{}}
			if facts.Tokens, err = d.Detect(t.Context(), "config.env", []byte(tt.content)); err != nil {
				t.Fatal(err)
			}
			for i := range facts.Tokens {
				if tt.age > 0 {
					facts.Tokens[i].Since = now.Add(-tt.age)
				}
			}
			pass := &Pass{Facts: facts, Rule: &rules.Rule{ID: "long-lived-token"}}
			longLivedToken(pass)
			var got []string
			for _, f := range pass.findings {
				var parts []string
				if f.Suppressed != nil {
					parts = append(parts, f.Suppressed.Kind+" until "+f.Suppressed.Until)
				}
				for _, r := range f.Related {
					parts = append(parts, fmt.Sprintf("%s @%d", r.Message, r.Region.Start.Line))
				}
				if got = append(got, strings.Join(parts, "; ")); len(parts) > 0 && f.Owner != "web" {
					t.Errorf("owner is %q, want the exception's", f.Owner)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// What is most likely no credential is no finding.
func TestUnlikelyGuesses(t *testing.T) {
	cases{
		{"a file", "-- config.json --\n{\"hashed_secret\": \"" + strings.Repeat("0f1e2d3c4b", 4) + "\"}\n", nil},
	}.run(t, "long-lived-token")
}

// TestAnotherStrongTokenIsNew holds that a token too random to be guessed is known by its value.
func TestAnotherStrongTokenIsNew(t *testing.T) {
	know := newKnowledge(t)
	prints := map[string]bool{}
	one, other, _ := strings.Cut(fill("{fake:ghp_:36} {fake:ghp_:36}"), " ")
	for _, token := range []string{one, other} {
		for _, above := range []string{"", "A=1\n"} {
			for _, f := range know.runAll(t, files{{path: "config.env", src: above + "GITHUB_TOKEN=" + token + "\n", first: 1}}) {
				prints[f.Fingerprint] = true
			}
		}
	}
	if len(prints) != 2 {
		t.Errorf("two tokens, each at two places, have %d fingerprints: expected 2", len(prints))
	}
}

func TestLiterals(t *testing.T) {
	const src = `on: {workflow_dispatch: {inputs: {api-token: {default: RANDOM}, mode: {default: RANDOM}, secret: {}}}}
env:
  API_KEY: RANDOM
  apiKey: RANDOM
  SHELL_TOKEN: $TOKEN_RANDOM
  EXPR_TOKEN: ${{ secrets.X }}RANDOM
  CACHE_KEY: RANDOM
  TOKEN_URL: RANDOM
  DB_PASSWORD: postgres
  TEST_PASSWORD: Test-RANDOM
  SPACED_SECRET: RAN DOM
  PATH_SECRET: /run/RANDOM
  PLAIN_SECRET: abcdefghijklmnop
  AWS_SECRET_ACCESS_KEY: RANDOM
jobs:
  a:
    runs-on: x
    container:
      image: i
      credentials: {username: u, password: hunter2}
    services:
      db:
        image: i
        credentials: {username: u, password: "${{ secrets.P }}"}
        env: {POSTGRES_PASSWORD: RANDOM}
    steps:
      - uses: a/b@v1
        with: {token: RANDOM}
`
	var got []string
	// In halves, so that no scanner takes this file's words for credentials.
	random := strings.NewReplacer("RANDOM", "8fk2JdP0"+"qLx7vRw3", "RAN", "8fk2JdP0", "DOM", "qLx7vRw3").Replace(src)
	for _, token := range Literals([]*workflow.File{workflow.Parse(".github/workflows/a.yml", []byte(random))}) {
		got = append(got, token.Region.Start.String()+" "+token.Key+" "+token.Kind)
		if long := token.Kind == "registry password"; long != (token.Lifetime == secret.LongLived) ||
			token.Value.Len() == 0 || token.Detector != literalDetector {
			t.Errorf("incomplete token: %+v", token)
		}
	}
	want := []string{
		"1:56 api-token token", "3:12 API_KEY api key", "4:11 apiKey api key", "14:26 AWS_SECRET_ACCESS_KEY access key",
		"20:44 password registry password", "25:34 POSTGRES_PASSWORD password", "28:23 token token",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestLooksRandom(t *testing.T) {
	for v, want := range map[string]bool{
		"8fk2JdP0" + "qLx7vRw3":                           true,
		"50598e01" + "4ed44c77" + "9a2bf1c5" + "0e6d8a34": true,
		"dag_dagger_s" + "BIv6Dsj" + "NerW0dev3Tqt2bSF9x": true, // a word by chance
		"8fk2JdP0" + "qdev7Rw3":                           false,
		"8fk2JdP0":                                        false, // short
		"not-a-real-key-for-tests-1":                      false,
		"polar123456789":                                  false,
		"polar-development":                               false,
		"v1-linux-cache-2026-11-23":                       false,
		"123456789012":                                    false,
		"aaaa1111bbbb2222":                                false,
		"arn:aws:iam::123456789012:role/deploy":           false,
	} {
		if got := looksRandom(v); got != want {
			t.Errorf("looksRandom(%q) = %v", v, got)
		}
	}
}

func TestHardcodedCredential(t *testing.T) {
	const step = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n        env: {"
	const end = ": everyone who can read the repository has it | revoke it, then fetch a short-lived credential in the job, or store it as a secret and read it by `${{ secrets.NAME }}`"
	cases{
		{"known form, found once", step + "GITHUB_TOKEN: {fake:ghp_:36}}\n", []string{
			`example.yml:8:29 high a GitHub classic personal access token is written out under "GITHUB_TOKEN"` + end,
		}},
		{"the name says more than a guess", step + "FOSSA_API_KEY: {fake::32}}\n", []string{
			`example.yml:8:30 medium an api key is written out under "FOSSA_API_KEY"` + end,
		}},
		{"a registry's password", "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    container: {image: i, credentials: {username: u, password: horse}}\n    steps: [{run: x}]\n", []string{
			`example.yml:6:64 high a registry password is written out under "password"` + end,
		}},
		{"in another file", "-- notes.env --\nGITHUB_TOKEN={fake:ghp_:36}\n", nil},
		{"registered", strings.Replace("-- .github/workflows/a.yml --\n"+step, "run: x", "run: y", 1) + "GITHUB_TOKEN: {fake:ghp_:36}}\n" +
			exception("GITHUB_TOKEN", ".github/workflows/a.yml", "2026-12-31"), []string{
			`a.yml:8:29 high a GitHub classic personal access token is written out under "GITHUB_TOKEN"` + strings.Replace(end, " |", " [exception 2026-12-31] |", 1),
		}},
		{"read from a secret", step + "GITHUB_TOKEN: \"${{ secrets.PAT }}\"}\n", nil},
	}.run(t, "hardcoded-credential")
}
