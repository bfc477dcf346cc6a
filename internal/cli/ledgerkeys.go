package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
)

// keyring proves ID tokens of evidence: that they held when they were issued, whenever that was. Issuers change their keys,
// so there are three places to have them from.
type keyring struct {
	ctx     context.Context //nolint:containedctx // ledger.TokenVerifier has none
	issuers []string        // no other is asked for its keys
	live    *oidc.Source    // what the issuer has now; nil: nobody is asked
	kept    map[string][]identity.Keys
	archive ledger.Store // what the store archived; nil: that counts for nothing

	asked    map[string]issuerKeys
	archived map[string][]identity.Keys // of the archive, as far as they were read
	fault    error                      // the first set of keys that could not be read
}

// issuerKeys are an issuer's keys, and the text that they were read from.
type issuerKeys struct {
	keys identity.Keys
	raw  []byte
}

// newSource asks for keys and, in a job, for its ID token.
func newSource(env *Env) *oidc.Source { return sourceBy(env, newClient()) }

// sourceBy is newSource whose requests go out by client.
func sourceBy(env *Env, client *http.Client) *oidc.Source {
	return oidc.New(oidc.Options{
		Given:        ciOf(env).given(env),
		RequestURL:   redact.New([]byte(env.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"))),
		RequestToken: redact.New([]byte(env.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))),
		Client:       client, Now: env.Now,
	})
}

// verify is a ledger.TokenVerifier.
func (k *keyring) verify(token []byte, audience string) (identity.Claims, error) {
	issuer, err := identity.UnverifiedIssuer(token)
	if err != nil {
		return identity.Claims{}, err
	}
	if !slices.Contains(k.issuers, issuer) {
		return identity.Claims{}, fmt.Errorf("its issuer is %q: expected one of %s", issuer, strings.Join(k.issuers, ", "))
	}
	at, err := identity.UnverifiedTime(token)
	if err != nil {
		return identity.Claims{}, err
	}
	sets, err := k.sets(issuer)
	if err != nil {
		return identity.Claims{}, k.remember(err)
	}
	err = errors.New("no keys of " + issuer + " are known: name those it had by --issuer-keys")
	for _, keys := range sets {
		var claims identity.Claims
		if claims, err = identity.Verify(token, keys, identity.Expectation{Issuer: issuer, Audience: audience, Now: at}); err == nil {
			return claims, nil
		}
	}
	var refused *identity.TokenError
	if errors.As(err, &refused) && refused.Code == identity.CodeKeyUnknown {
		err = fmt.Errorf("%w; issuers change their keys: name those it had by --issuer-keys", err)
	}
	return identity.Claims{}, err
}

// sets lists the issuer's keys, from wherever they may come.
func (k *keyring) sets(issuer string) ([]identity.Keys, error) {
	sets := slices.Clone(k.kept[issuer])
	if k.archive != nil {
		archived, err := k.look(issuer)
		if err != nil {
			return nil, err
		}
		sets = append(sets, archived...)
	}
	if k.live != nil {
		now, err := k.ask(issuer)
		if err != nil {
			return nil, err
		}
		sets = append(sets, now.keys)
	}
	return sets, nil
}

// look reads an issuer's archived keys, once.
func (k *keyring) look(issuer string) ([]identity.Keys, error) {
	if known, ok := k.archived[issuer]; ok {
		return known, nil
	}
	archived, err := ledger.ArchivedKeys(k.ctx, k.archive, issuer)
	if err != nil {
		return nil, err
	}
	var sets []identity.Keys
	for _, raw := range archived {
		keys, err := identity.ParseKeys("archived keys", raw)
		if err != nil {
			return nil, err
		}
		sets = append(sets, keys)
	}
	if k.archived == nil {
		k.archived = map[string][]identity.Keys{}
	}
	k.archived[issuer] = sets
	return sets, nil
}

// ask fetches an issuer's keys, once.
func (k *keyring) ask(issuer string) (issuerKeys, error) {
	if known, ok := k.asked[issuer]; ok {
		return known, nil
	}
	keys, raw, err := k.live.Keys(k.ctx, issuer)
	if err != nil {
		return issuerKeys{}, err
	}
	if k.asked == nil {
		k.asked = map[string]issuerKeys{}
	}
	k.asked[issuer] = issuerKeys{keys, raw}
	return k.asked[issuer], nil
}

// raw is what Collector.Keys asks for: the issuer's keys as verify used them.
func (k *keyring) raw(_ context.Context, issuer string) ([]byte, error) {
	known, err := k.ask(issuer)
	return known.raw, k.remember(err)
}

func (k *keyring) remember(err error) error {
	if k.fault == nil {
		k.fault = err
	}
	return err
}

// source says where the keys come from, for a person.
func (k *keyring) source() string {
	var from []string
	if len(k.kept) > 0 {
		from = append(from, "--issuer-keys")
	}
	if k.archive != nil {
		from = append(from, "the store's own archive: who may write there could have made them")
	}
	if k.live != nil {
		from = append(from, "the issuer as it has them now")
	}
	return strings.Join(from, "; ")
}

// readIssuerKeys reads key sets that were kept, each named as ISSUER=FILE.
func readIssuerKeys(named []string) (map[string][]identity.Keys, error) {
	kept := map[string][]identity.Keys{}
	for _, text := range named {
		i := strings.LastIndexByte(text, '=')
		if i <= 0 || i == len(text)-1 {
			return nil, usageError("--issuer-keys: expected ISSUER=FILE, such as https://token.actions.githubusercontent.com=keys.json")
		}
		issuer, file := text[:i], text[i+1:]
		src, err := os.ReadFile(file) //nolint:gosec // the user names it
		if err != nil {
			return nil, usageError("read the issuer's keys: %w", err)
		}
		keys, err := identity.ParseKeys(file, src)
		if err != nil {
			return nil, usageError("--issuer-keys: %w", err)
		}
		kept[issuer] = append(kept[issuer], keys)
	}
	return kept, nil
}
