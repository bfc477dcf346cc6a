package verify_test

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/verify"
)

// pypiToken puts a token together as libmacaroons' format has it: https://github.com/rescrv/libmacaroons.
func pypiToken(caveats ...string) string {
	field := func(kind byte, data string) string {
		return string(binary.AppendUvarint([]byte{kind}, uint64(len(data)))) + data
	}
	raw := "\x02" + field(1, "pypi.org") + field(2, "95d59554-a7ad-4f51-9af7-98abb4c5e7a5") + "\x00"
	for _, c := range caveats {
		raw += field(2, c) + "\x00"
	}
	raw += "\x00" + field(6, strings.Repeat("s", 32))
	return "pypi-" + base64.RawURLEncoding.EncodeToString([]byte(raw))
}

// TestPyPI: nothing is sent; what the token says of itself is told. The caveats are those of
// https://github.com/pypi/warehouse/tree/main/warehouse/macaroons/caveats.
func TestPyPI(t *testing.T) {
	const silent = "PyPI answers no question about a token but an upload"
	tests := []struct {
		name, token string
		want        verify.Result
	}{
		{"of a user", pypiToken(`[3,"95d59554"]`), verify.Result{Status: verify.Unknown, Scopes: []string{"all projects of its user"}, Reason: silent}},
		{"of projects", pypiToken(`[1,["web","api"]]`), verify.Result{Status: verify.Unknown, Scopes: []string{"project api", "project web"}, Reason: silent}},
		{"of projects by id", pypiToken(`[3,"95d59554"]`, `[2,["0149749d"]]`), verify.Result{Status: verify.Unknown, Scopes: []string{"project id 0149749d"}, Reason: silent}},
		{"of a trusted publisher, over", pypiToken(`[0,1795521599,1795520000]`, `[4,"17",{"ref":"x"}]`), verify.Result{
			Status: verify.Dead, Scopes: []string{"projects of its trusted publisher"}, Expires: time.Unix(1795521599, 0).UTC(), Reason: "by its own words it is over",
		}},
		{"not over yet", pypiToken(`[0,1795525200,1795520000]`, `[0,1795521700,1795520000]`), verify.Result{Status: verify.Unknown, Expires: time.Unix(1795521700, 0).UTC(), Reason: silent}},
		{"older, of a user", pypiToken(`{"version": 1, "permissions": "user"}`), verify.Result{Status: verify.Unknown, Scopes: []string{"all projects of its user"}, Reason: silent}},
		{"older, of a project", pypiToken(`{"version": 1, "permissions": {"projects": ["web"]}}`), verify.Result{Status: verify.Unknown, Scopes: []string{"project web"}, Reason: silent}},
		{"older, by id", pypiToken(`{"project_ids": ["0149749d"]}`), verify.Result{Status: verify.Unknown, Scopes: []string{"project id 0149749d"}, Reason: silent}},
		{"older, over", pypiToken(`{"nbf": 1, "exp": 2}`), verify.Result{Status: verify.Dead, Expires: time.Unix(2, 0).UTC(), Reason: "by its own words it is over"}},
		{"of a kind to come", pypiToken(`[99,"x"]`), verify.Result{Status: verify.Unknown, Reason: silent + "; it has a condition that curfew can't read"}},
		{"without any", pypiToken(), verify.Result{Status: verify.Unknown, Reason: silent}},
		{"cut short", "pypi-AgEIcHlwaS5vcmcA", verify.Result{Status: verify.Unknown, Reason: "not a whole token: it has no signature"}},
		{"cut short in a field", pypiToken(`[3,"x"]`)[:80], verify.Result{Status: verify.Unknown, Reason: "not a whole token: a field is cut short"}},
		{"of version 1", "pypi-MDAxY2", verify.Result{Status: verify.Unknown, Reason: "not a whole token: not a macaroon of version 2"}},
		{"no base64", "pypi-!", verify.Result{Status: verify.Unknown, Reason: "not a whole token: not base64"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			same(t, []verify.Result{tt.want}, verifier(t, verify.Options{}).Verify(t.Context(), []verify.Candidate{candidate("pypi-upload-token", tt.token)}))
		})
	}
}

// FuzzPyPI: no token, however made, upsets the reader or shows itself whole.
func FuzzPyPI(f *testing.F) {
	f.Add(pypiToken(`[3,"95d59554"]`, `[1,["web"]]`))
	f.Add("pypi-AgEIcHlwaS5vcmc")
	f.Fuzz(func(t *testing.T, token string) {
		r := verifier(t, verify.Options{}).Verify(t.Context(), []verify.Candidate{candidate("pypi-upload-token", token)})[0]
		if r.Status == verify.Live {
			t.Error("live, though nobody was asked")
		}
	})
}
