package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// askGitLab asks the token about itself, which personal, project and group access tokens can do:
// https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token. The words of
// refusal are those of lib/api/api_guard.rb.
func askGitLab(ctx context.Context, q *question) verdict {
	a, err := q.line.send(ctx, http.MethodGet, q.url("api", "v4", "personal_access_tokens", "self"), http.Header{
		"Private-Token": {string(q.Value.Reveal())},
	}, nil)
	if err != nil {
		return unknown(err.Error())
	}
	var said struct {
		Message     string
		Error       string
		Description string `json:"error_description"`
	}
	switch a.status {
	case http.StatusOK:
		return gitLabSelf(a)
	case http.StatusUnauthorized, http.StatusForbidden:
		if json.Unmarshal(a.body, &said) != nil {
			return a.unexpected()
		}
	}
	switch {
	case said.Error == "insufficient_scope": // RFC 6750, 3.1: the token is good, for less
		return verdict{Status: Live, Subject: "a token of " + a.host, Reason: "its scopes don't let it ask what they are"}
	case said.Error == "invalid_token" && strings.HasPrefix(said.Description, "Token is expired"):
		return dead("GitLab says that it is expired")
	case said.Error == "invalid_token" && strings.HasPrefix(said.Description, "Token was revoked"):
		return dead("GitLab says that it was revoked")
	case a.status == http.StatusUnauthorized && said.Message == "401 Unauthorized":
		return stranger("GitLab says: 401 Unauthorized")
	}
	return a.unexpected()
}

func gitLabSelf(a answer) verdict {
	var token struct {
		UserID  *int64 `json:"user_id"`
		Name    string
		Active  *bool
		Scopes  []string
		Expires string `json:"expires_at"`
	}
	if json.Unmarshal(a.body, &token) != nil || token.Active == nil || token.UserID == nil {
		return a.unexpected()
	}
	if !*token.Active {
		return dead("GitLab says that it isn't active")
	}
	v := verdict{Status: Live, Subject: fmt.Sprintf("user %d, token %q", *token.UserID, token.Name), Scopes: token.Scopes}
	if day, err := time.Parse(time.DateOnly, token.Expires); err == nil {
		v.Expires = day // midnight UTC of that day: https://docs.gitlab.com/user/profile/personal_access_tokens/
	}
	return v
}
