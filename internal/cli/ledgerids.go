package cli

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
)

// platformIDs reads what --owner or --repository name, ISSUER=ID or ID alone. An account of one platform isn't that of the same
// number at another, so an ID alone is refused where it could be several's.
func platformIDs(flag string, said, issuers []string) ([]ledger.PlatformID, error) {
	var out []ledger.PlatformID
	for _, text := range said {
		i := strings.LastIndexByte(text, '=')
		id := ledger.PlatformID{Issuer: text[:max(i, 0)], ID: text[i+1:]}
		switch {
		case id.ID == "" || strings.Trim(id.ID, "0123456789") != "":
			return nil, usageError("%s: expected an id of digits, which outlives a change of name, or ISSUER=ID, not %q", flag, text)
		case i < 0:
			id.Issuer = soleIssuer(issuers)
		}
		switch {
		case i < 0 && id.Issuer == "":
			return nil, usageError("%s %s: whose number is it? ID tokens of several issuers count here: expected ISSUER=%s with one of %s", flag, text, text, strings.Join(issuers, ", "))
		case !slices.Contains(issuers, id.Issuer):
			return nil, usageError("%s %s: ID tokens of %q don't count here: expected one of %s", flag, text, id.Issuer, strings.Join(issuers, ", "))
		}
		out = append(out, id)
	}
	return out, nil
}

// soleIssuer is whose an id is that is said alone: the only issuer's, and GitHub's where just the built-in ones count, as the
// organisation's id in its policy is; "" where nothing says it.
func soleIssuer(issuers []string) string {
	if len(issuers) == 1 || slices.Equal(issuers, identity.BuiltInIssuers()) {
		return issuers[0] // the first of the built-in ones is GitHub's
	}
	return ""
}
