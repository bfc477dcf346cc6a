package revoke

import (
	"encoding/json"
	"net/http"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// gitLabWay lets a token end itself, which those of every scope may:
// https://docs.gitlab.com/api/personal_access_tokens/#self-revoke.
func gitLabWay() way {
	return way{
		service: "gitlab", base: "https://gitlab.com", detectors: []string{"gitlab-pat", "gitlab-pat-routable"},
		method: http.MethodDelete, path: []string{"api/v4/personal_access_tokens/self"},
		header: func(s redact.Secret) http.Header { return http.Header{"Private-Token": {string(s.Reveal())}} },
		read:   doneBy204,

		carries: "the token as its login",
		ends:    "this personal, project or group access token",
		back:    "no: make another",
		told:    "nobody by mail that is documented; it stands in the list of revoked tokens",
		docs:    "https://docs.gitlab.com/api/personal_access_tokens/#self-revoke",
	}
}

// vaultWay lets a token end itself, which the default policy allows; OpenBao's is the same:
// https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self. Anybody can run such a server, so that it
// must be named.
func vaultWay() way {
	return way{
		service: "vault", detectors: []string{"vault-service-token", "vault-root-token"}, prefixes: []string{"hvs.", "s."},
		method: http.MethodPost, path: []string{"v1/auth/token/revoke-self"},
		header: func(s redact.Secret) http.Header {
			return http.Header{"X-Vault-Token": {string(s.Reveal())}, "X-Vault-Request": {"true"}}
		},
		read: doneBy204,

		carries: "the token as its login",
		ends:    "this token, the tokens that it made, and the leases of them all",
		back:    "no: log in again",
		told:    "nobody; it stands in the audit log",
		docs:    "https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self",
	}
}

// npmWay deletes a token by its value: https://api-docs.npmjs.com/#tag/Tokens/operation/deleteToken. npm takes that from
// who is logged in alone, so that it works for the tokens of "npm login", which look like all others.
func npmWay() way {
	return way{
		service: "npm", base: "https://registry.npmjs.org", detectors: []string{"npm-access-token"},
		method: http.MethodDelete, path: []string{"-/npm/v1/tokens/token", placeholder},
		header: func(s redact.Secret) http.Header {
			return http.Header{"Authorization": {"Bearer " + string(s.Reveal())}, "Accept": {"application/json"}}
		},
		read: doneBy204,

		carries: "the token as its login, and in its path",
		ends:    "this token, if npm login made it: npm refuses others and accounts that want a second factor, and then only its owner can delete it",
		back:    "no: make another",
		told:    "its owner sees it gone from the list of tokens",
		docs:    "https://docs.npmjs.com/revoking-access-tokens",
	}
}

// slackWay lets a token end itself: https://docs.slack.dev/reference/methods/auth.revoke. The answer says by a field of its
// own whether it was.
func slackWay() way {
	return way{
		service: "slack", base: "https://slack.com",
		detectors: []string{"slack-bot-token", "slack-legacy-bot-token", "slack-legacy-token", "slack-legacy-workspace-token", "slack-user-token"},
		method:    http.MethodPost, path: []string{"api", "auth.revoke"},
		header: func(s redact.Secret) http.Header {
			return http.Header{"Authorization": {"Bearer " + string(s.Reveal())}, "Content-Type": {"application/x-www-form-urlencoded"}}
		},
		read: func(a courier.Answer) word {
			var said struct {
				OK, Revoked bool
				Error       string
			}
			switch {
			case a.Status != http.StatusOK || json.Unmarshal(a.Body, &said) != nil:
				return word{kind: refused}
			case said.OK && said.Revoked:
				return word{kind: revoked}
			}
			return word{kind: refused, code: said.Error}
		},

		carries: "the token as its login",
		ends:    "this token; of a bot's it deactivates the bot and takes it out of its channels",
		back:    "no: install the app again",
		told:    "nobody by mail that is documented; an app hears of it by the event tokens_revoked",
		docs:    "https://docs.slack.dev/reference/methods/auth.revoke",
	}
}
