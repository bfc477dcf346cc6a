package revoke

import (
	"encoding/json"
	"net/http"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

const gitHubAPI = "https://api.github.com"

// gitHubWays are two. Who found a user's token hands it in without any login, and GitHub accepts it before it acts:
// https://docs.github.com/en/rest/credentials/revoke. At an Enterprise Server that wants a login, and isn't asked here. An
// installation's token ends itself:
// https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token.
func gitHubWays() []way {
	header := func(redact.Secret) http.Header {
		return http.Header{
			"Accept": {"application/vnd.github+json"}, "Content-Type": {"application/json"}, "X-Github-Api-Version": {"2022-11-28"},
		}
	}
	return []way{
		{
			service: "github", base: gitHubAPI, fixed: true,
			detectors: []string{
				"github-pat", "github-fine-grained-pat", "github-oauth", "github-app-token", "github-app-token-stateless", "github-refresh-token",
			},
			prefixes: []string{"ghp_", "github_pat_", "gho_", "ghu_", "ghr_"},
			method:   http.MethodPost, path: []string{"credentials", "revoke"}, header: header,
			body: func(s redact.Secret) []byte {
				body, err := json.Marshal(map[string][]string{"credentials": {string(s.Reveal())}})
				if err != nil {
					return nil
				}
				return body
			},
			read: func(a courier.Answer) word {
				if a.Status == http.StatusAccepted {
					return word{kind: accepted}
				}
				return word{kind: refused}
			},
			blind:   true,
			carries: "the token in its body, and no login of yours",
			ends:    "this token, wherever it is used; one that a GitHub Enterprise Server issued lives on there",
			back:    "no: GitHub brings no revoked token back",
			told:    "its owner, by mail and in the security log",
			docs:    "https://docs.github.com/en/rest/credentials/revoke",
		},
		{
			service: "github", base: gitHubAPI,
			detectors: []string{"github-app-token", "github-app-token-stateless"}, prefixes: []string{"ghs_"},
			method: http.MethodDelete, path: []string{"installation", "token"},
			header: func(s redact.Secret) http.Header {
				h := header(s)
				h.Del("Content-Type")
				h.Set("Authorization", "Bearer "+string(s.Reveal()))
				return h
			},
			read:    doneBy204,
			carries: "the token as its login",
			ends:    "this token of an App's installation, which ends within an hour by itself",
			back:    "no: the App makes another",
			told:    "nobody",
			docs:    "https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token",
		},
	}
}

// doneBy204 reads services that answer 204 where it is done.
func doneBy204(a courier.Answer) word {
	if a.Status == http.StatusNoContent {
		return word{kind: revoked}
	}
	return word{kind: refused}
}
