package lease

import (
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

func TestAWSName(t *testing.T) {
	for _, tt := range []struct {
		s    Session
		want string
	}{
		{Session{"12055500123", "1", "01JD9Z6Q4T8K"}, "curfew-12055500123-1-01JD9Z6Q"},
		{Session{"a b/ü:c", "2", "x"}, "curfew-a-b---c-2-x"},
		{Session{}, "curfew---"},
		{
			Session{"123456789012345678901234567890123456789012345678901234567890", "123456789", "123456789"},
			"curfew-123456789012345678901234567890123456789-12345678-12345678",
		},
	} {
		got := tt.s.awsName()
		if got != tt.want || len(got) > awsSessionLength {
			t.Errorf("%+v: %s (%d), want %s", tt.s, got, len(got), tt.want)
		}
	}
}

func TestAWSEndpoint(t *testing.T) {
	for role, want := range map[string]string{
		"arn:aws:iam::1:role/a":        "https://sts.eu-west-1.amazonaws.com",
		"arn:aws-us-gov:iam::1:role/a": "https://sts.eu-west-1.amazonaws.com",
		"arn:aws-cn:iam::1:role/a":     "https://sts.eu-west-1.amazonaws.com.cn",
		"arn:aws-eusc:iam::1:role/a":   "https://sts.eu-west-1.amazonaws.eu",
	} {
		if got, err := AWSEndpoint("sts", role, "eu-west-1"); err != nil || got != want {
			t.Errorf("%s: %s and %v, want %s", role, got, err, want)
		}
	}
}

func TestAudience(t *testing.T) {
	for want, g := range map[string]*manifest.Grant{
		"sts.amazonaws.com":          {AWS: &manifest.AWS{Audience: "sts.amazonaws.com"}},
		"https://vault.acme.example": {Vault: &manifest.Vault{Address: "https://vault.acme.example"}},
		"vault":                      {Vault: &manifest.Vault{Address: "https://vault.acme.example", Audience: "vault"}},
		"https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github": {
			GCP: &manifest.GCP{Provider: "projects/1/locations/global/workloadIdentityPools/ci/providers/github"},
		},
		"google":                     {GCP: &manifest.GCP{Provider: "projects/1", Audience: "google"}},
		"api://AzureADTokenExchange": {Azure: &manifest.Azure{}},
		"entra":                      {Azure: &manifest.Azure{Audience: "entra"}},
		"octo-sts.dev":               {GitHub: &manifest.GitHub{Exchange: "https://octo-sts.dev"}},
		"crates.io":                  {Crates: &manifest.Registry{}},
		"staging.crates.io":          {Crates: &manifest.Registry{HandOver: manifest.HandOver{Endpoint: "https://staging.crates.io"}}},
		"npm:registry.npmjs.org":     {NPM: &manifest.Registry{}},
		"npm:registry.acme.example":  {NPM: &manifest.Registry{HandOver: manifest.HandOver{Endpoint: "https://registry.acme.example:8443/npm"}}},
		"pypi":                       {PyPI: &manifest.Registry{}},
		"testpypi":                   {PyPI: &manifest.Registry{HandOver: manifest.HandOver{Endpoint: "https://test.pypi.org"}}},
		"index":                      {PyPI: &manifest.Registry{Audience: "index", HandOver: manifest.HandOver{Endpoint: "https://index.acme.example"}}},
		"https://as.acme.example":    {OAuth: &manifest.OAuth{TokenURL: "https://as.acme.example/token", Audience: "https://as.acme.example"}},
		"":                           {},
	} {
		if got := Audience(g); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestAudienceUnknown: no index but PyPI's own is sent a token that could publish to PyPI.
func TestAudienceUnknown(t *testing.T) {
	for _, endpoint := range []string{"https://index.acme.example", "https://pypi.org.acme.example", "https://pypi.org@acme.example", "http://pypi.org", "https://acme.example/pypi.org"} {
		g := &manifest.Grant{PyPI: &manifest.Registry{HandOver: manifest.HandOver{Endpoint: endpoint}}}
		if got := Audience(g); got != "" {
			t.Errorf("%s: %q", endpoint, got)
		}
	}
}

func TestLeast(t *testing.T) {
	for provider, want := range map[string]time.Duration{"npm": time.Hour, "pypi": 15 * time.Minute, "crates": 0, "github": 0, "oauth": 0, "": 0} {
		if got := Least(provider); got != want {
			t.Errorf("%s: %s, want %s", provider, got, want)
		}
	}
}

func TestFor(t *testing.T) {
	if _, err := For("aws", Options{}); err == nil || err.Error() != "lease: no clock was given" {
		t.Error(err)
	}
}
