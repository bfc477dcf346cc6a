package revoke

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// Options say how to end credentials. Now must be set; the zero of the rest is fit for use.
type Options struct {
	// Client's transport sends the requests: proxies and certificates are set there.
	Client *http.Client
	// Endpoints name base URLs in place of a service's own: {"vault": "https://vault.example.com"}.
	Endpoints map[string]string
	AWS       AWSKeys

	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error // nil is a real pause
	Timeout time.Duration                              // for one request; 0 is 15 s
}

// Revoker ends credentials.
type Revoker struct {
	opt      Options
	ways     []way
	verifier *verify.Verifier
}

// New makes a Revoker, and sends nothing. It errs on an endpoint that isn't fit to be sent a credential, and on one for
// a service that doesn't exist or ends credentials at its own address alone.
func New(o Options) (*Revoker, error) {
	if o.Sleep == nil {
		o.Sleep = courier.Pause
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	r := &Revoker{opt: o, ways: ways()}
	asked := map[string][]string{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(o.Endpoints)) {
		i := slices.IndexFunc(r.ways, func(w way) bool { return w.service == name && !w.fixed })
		if i < 0 {
			faults = append(faults, fmt.Errorf("address of %q: no such service here; there are %s", name, strings.Join(r.services(), ", ")))
			continue
		}
		if _, err := courier.ParseEndpoint(o.Endpoints[name]); err != nil {
			faults = append(faults, fmt.Errorf("address of %s: %w", name, err))
		}
		if !r.ways[i].signed { // IAM isn't what is asked whether a key works
			asked[name] = []string{o.Endpoints[name]}
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	var err error
	r.verifier, err = verify.New(verify.Options{Client: o.Client, Endpoints: asked, Now: o.Now, Timeout: o.Timeout})
	return r, err
}

// services are those that end credentials at an address that can be named.
func (r *Revoker) services() []string {
	var names []string
	for i := range r.ways {
		if !r.ways[i].fixed {
			names = append(names, r.ways[i].service)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Plan is what ending a credential takes. It holds nothing of the value.
type Plan struct {
	Service    string
	Method     string
	URL        string // without the value, where the path has it
	Carries    string // what the request carries
	Ends       string // what it ends
	Reversible string // whether that can be undone
	Told       string // who hears of it
	Docs       string // the service's page
}

// Plan says what Revoke would do, and sends nothing. The error is a *NoWayError where nothing here ends such a
// credential.
func (r *Revoker) Plan(c verify.Candidate) (*Plan, error) {
	w, base, err := r.way(c)
	if err != nil {
		return nil, err
	}
	return &Plan{
		Service: w.service, Method: w.method, URL: base.JoinPath(w.shown()...).String(),
		Carries: w.carries, Ends: w.ends, Reversible: w.back, Told: w.told, Docs: w.docs,
	}, nil
}

// shown is the path with an ellipsis in the credential's place.
func (w *way) shown() []string {
	path := slices.Clone(w.path)
	for i := range path {
		if path[i] == placeholder {
			path[i] = "..."
		}
	}
	return path
}

// way is how a candidate is ended, and where.
func (r *Revoker) way(c verify.Candidate) (*way, *url.URL, error) {
	i := slices.IndexFunc(r.ways, func(w way) bool { return w.takes(c) })
	if i < 0 {
		return nil, nil, noWay(c)
	}
	w, base := &r.ways[i], r.ways[i].base
	if named := r.opt.Endpoints[w.service]; named != "" {
		if w.fixed {
			return nil, nil, &NoWayError{fmt.Sprintf("%s ends such a credential at %s alone: leave its address out, or let its owner end it", w.service, w.base)}
		}
		base = named
	}
	if base == "" {
		return nil, nil, fmt.Errorf("%s has no address of its own: name the server that issued the token", w.service)
	}
	u, err := courier.ParseEndpoint(base)
	return w, u, err
}

// own reports whether a way leads to the service's own address.
func (r *Revoker) own(w *way) bool { return w.base != "" && r.opt.Endpoints[w.service] == "" }

// secrets are what no message may show.
func (r *Revoker) secrets(c verify.Candidate) []redact.Secret {
	all := []redact.Secret{c.Value, c.Near.AccessKeyID, c.Near.SecretKey, c.Near.SessionToken, r.opt.AWS.Secret, r.opt.AWS.Token}
	return slices.DeleteFunc(all, func(s redact.Secret) bool { return s.Len() == 0 })
}
