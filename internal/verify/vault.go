package verify

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// askVault asks the token about itself, which the default policy allows; OpenBao's is the same:
// https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self. The question counts as one
// use of a token whose uses are counted.
func askVault(ctx context.Context, q *question) verdict {
	a, err := q.line.send(ctx, http.MethodGet, q.url("v1", "auth", "token", "lookup-self"), http.Header{
		"X-Vault-Token":   {string(q.Value.Reveal())},
		"X-Vault-Request": {"true"},
	}, nil)
	if err != nil {
		return unknown(err.Error())
	}
	switch a.status {
	case http.StatusOK:
		return vaultSelf(a)
	case http.StatusForbidden:
		var said struct{ Errors []string }
		if json.Unmarshal(a.body, &said) != nil {
			return a.unexpected()
		}
		if slices.ContainsFunc(said.Errors, func(s string) bool { return strings.Contains(s, "invalid token") }) {
			return stranger("the server says: invalid token")
		}
		return unknown("permission denied, which " + a.host + " also says to a live token that may not ask about itself")
	}
	return a.unexpected()
}

func vaultSelf(a answer) verdict {
	var said struct {
		Data struct {
			DisplayName string   `json:"display_name"`
			Path        string   // of the login
			Policies    []string // of the token
			OfEntity    []string `json:"identity_policies"`
			Expires     string   `json:"expire_time"`
		}
	}
	if json.Unmarshal(a.body, &said) != nil || said.Data.Path == "" || len(said.Data.Policies) == 0 {
		return a.unexpected()
	}
	v := verdict{Status: Live, Subject: said.Data.DisplayName + ", by " + said.Data.Path}
	for _, policy := range slices.Concat(said.Data.Policies, said.Data.OfEntity) {
		v.Scopes = append(v.Scopes, "policy "+policy)
	}
	if t, err := time.Parse(time.RFC3339Nano, said.Data.Expires); err == nil {
		v.Expires = t.UTC()
	}
	return v
}
