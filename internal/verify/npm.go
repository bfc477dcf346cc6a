package verify

import (
	"context"
	"encoding/json"
	"net/http"
)

// askNPM asks whose the token is, as "npm whoami" does. What it may do the registry tells to a session's
// token alone: https://api-docs.npmjs.com.
func askNPM(ctx context.Context, q *question) verdict {
	a, err := q.line.send(ctx, http.MethodGet, q.url("-", "whoami"), http.Header{
		"Authorization": {"Bearer " + string(q.Value.Reveal())},
	}, nil)
	if err != nil {
		return unknown(err.Error())
	}
	switch a.status {
	case http.StatusOK:
		var who struct{ Username string }
		if json.Unmarshal(a.body, &who) == nil && who.Username != "" {
			return verdict{Status: Live, Subject: "user " + who.Username, Reason: "npm doesn't say what tokens of this kind may do"}
		}
	case http.StatusUnauthorized:
		if _, ok := decode(a.body).(map[string]any); ok { // not the page of something in between
			return stranger("npm says: 401 Unauthorized")
		}
	}
	return a.unexpected()
}
