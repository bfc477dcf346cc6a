package github

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
)

var _ issuance.Tags = (*Client)(nil)

// The answers here are made up after https://docs.github.com/en/rest/git/refs and …/tags; no GitHub gave them.

const tagID = "940bd336248efae0f9ee5bc7b2d5c985887b16ac"

func jobOf(t *testing.T, repository string) identity.Identity {
	t.Helper()
	claims, err := identity.ParseClaims("claims", []byte(`{"repository_id":"1","repository":"`+repository+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	who, err := identity.From(claims)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func refTo(name, kind, id string) answer {
	return answer{status: 200, body: `{"ref":"refs/tags/` + name + `","object":{"type":"` + kind + `","sha":"` + id + `"}}`}
}

func signed() answer {
	return answer{status: 200, body: `{"tag":"app/v1","sha":"` + tagID + `","message":"m","verification":{"verified":false,"reason":"unknown_key",` +
		`"payload":"object 1\n\nm\n","signature":"-----BEGIN SSH SIGNATURE-----\nx"}}`}
}

func TestTagObject(t *testing.T) {
	f := newFake(t, nil, []answer{refTo("app/v1", "tag", tagID), signed()})
	payload, signature, err := f.client(t).TagObject(t.Context(), jobOf(t, "acme/shop"), "app/v1")
	if err != nil || string(payload) != "object 1\n\nm\n" || string(signature) != "-----BEGIN SSH SIGNATURE-----\nx" {
		t.Errorf("%q, %q, %v", payload, signature, err)
	}
	asked := []string{"GET /api/v3/repos/acme/shop/git/ref/tags/app/v1", "GET /api/v3/repos/acme/shop/git/tags/" + tagID}
	if diff := cmp.Diff(asked, f.seen); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestTagObjectRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		repository, tag string
		gets            []answer
		want            string
	}{
		"no such tag":      {gets: []answer{{status: 404, body: `{"message":"Not Found"}`}}, want: `GET /repos/acme/shop/git/ref/tags/v1: GitHub answers 404, Not Found: it isn't there, or the token may not see it: let the token have "contents: read"`},
		"not allowed":      {gets: []answer{{status: 403, body: `{"message":"Resource not accessible by integration"}`}}, want: "contents: read"},
		"token over":       {gets: []answer{{status: 401, body: `{}`}}, want: "expired"},
		"lightweight":      {gets: []answer{refTo("v1", "commit", tagID)}, want: "lightweight"},
		"another tag":      {gets: []answer{refTo("v10", "tag", tagID)}, want: "another ref"},
		"name that climbs": {tag: "../heads/main", gets: []answer{refTo("main", "tag", tagID)}, want: "another ref"},
		"id of a path":     {gets: []answer{refTo("v1", "tag", "../../../user")}, want: "no id"},
		"nothing":          {gets: []answer{{status: 200, body: `{}`}}, want: "another ref"},
		"object gone":      {gets: []answer{refTo("v1", "tag", tagID), {status: 404, body: `{}`}}, want: "read the object of the tag v1: GET /repos/acme/shop/git/tags/"},
		"unsigned": {gets: []answer{refTo("v1", "tag", tagID), {status: 200, body: `{"verification":{"verified":false,"reason":"unsigned",` +
			`"payload":null,"signature":null}}`}}, want: "isn't signed"},
		"no word of it":                   {gets: []answer{refTo("v1", "tag", tagID), {status: 200, body: `{}`}}, want: "isn't signed"},
		"no repository":                   {repository: "shop", gets: []answer{{status: 500}}, want: "OWNER/NAME"},
		"repository that leads elsewhere": {repository: "acme/..", gets: []answer{{status: 500}}, want: "OWNER/NAME"},
		"repository of three":             {repository: "acme/shop/git", gets: []answer{{status: 500}}, want: "OWNER/NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.repository == "" {
				tt.repository = "acme/shop"
			}
			if tt.tag == "" {
				tt.tag = "v1"
			}
			payload, _, err := newFake(t, nil, tt.gets).client(t).TagObject(t.Context(), jobOf(t, tt.repository), tt.tag)
			if err == nil || !strings.Contains(err.Error(), tt.want) || payload != nil {
				t.Errorf("%q, %v, want %q", payload, err, tt.want)
			}
		})
	}
}
