package rules

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustLoad(tb testing.TB) *Actions {
	tb.Helper()
	k, err := LoadActions()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// TestKnowledge holds what the files can't say by their shape alone.
func TestKnowledge(t *testing.T) {
	k := mustLoad(t)
	today := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, s := range k.Services {
		reviewed(t, s.ID, s.Reviewed, today)
		for _, a := range s.Actions {
			reviewed(t, a.Uses[0], a.Reviewed, today)
			if !strings.HasPrefix(a.Source, "https://") {
				t.Errorf("%s: %q is no source", a.Uses[0], a.Source)
			}
			for _, l := range a.Logins {
				if l.ByOIDC && len(l.Static) > 0 && l.Instead == "" {
					t.Errorf("%s takes OIDC and a static credential, but nothing says how to change", a.Uses[0])
				}
			}
		}
	}
}

func reviewed(t *testing.T, what, day string, today time.Time) {
	t.Helper()
	d, err := time.Parse(time.DateOnly, day)
	if err != nil || d.Before(today.AddDate(-1, 0, 0)) {
		t.Errorf("%s: reviewed %q: %v", what, day, err)
	}
}

func TestLookups(t *testing.T) {
	k := mustLoad(t)
	name := func(s *Service) string {
		if s == nil {
			return ""
		}
		return s.ID
	}
	for secret, want := range map[string]string{
		"AWS_SECRET_ACCESS_KEY":  "aws",
		"PROD_AWS_SECRET_KEY":    "aws",
		"SLACK_BOT_TOKEN":        "slack",
		"RELEASE_BOT_TOKEN":      "github",
		"docs_pat":               "github",
		"TF_TOKEN_APP_EXAMPLE":   "terraform",
		"DOCKERHUB_TOKEN":        "docker",
		"AZURE_FUNCTION_KEY":     "azure",
		"LEGACY_FTP_TOKEN":       "",
		"JF_BOT_TOKEN":           "github",
		"JF_ACCESS_TOKEN":        "jfrog",
		"REPO_WRITE_APP_KEY":     "github",
		"EVEN_MORE_SSH_KEY_PROD": "ssh",
	} {
		if got := name(k.ByName(secret)); got != want {
			t.Errorf("%s is a credential of %q, want %q", secret, got, want)
		}
	}
	for host, want := range map[string]string{
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com": "aws",
		"europe-docker.pkg.dev":                        "gcp",
		"acme.azurecr.io":                              "azure",
		"ghcr.io":                                      "",
	} {
		if got := name(k.ByHost(host)); got != want {
			t.Errorf("%s is a registry of %q, want %q", host, got, want)
		}
	}
	if !k.Service("aws").Owns("AWS-Actions") || k.Service("aws").Owns("aws-actions-evil") {
		t.Error("owners are compared whole and without regard to case")
	}
}

// A name that ends as one of an identifier is one; what comes near to it may be a credential.
func TestNamesIdentifier(t *testing.T) {
	for name, want := range map[string]bool{
		"ACTIONS_STEP_DEBUG": true, "actions_runner_debug": true, "ACTIONS_STEP_TOKEN": false,
		"DEPLOY_ROLE": true, "AWS_ROLE_TO_ASSUME": true, "DEPLOY_ROLE_KEY": false, "PAROLE": false,
		"REGISTRY_LOGIN": true, "REVIEWER_LOGINS": true, "LOGIN_TOKEN": false,
		"SIGNING_PUBKEY": true, "MINISIGN_PUBLIC_KEY": true, "SIGNING_KEY": false, "GPG_KEYGRIP": true, "GPG_FINGERPRINT": true,
		"TEST_RESOURCE_GROUP": true, "AZURE_STORAGE_ACCOUNT": true, "AZURE_STORAGE_ACCOUNT_KEY": false,
		"AWS_ACCESS_KEY_ID": false, "DEPLOY_WEBHOOK_URL": false, "API_ENDPOINT": false, "VAULT_ROLE_ID": false,
	} {
		if got := NamesIdentifier(name); got != want {
			t.Errorf("%s names an identifier: %v, want %v", name, got, want)
		}
	}
}

func TestConditions(t *testing.T) {
	inputs := map[string]string{"method": "JWT", "registry": "1.dkr.ecr.eu-west-1.amazonaws.com", "role": "${{ vars.ROLE }}"}
	value := func(input string) string { return inputs[input] }
	for _, c := range []struct {
		input string
		want  []string
		holds bool
	}{
		{"method", []string{"jwt"}, true},
		{"method", []string{"token", "jwt"}, true},
		{"method", []string{"jw"}, false},
		{"registry", []string{"*.dkr.ecr.*"}, true},
		{"registry", []string{"*.dkr.ecr"}, false},
		{"role", []string{"given"}, true},
		{"role", []string{"absent"}, false},
		{"token", []string{"absent"}, true},
		{"token", []string{"*"}, false},
		{"token", []string{"absent", "false"}, true},
	} {
		if got := (Conditions{{c.input, c.want}}).Holds(value); got != c.holds {
			t.Errorf("%s is one of %v: %t", c.input, c.want, got)
		}
	}
}

func TestLoadActionsRefuses(t *testing.T) {
	const head = "title: X\nkind: cloud\nsource: https://x\nreviewed: \"2026-01-01\"\n"
	for src, want := range map[string]string{
		head + "colour: red\n": `actions/x.yml:5:1: unknown or repeated key "colour"`,
		"title: X\nkind: cloud\nsource: https://x\nreviewed: 2026-01-01\n": `4:11: expected a quoted day such as "2026-01-31"`,
		"kind: cloud\n":                                                      "title, kind, source and reviewed must all be there",
		head + "owners: {}\n":                                                "5:9: expected a list",
		head + "variables: {X: secret}\n":                                    "expected credential, identifier or oidc",
		head + "actions: [{uses: Acme/Upper}]\n":                             "expected owner/repo in lower case",
		head + "actions: [{uses: a/b}, {uses: a/b}]\n":                       "once in all files",
		head + "actions: [{credentials: [x]}]\n":                             "uses is missing",
		head + "actions: [{uses: a/b, logins: [{}]}]\n":                      "expected static, oidc or both",
		head + "commands: [{run: x}]\n":                                      "expected run, and one of login",
		head + "actions: [{uses: a/b, logins: [{static: x, service: y}]}]\n": `no service is called "y"`,
		head + "actions: [{uses: a/b, logins: [{oidc: always, duration: {input: d, unit: 60}}]}]\n": "expected a duration such as 1h",
	} {
		_, err := loadActions(fstest.MapFS{"actions/x.yml": {Data: []byte(src)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", src, err, want)
		}
	}
}

func TestLoadActionsReads(t *testing.T) {
	src := `title: X
kind: service
source: https://x
reviewed: "2026-01-01"
instead: do y
actions:
  - uses: a/b
    logins:
      - { static: [key], oidc: { role: given, mode: [absent, keyless] }, target: { role: role }, duration: { input: ttl, unit: 1m, default: 1h } }
`
	k, err := loadActions(fstest.MapFS{"actions/x.yml": {Data: []byte(src)}})
	if err != nil {
		t.Fatal(err)
	}
	got := k.Action("a/b").Logins[0]
	want := &Login{
		Service: k.Service("x"), Static: []string{"key"}, ByOIDC: true,
		OIDC:     Conditions{{"role", []string{"given"}}, {"mode", []string{"absent", "keyless"}}},
		Target:   map[string]string{"role": "role"},
		Duration: &Duration{Input: "ttl", Unit: time.Minute, Default: time.Hour},
		Instead:  "do y",
	}
	same := cmp.Comparer(func(a, b *Service) bool { return a == b })
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func BenchmarkLoadActions(b *testing.B) {
	for b.Loop() {
		if _, err := LoadActions(); err != nil {
			b.Fatal(err)
		}
	}
}
