package ledger

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/identity"
)

// TestAudit: what no job has sealed stands in the log like all else, if who signs it puts it there. The archive shows it.
func TestAudit(t *testing.T) {
	inbox, store, p, ctx := folder(t), newMemory(), newPlatform(), t.Context()
	jobFile(t, inbox, 1, 3, p.tokens(jobClaims()))
	jobFile(t, inbox, 2, 2, p.tokens(jobClaims()))
	if got, err := newCollector(t, inbox, store).Collect(ctx); err != nil || got.Added != 5 {
		t.Fatalf("%+v, %v", got, err)
	}
	audit := func(alter func(c *Collector)) Audit {
		t.Helper()
		c := newCollector(t, nil, store)
		if alter != nil {
			alter(c)
		}
		got, err := c.Audit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	whole := Audit{Files: 2}
	if diff := cmp.Diff(whole, audit(nil)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, alter := range map[string]func(c *Collector){
		"another owner":  func(c *Collector) { c.Owners = []PlatformID{{issuer, "1"}} },
		"another issuer": func(c *Collector) { c.Issuers = []string{"https://gitlab.com"} },
		"no key": func(c *Collector) {
			c.Verify = func([]byte, string) (identity.Claims, error) {
				return identity.Claims{}, errors.New("no key of this id")
			}
		},
	} {
		if got := audit(alter); got.Files != 0 || len(got.Alone) != 5 || len(got.Unproven) != 2 {
			t.Errorf("%s: %+v", name, got)
		}
	}

	// A record that the signer of the log made up, and one of a job's file that it changed.
	forged, l := issued(), open(t, store)
	forged.ID = "01JD9Z6Q4T8K0000000000009Z"
	if n, err := l.Append(ctx, [][]byte{mustEncode(t, forged)}); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	if _, err := Verify(ctx, store, options(t)); err != nil {
		t.Fatal(err) // which the tree can't show
	}
	if got := audit(nil); got.Files != 2 || !slices.Equal(got.Alone, []int64{5}) {
		t.Errorf("%+v", got)
	}
	seals := slices.Sorted(maps.Keys(store.objects))
	seals = slices.DeleteFunc(seals, func(name string) bool {
		return !strings.HasPrefix(name, archivedFiles) || !strings.HasSuffix(name, sealSuffix)
	})
	store.objects[strings.TrimSuffix(seals[0], sealSuffix)] = append(mustEncode(t, forged), '\n')
	if got := audit(nil); got.Files != 1 || len(got.Alone) < 3 || len(got.Unproven) != 1 || !strings.Contains(got.Unproven[0].Reason, "the seal is of") {
		t.Errorf("%+v", got)
	}
	store.objects[seals[0]] = store.objects[seals[1]]
	if got := audit(nil); len(got.Unproven) != 1 || !strings.Contains(got.Unproven[0].Reason, "not where the archive keeps a file of this seal") {
		t.Errorf("%+v", got)
	}
	store.objects[seals[0]] = []byte("x")
	delete(store.objects, strings.TrimSuffix(seals[1], sealSuffix))
	if got := audit(nil); got.Files != 0 || len(got.Alone) != 6 || len(got.Unproven) != 2 {
		t.Errorf("%+v", got)
	}
}
