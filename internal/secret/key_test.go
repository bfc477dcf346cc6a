package secret

import (
	"strings"
	"testing"
)

func TestEnclosingKey(t *testing.T) {
	tests := []struct{ name, text, want string }{ // § marks where the value begins
		{"environment file", "A=1\nNPM_TOKEN=§", "NPM_TOKEN"},
		{"export", "export GH_TOKEN=\"§", "GH_TOKEN"},
		{"yaml", "env:\n  password: §", "password"},
		{"yaml, quoted", "  api-key: '§", "api-key"},
		{"json", `{"user": "x", "client_secret": "§`, "client_secret"},
		{"json without space", `{"auth":"§`, "auth"},
		{"npmrc", "//registry.example.org/:_authToken=§", "_authToken"},
		{"toml", "token = \"§", "token"},
		{"go", "	secret := \"§", "secret"},
		{"ruby", `:password => '§`, "password"},
		{"index", `config["db_password"] = '§`, "db_password"},
		{"header", `-H "Authorization: Bearer §`, "Authorization"},
		{"header, basic", `Authorization: Basic §`, "Authorization"},
		{"flag", "deploy --token §", "token"},
		{"flag with quotes", `deploy --api-key "§`, "api-key"},
		{"flag with equals", "deploy --token=§", "token"},
		{"short flag", "curl -u §", "u"},
		{"xml", "<password>§", "password"},
		{"url", "DATABASE_URL=postgres://app:§", "DATABASE_URL"},
		{"url in yaml", "  url: \"https://x:§", "url"},
		{"url on its own", "git clone https://x:§", ""},
		{"block scalar", "key: |\n  §", "key"},
		{"folded scalar", "  private-key: >-\n    §", "private-key"},
		{"heredoc string", "KEY = \"\"\"\n§", "KEY"},
		{"continued line", "TOKEN= \\\n  §", "TOKEN"},
		{"list item", "tokens:\n  - §", "tokens"},
		{"prose", "the token is §", ""},
		{"start of file", "§", ""},
		{"other line", "key: value\n\n§", ""},
		{"too long for a name", strings.Repeat("a", 80) + "=§", ""},
		{"umlauts before it", "schlüssel: ä\nschlüssel_2: §", "schlüssel_2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := strings.Index(tt.text, "§")
			content := []byte(strings.Replace(tt.text, "§", "VALUE", 1))
			got, from, to := newKeyForms().enclosing(content, start)
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got != string(content[from:to]) {
				t.Errorf("key %q is said to stand at %q", got, content[from:to])
			}
		})
	}
}
