package github

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// PublicAPI is github.com's REST API.
const PublicAPI = "https://api.github.com"

// answerTimeout is how long GitHub may take to begin an answer.
const answerTimeout = time.Minute

// Config says which GitHub to speak to, and how.
type Config struct {
	// API is the REST API's root as GITHUB_API_URL holds it, for example https://ghe.example.com/api/v3;
	// "" means PublicAPI. Plain http is taken for this machine only.
	API string
	// Token is sent as a bearer token.
	Token redact.Secret
	// Metadata is sent in place of Token where settings are asked for, which a job's token may never read: an App's
	// token or a personal one. Without it Token has to do.
	Metadata redact.Secret
	// Agent names the caller in the User-Agent header, for example "curfew/1.2.0".
	Agent string
	// Cache keeps what was answered, so that asking again is free where nothing has changed; nil means a new one.
	Cache *Cache
	// Patience is how long the body of an answer may take; 0 means a minute.
	Patience time.Duration
	// Wire sends the requests; nil means the network, by the proxy that the environment names.
	Wire http.RoundTripper
	// Now is the clock against which a rate limit's reset is measured; nil means the real one.
	Now func() time.Time
	// Sleep waits for d or until ctx ends, whose error it then returns; nil means the real clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Client makes requests to one GitHub. It may be used by several goroutines.
type Client struct {
	rest     *gogithub.Client
	metadata speaker
	cache    *Cache
	meter    *meter
	token    redact.Secret
	now      func() time.Time
	sleep    func(ctx context.Context, d time.Duration) error
}

// speaker makes requests by one token.
type speaker struct {
	rest  *gogithub.Client
	token redact.Secret
}

// New returns a client, or an error where cfg names no usable API or has no token.
func New(cfg Config) (*Client, error) {
	base, err := parseAPI(cfg.API)
	if err != nil {
		return nil, err
	}
	if cfg.Token.Len() == 0 {
		return nil, fmt.Errorf("no token for %s: set GITHUB_TOKEN", base.Host)
	}
	if cfg.Sleep == nil {
		cfg.Sleep = courier.Pause
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Patience == 0 {
		cfg.Patience = answerTimeout
	}
	if cfg.Cache == nil {
		cfg.Cache = NewCache()
	}
	c := &Client{cache: cfg.Cache, meter: &meter{}, token: cfg.Token, now: cfg.Now, sleep: cfg.Sleep}
	c.rest = c.speak(cfg, base, cfg.Token)
	c.metadata = speaker{c.rest, cfg.Token}
	if cfg.Metadata.Len() > 0 {
		c.metadata = speaker{c.speak(cfg, base, cfg.Metadata), cfg.Metadata}
	}
	return c, nil
}

// speak prepares requests by a token.
func (c *Client) speak(cfg Config, base *url.URL, token redact.Secret) *gogithub.Client {
	wire := cfg.Wire
	if wire == nil {
		wire = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			ForceAttemptHTTP2:     true,
			TLSHandshakeTimeout:   answerTimeout,
			ResponseHeaderTimeout: answerTimeout,
		}
	}
	auth := &authTransport{next: wire, base: base, token: token, meter: c.meter}
	retry := &retryTransport{next: auth, now: cfg.Now, sleep: cfg.Sleep}
	rest := gogithub.NewClient(&http.Client{Transport: &boundTransport{next: retry, patience: cfg.Patience}, CheckRedirect: redirected})
	rest.BaseURL, rest.UserAgent = base, cfg.Agent
	return rest
}

// meter counts requests.
type meter struct{ sent, counted atomic.Int64 }

// Cost is how many requests were sent so far, those again included, and how many of them counted against the rate
// limit: an answer that nothing has changed doesn't.
func (c *Client) Cost() (sent, counted int) {
	return int(c.meter.sent.Load()), int(c.meter.counted.Load())
}

// parseAPI checks an API's root and ends it with a slash, as go-github wants it.
func parseAPI(api string) (*url.URL, error) {
	if api == "" {
		api = PublicAPI
	}
	base, err := url.Parse(api)
	if err != nil {
		return nil, fmt.Errorf("read the API's address: %w", err)
	}
	local := base.Hostname() == "localhost" || net.ParseIP(base.Hostname()).IsLoopback()
	if base.Host == "" || base.User != nil || base.Scheme != "https" && (base.Scheme != "http" || !local) {
		return nil, fmt.Errorf("the API's address %q is no https URL of a host: expected for example %s", base.Redacted(), PublicAPI)
	}
	base.Path = strings.TrimSuffix(base.Path, "/") + "/"
	return base, nil
}

// authTransport adds the token to requests for the API's own scheme and host. A redirect to anywhere
// else is refused: go-github's WithAuthToken would hand the token to whatever host it names.
type authTransport struct {
	next  http.RoundTripper
	base  *url.URL
	token redact.Secret
	meter *meter
}

// RoundTrip makes one request.
func (t *authTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != t.base.Scheme || req.URL.Host != t.base.Host {
		return nil, fmt.Errorf("%s redirects to another host, %s: not followed", t.base.Host, req.URL.Host)
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+string(t.token.Reveal()))
	t.meter.sent.Add(1)
	resp, err := t.next.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusNotModified {
		t.meter.counted.Add(1)
	}
	return resp, err
}
