package github

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/testservers"
)

const ages = "2027-11-01" // a last day that is far

// certifyStory is what people do between runs; each kind of change comes up.
func certifyStory() []func(d *desk) {
	const day = 24 * time.Hour
	web, ops := [3]string{"site", "web", "2026-11-25"}, [3]string{"backup", "ops", "2026-11-28"}
	return []func(d *desk){
		func(*desk) {},                         // both are opened
		func(d *desk) { d.at = d.at.Add(day) }, // and stand, though the days have moved
		func(d *desk) { d.push(web, ops, [3]string{"api", "web", ages}) },                                    // both are made anew on the new manifest
		func(d *desk) { d.Merge(shopID, d.number("ops"), "otto") },                                           // ops has decided, and web's base is another
		func(d *desk) { d.TouchPull(shopID, d.number("web"), func(p *testservers.Pull) { p.Open = false }) }, // web has declined
		func(d *desk) {
			d.push([3]string{"site", "web", ages}, [3]string{"backup", "ops", "2026-11-27"}, [3]string{"extra", "web", "2026-11-27"})
		},
		func(d *desk) {
			d.push([3]string{"site", "web", ages}, [3]string{"backup", "ops", ages}, [3]string{"extra", "web", "2026-11-27"})
		}, // by hand
	}
}

const storyEnds = `curfew/certify/ops to main: open false, merged false, Certify 1 entitlement of ops, mark over, asked [], 2 comments
curfew/certify/ops to main: open false, merged true, Certify 1 entitlement of ops, mark gone, asked [], 2 comments
curfew/certify/web has
version: 1
owners:
  web: { team: "@acme/web" }
  ops: { person: "@otto" }
identities:
  site: { owner: web, purpose: P, expires: "2027-11-01", runs-as: { workflow: .github/workflows/a.yml, job: a } }
  backup: { owner: ops, purpose: P, expires: "2027-11-01", runs-as: { workflow: .github/workflows/a.yml, job: a } }
  extra: { owner: web, purpose: P, expires: "2027-02-22", runs-as: { workflow: .github/workflows/a.yml, job: a } }
a file beside it

curfew/certify/web to main: open false, merged false, Certify 1 entitlement of web, mark gone, asked ["acme/web"], 0 comments
curfew/certify/web to main: open true, merged false, Certify 1 entitlement of web, mark in line, asked ["acme/web"], 0 comments
main has
version: 1
owners:
  web: { team: "@acme/web" }
  ops: { person: "@otto" }
identities:
  site: { owner: web, purpose: P, expires: "2027-11-01", runs-as: { workflow: .github/workflows/a.yml, job: a } }
  backup: { owner: ops, purpose: P, expires: "2027-11-01", runs-as: { workflow: .github/workflows/a.yml, job: a } }
  extra: { owner: web, purpose: P, expires: "2026-11-27", runs-as: { workflow: .github/workflows/a.yml, job: a } }
a file beside it
`

// play tells the story; it is killed once, at the request of that number. asked, if it is there, gets the methods of all.
func (d *desk) play(t *testing.T, kill int, after bool, faults *rand.Rand, asked *[]string) (took int) {
	t.Helper()
	for _, happens := range certifyStory() {
		happens(d)
		for tries := 0; ; tries++ {
			ctx, cancel := context.WithCancel(t.Context())
			k := &doom{n: took, at: kill, after: after, cancel: cancel, faults: faults, asked: asked}
			_, err := d.propose(ctx, t, d.certification(t, k))
			cancel()
			took = k.n
			if err == nil {
				break
			}
			if kill == 0 && faults == nil || tries > 20 {
				t.Fatal(err)
			}
			took, kill = took+1, 0
			d.at = d.at.Add(time.Second)
		}
	}
	return took
}

func storyDesk(t *testing.T) *desk {
	return newDesk(t, [3]string{"site", "web", "2026-11-25"}, [3]string{"backup", "ops", "2026-11-28"})
}

// TestCertifyStory: what comes of it.
func TestCertifyStory(t *testing.T) {
	d := storyDesk(t)
	for n, want := range []string{
		"ops opened #1, web opened #2",
		"ops unchanged #1, web unchanged #2",
		"ops updated #1, web updated #2",
		"ops removed #0, web updated #2",
		"web declined #2",
		"ops opened #3, web opened #4",
		"ops closed #3, web updated #4",
	} {
		certifyStory()[n](d)
		if got := d.run(t); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
		if got := d.run(t); strings.Contains(got, "updated") || strings.Contains(got, "opened") {
			t.Errorf("%d: once more: %s", n, got)
		}
	}
	if diff := cmp.Diff(storyEnds, d.tell()); diff != "" {
		t.Error(diff)
	}
}

// TestCertifyKilledAnywhere: a run that is killed at any of its requests, before or after it was carried out, and is run
// again, comes to the same: nothing twice, nothing lost. To be killed at one that only reads is to be killed after the
// last one that wrote, so that of those that follow each other one is enough.
func TestCertifyKilledAnywhere(t *testing.T) {
	d := storyDesk(t)
	var asked []string // methods
	all := d.play(t, 0, false, nil, &asked)
	want := d.tell()
	for kill := 1; kill <= all; kill++ {
		reads := asked[kill-1] == http.MethodGet
		if reads && kill > 1 && asked[kill-2] == http.MethodGet {
			continue
		}
		for _, after := range []bool{false, true} {
			if reads && after {
				continue
			}
			d := storyDesk(t)
			d.play(t, kill, after, nil, nil)
			if diff := cmp.Diff(want, d.tell()); diff != "" {
				t.Errorf("killed at request %d of %d, done %t:\n%s", kill, all, after, diff)
			}
		}
	}
}

// TestCertifyFaults: a server and a network that fail now and then lead to the same.
func TestCertifyFaults(t *testing.T) {
	d := storyDesk(t)
	d.play(t, 0, false, nil, nil)
	want := d.tell()
	for seed := range uint64(10) {
		d := storyDesk(t)
		d.play(t, 0, false, rand.New(rand.NewPCG(seed, 3)), nil)
		if diff := cmp.Diff(want, d.tell()); diff != "" {
			t.Errorf("seed %d:\n%s", seed, diff)
		}
	}
}
