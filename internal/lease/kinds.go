package lease

import (
	"fmt"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// kind is what everybody but the exchange itself needs to know of a provider. What a provider is asked and answers
// stands in its own files; kinds lists them.
type kind struct {
	name string // its key in a manifest's grant
	make func(desk) Provider
	// audience is what it expects of the ID token's audience; "" where a grant doesn't say it.
	audience func(*manifest.Grant) string
	// endpoint is the server that is asked, where the grant redirects to no other.
	endpoint func(*manifest.Grant) (string, error)
	// as is how a credential is handed over where the grant doesn't say.
	as manifest.Handing
	// longest is the most that it issues for, 0 where nothing is known, and fixed is set where it issues for nothing less.
	longest time.Duration
	fixed   bool
	// ends is set where a credential can be ended by who holds it, so that a stub may carry it.
	ends bool
	// file refuses a content of the file that a grant names, manifest.Grant.File; nil where none can.
	file func(*manifest.Grant, []byte) error
}

// kinds are the providers, by name.
func kinds() []kind {
	return []kind{awsKind(), azureKind(), cratesKind(), gcpKind(), githubKind(), kubernetesKind(), npmKind(), oauthKind(), pypiKind(), vaultKind()}
}

// kindOf is the provider of that name.
func kindOf(name string) (kind, error) {
	for _, k := range kinds() {
		if k.name == name {
			return k, nil
		}
	}
	names := Providers()
	last := len(names) - 1
	return kind{}, fmt.Errorf("lease: no credential of %q can be leased: there are %s and %s", name, strings.Join(names[:last], ", "), names[last])
}

// Providers are the names that For knows, sorted.
func Providers() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, k.name)
	}
	return out
}

// Audience is what a grant's provider expects of the ID token's audience: what the manifest says, and otherwise
// what the provider itself takes. It is "" for a provider that For doesn't know.
func Audience(g *manifest.Grant) string {
	k, err := kindOf(g.Provider())
	if err != nil {
		return ""
	}
	return k.audience(g)
}

// Endpoint is the address that is asked for a credential of the grant. GitHub's endpoint isn't: there the token is good that
// the exchange issues.
func Endpoint(g *manifest.Grant) (string, error) {
	if base := g.HandOver().Endpoint; base != "" && g.GitHub == nil {
		return base, nil
	}
	k, err := kindOf(g.Provider())
	if err != nil {
		return "", err
	}
	return k.endpoint(g)
}

// As is how a grant's credential is handed over: as the grant says, and otherwise as the provider's tools find it.
func As(g *manifest.Grant) manifest.Handing {
	if as := g.HandOver().As; as != "" {
		return as
	}
	if k, err := kindOf(g.Provider()); err == nil {
		return k.as
	}
	return manifest.AsEnv
}

// Term is the longest that a provider issues for, and whether it issues for nothing less; 0 where nothing is known.
func Term(provider string) (longest time.Duration, fixed bool) {
	k, err := kindOf(provider)
	if err != nil {
		return 0, false
	}
	return k.longest, k.fixed
}

// Least is the shortest TTL for which a provider is asked, 0 where any will do: what it issues for longer, and nothing ends
// before, would outlive the lease.
func Least(provider string) time.Duration {
	k, err := kindOf(provider)
	if err != nil || !k.fixed || k.ends {
		return 0
	}
	return k.longest
}

// CheckFile refuses what stands in the file that a grant names, manifest.Grant.File, where no lease could do with it.
func CheckFile(g *manifest.Grant, src []byte) error {
	k, err := kindOf(g.Provider())
	if err != nil || k.file == nil {
		return err
	}
	return k.file(g, src)
}
