package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// askGitHub asks who the token acts for. Scopes stand in a header that only classic tokens and those of
// OAuth apps have: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps.
// An installation's token is no user's, and is asked for its repositories:
// https://docs.github.com/en/rest/apps/installations#list-repositories-accessible-to-the-app-installation.
func askGitHub(ctx context.Context, q *question) verdict {
	target, read := q.url("user"), gitHubUser
	if strings.HasPrefix(string(q.Value.Reveal()), "ghs_") {
		target, read = q.url("installation", "repositories")+"?per_page=1", gitHubInstallation
	}
	a, err := q.line.send(ctx, http.MethodGet, target, http.Header{
		"Authorization":        {"Bearer " + string(q.Value.Reveal())},
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"},
	}, nil)
	if err != nil {
		return unknown(err.Error())
	}
	switch a.status {
	case http.StatusOK:
		return read(a)
	case http.StatusUnauthorized:
		var said struct{ Message string }
		if json.Unmarshal(a.body, &said) == nil && said.Message == "Bad credentials" {
			return stranger("GitHub says: Bad credentials")
		}
	}
	return a.unexpected()
}

func gitHubUser(a answer) verdict {
	var user struct{ Login string }
	if json.Unmarshal(a.body, &user) != nil || user.Login == "" {
		return a.unexpected()
	}
	v := verdict{
		Status: Live, Subject: "user " + user.Login,
		Expires: gitHubTime(a.header.Get("Github-Authentication-Token-Expiration")),
	}
	if scopes := a.header.Values("X-OAuth-Scopes"); len(scopes) > 0 {
		v.Scopes = strings.Split(strings.Join(scopes, ","), ",")
		return v
	}
	v.Reason = "GitHub doesn't say what tokens of this kind may do"
	return v
}

func gitHubInstallation(a answer) verdict {
	var list struct {
		Total        *int `json:"total_count"`
		Repositories []struct {
			Owner struct{ Login string }
		}
	}
	if json.Unmarshal(a.body, &list) != nil || list.Total == nil {
		return a.unexpected()
	}
	v := verdict{Status: Live, Subject: "an app's installation", Reason: "GitHub doesn't say what tokens of this kind may do"}
	if len(list.Repositories) > 0 {
		v.Subject += " at " + list.Repositories[0].Owner.Login
	}
	v.Subject += fmt.Sprintf(", repositories: %d", *list.Total)
	return v
}

// gitHubTime reads the expiration's header, "2026-12-31 23:59:59 UTC" or with an offset; zero for none.
func gitHubTime(s string) time.Time {
	for _, layout := range []string{"2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
