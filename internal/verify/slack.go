package verify

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

// askSlack asks auth.test, which needs no scope: https://api.slack.com/methods/auth.test. That page says of
// invalid_auth that the token is invalid or the request came from an address that isn't allowed: it proves
// nothing.
func askSlack(ctx context.Context, q *question) verdict {
	a, err := q.line.send(ctx, http.MethodPost, q.url("api", "auth.test"), http.Header{
		"Authorization": {"Bearer " + string(q.Value.Reveal())},
		"Content-Type":  {"application/x-www-form-urlencoded"},
	}, nil)
	if err != nil {
		return unknown(err.Error())
	}
	var said struct {
		OK     *bool
		Error  string
		Team   string
		TeamID string `json:"team_id"`
		User   string
		UserID string `json:"user_id"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &said) != nil || said.OK == nil {
		return a.unexpected()
	}
	if *said.OK {
		if said.TeamID == "" {
			return a.unexpected()
		}
		v := verdict{Status: Live, Subject: "user " + said.User + " (" + said.UserID + ") of " + said.Team + " (" + said.TeamID + ")"}
		v.Scopes = strings.Split(strings.Join(a.header.Values("X-OAuth-Scopes"), ","), ",")
		return v
	}
	switch said.Error {
	case "token_revoked", "token_expired", "account_inactive":
		return dead("Slack says: " + said.Error)
	case "invalid_auth":
		return unknown("Slack says invalid_auth: not a token of Slack's, or not allowed from this address")
	}
	return unknown("Slack says: " + said.Error)
}
