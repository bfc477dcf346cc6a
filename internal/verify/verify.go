package verify

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
)

// Options say how to ask. Their zero is fit for use.
type Options struct {
	// Client sends the requests: its transport is where proxies and certificates are set. Its cookies,
	// redirects and timeout aren't used. nil is a client of its own without a proxy.
	Client *http.Client

	// Endpoints name base URLs in place of a provider's own, in the order in which they are asked:
	// {"github": {"https://ghe.example.com/api/v3"}}. Only https, or http to this machine.
	Endpoints map[string][]string

	// Recipes tell how to ask services that are not built in; of two for one detector the last counts.
	Recipes []Recipe

	Now      func() time.Time // nil is time.Now
	Interval time.Duration    // least time between two requests to one host; 0 is 250 ms
	Timeout  time.Duration    // for one request; 0 is 10 s
	Budget   time.Duration    // for all of one call of Verify; 0 is 2 min
}

// Verifier asks services. It may be used by several goroutines.
type Verifier struct {
	providers []*provider
	endpoints map[string][]*url.URL // by provider's name
	named     map[string]bool       // providers whose endpoints the user named
	wire      wire
	now       func() time.Time
	budget    time.Duration
}

// New makes a Verifier. It errs on an endpoint that isn't fit to be sent a credential, on one for a
// provider that doesn't exist, and on a recipe for what is built in.
func New(o Options) (*Verifier, error) {
	v := &Verifier{
		providers: providers(),
		endpoints: map[string][]*url.URL{},
		named:     map[string]bool{},
		now:       o.Now,
		budget:    orElse(o.Budget, 2*time.Minute),
	}
	if v.now == nil {
		v.now = time.Now
	}
	v.wire = newWire(o.Client, orElse(o.Timeout, 10*time.Second), orElse(o.Interval, 250*time.Millisecond))
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(o.Endpoints)) {
		faults = append(faults, v.override(name, o.Endpoints[name]))
	}
	for _, p := range v.providers {
		if !v.named[p.name] {
			faults = append(faults, v.setEndpoints(p.name, p.defaults))
		}
	}
	faults = append(faults, v.addRecipes(o.Recipes))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return v, nil
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// override takes the endpoints that the user named for a provider.
func (v *Verifier) override(name string, bases []string) error {
	var names []string
	for _, p := range v.providers {
		if p.local {
			continue
		}
		if p.name == name {
			v.named[name] = true
			return v.setEndpoints(name, bases)
		}
		names = append(names, p.name)
	}
	return fmt.Errorf("endpoint for %q: no such provider; there are %s", name, strings.Join(names, ", "))
}

func (v *Verifier) setEndpoints(name string, bases []string) error {
	for _, base := range bases {
		u, err := courier.ParseEndpoint(base)
		if err != nil {
			return fmt.Errorf("endpoint for %s: %w", name, err)
		}
		v.endpoints[name] = append(v.endpoints[name], u)
	}
	return nil
}

// addRecipes makes a provider of each recipe.
func (v *Verifier) addRecipes(recipes []Recipe) error {
	built := slices.Clone(v.providers)
	for _, r := range recipes {
		if p := find(built, r.Detector); p != nil {
			return fmt.Errorf("%s: %s is asked of %s itself; a recipe can't take its place", r.at, r.Detector, p.name)
		}
		v.providers = slices.DeleteFunc(v.providers, func(p *provider) bool { return p.name == r.Detector })
		v.providers = append(v.providers, r.provider())
		v.endpoints[r.Detector] = []*url.URL{r.url}
	}
	return nil
}

// Verify asks about each candidate and returns a Result for each, in the same order. Candidates of one
// service are asked about one after the other, a credential that occurs twice only once. It never fails as
// a whole: what could not be asked, because ctx was cancelled or time ran out, is Unknown and says so.
func (v *Verifier) Verify(ctx context.Context, candidates []Candidate) []Result {
	ctx, cancel := context.WithTimeoutCause(ctx, v.budget, budgetError{v.budget})
	defer cancel()
	results := make([]Result, len(candidates))
	groups := map[string][]int{} // by the first host that is asked, so that what one answer changes is the same in every run
	for i, c := range candidates {
		results[i] = Result{Index: c.Index, Status: Unknown, Reason: "no service is known that could be asked about " + c.Detector}
		if p := find(v.providers, c.Detector); p != nil {
			group := p.name
			if bases := v.endpoints[p.name]; len(bases) > 0 {
				group = bases[0].Host
			}
			groups[group] = append(groups[group], i)
		}
	}
	lines := newLines(&v.wire)
	var wg sync.WaitGroup
	for _, members := range groups {
		wg.Go(func() {
			known := map[[sha256.Size]byte]asked{}
			for _, i := range members {
				c := candidates[i]
				p := find(v.providers, c.Detector)
				key := sameness(p, c)
				a, ok := known[key]
				if !ok {
					a = v.one(ctx, p, c, lines)
					known[key] = a
				}
				results[i] = a.about(c)
			}
		})
	}
	wg.Wait()
	return results
}

// asked is a verdict and the hosts that were asked for it.
type asked struct {
	verdict
	hosts string
}

// about is what follows from a for c. Its texts are masked.
func (a asked) about(c Candidate) Result {
	v := a.verdict
	if v.stranger && c.Detector == awsSecretKey {
		v = unknown("AWS doesn't know the key id near it, which may be another key's")
	}
	r := clean(v, c.secrets(), a.hosts)
	r.Index, r.Stranger = c.Index, v.stranger
	return r
}

// budgetError is why the questions ended where they took too long.
type budgetError struct{ budget time.Duration }

func (e budgetError) Error() string {
	return fmt.Sprintf("the %s for all questions were over", e.budget)
}

// sameness is equal for candidates that would make the same question: an AWS key id with its secret key,
// and that secret key with its id.
func sameness(p *provider, c Candidate) [sha256.Size]byte {
	var values []string
	for _, s := range c.secrets() {
		values = append(values, string(s.Reveal()))
	}
	slices.Sort(values)
	values = append(values, c.Near.ClientEmail, c.Near.KeyID, p.name)
	return sha256.Sum256(fmt.Appendf(nil, "%q", values))
}

// one asks the endpoints of p about c, in turn, until one knows it. Where none does, it is dead only if
// every one said so.
func (v *Verifier) one(ctx context.Context, p *provider, c Candidate, lines *lines) asked {
	endpoints := v.endpoints[p.name]
	if p.local {
		endpoints = []*url.URL{nil}
	}
	if len(endpoints) == 0 {
		return asked{verdict: unknown(p.name + " has no address of its own: name the server")}
	}
	var hosts []string
	var got verdict
	for i, base := range endpoints {
		l := lines.to(base, c.secrets())
		next := p.ask(ctx, &question{Candidate: c, base: base, now: v.now(), line: l})
		if l != nil && l.sent && !slices.Contains(hosts, base.Host) {
			hosts = append(hosts, base.Host)
		}
		if next.Status == Dead && next.stranger && p.many && !v.named[p.name] {
			next = unknown(base.Host + " doesn't know it; if another server issued it, name that")
		}
		if i == 0 || next.settles() || next.Status == Unknown && got.Status == Dead {
			got = next
		}
		if next.settles() {
			break
		}
	}
	return asked{got, strings.Join(hosts, ", ")}
}
