package verify

import (
	"context"
	"net/url"
	"slices"
	"time"
)

// provider knows how to ask one service.
type provider struct {
	name      string   // the family, and the key in Options.Endpoints
	detectors []string // the rules whose finds it takes
	defaults  []string // base URLs to ask, in turn, until one takes the credential; none: the user must name one

	// many is set where anybody can run such a service and its tokens look alike everywhere: that a default
	// endpoint doesn't know a token then says nothing.
	many bool

	// local is set where the value itself says all that can be known, and nothing is sent.
	local bool

	ask func(ctx context.Context, q *question) verdict
}

// question is one candidate put to one endpoint.
type question struct {
	Candidate
	base *url.URL // of the endpoint; nil for a local provider
	now  time.Time
	line *line // sends requests
}

// url is the endpoint with path joined to it.
func (q *question) url(path ...string) string { return q.base.JoinPath(path...).String() }

// verdict is one endpoint's answer.
type verdict struct {
	Status  Status
	Subject string
	Scopes  []string
	Expires time.Time
	Reason  string

	// stranger is set on a dead verdict where the service doesn't know the credential at all, rather than
	// that it was revoked or is over.
	stranger bool

	// known is set on an unknown verdict where the service knows the credential, though not whether it works.
	known bool
}

// settles reports whether asking another endpoint could teach nothing more.
func (v verdict) settles() bool {
	return v.Status == Live || v.Status == Dead && !v.stranger || v.known
}

func dead(reason string) verdict     { return verdict{Status: Dead, Reason: reason} }
func stranger(reason string) verdict { return verdict{Status: Dead, Reason: reason, stranger: true} }
func unknown(reason string) verdict  { return verdict{Status: Unknown, Reason: reason} }

// providers are the services that are asked by code; recipes add to them.
func providers() []*provider {
	return []*provider{
		{
			name: "github", defaults: []string{"https://api.github.com"}, ask: askGitHub,
			detectors: []string{
				"github-app-token", "github-app-token-stateless", "github-fine-grained-pat", "github-oauth", "github-pat",
			},
		},
		{
			name: "gitlab", defaults: []string{"https://gitlab.com"}, many: true, ask: askGitLab,
			detectors: []string{"gitlab-pat", "gitlab-pat-routable"},
		},
		{
			// AWS' partitions know nothing of each other's keys, and a key doesn't say which is its own:
			// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html.
			name: "aws", ask: askAWS,
			defaults: []string{
				"https://sts.us-east-1.amazonaws.com", "https://sts.us-gov-west-1.amazonaws.com", "https://sts.cn-north-1.amazonaws.com.cn",
				"https://sts.eusc-de-east-1.amazonaws.eu",
			},
			detectors: []string{"aws-access-token", awsSecretKey},
		},
		{
			name: "gcp", defaults: []string{"https://oauth2.googleapis.com"}, ask: askGCP,
			detectors: []string{"gcp-service-account-key", "google-oauth-access-token"},
		},
		{
			name: "vault", ask: askVault,
			detectors: []string{"openbao-batch-token", "vault-batch-token", "vault-root-token", "vault-service-token"},
		},
		{name: "npm", defaults: []string{"https://registry.npmjs.org"}, ask: askNPM, detectors: []string{"npm-access-token"}},
		{name: "pypi", local: true, ask: readPyPI, detectors: []string{"pypi-upload-token", "testpypi-upload-token"}},
		{
			name: "slack", defaults: []string{"https://slack.com"}, ask: askSlack,
			detectors: []string{
				"slack-bot-token", "slack-legacy-bot-token", "slack-legacy-token", "slack-legacy-workspace-token", "slack-user-token",
			},
		},
	}
}

// find is the provider that takes a detector's finds, or nil.
func find(all []*provider, detector string) *provider {
	i := slices.IndexFunc(all, func(p *provider) bool { return slices.Contains(p.detectors, detector) })
	if i < 0 {
		return nil
	}
	return all[i]
}
