package form

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Form is what a piece of text must look like.
type Form struct {
	// Want completes "expected …": "an https URL".
	Want string
	// Example of a value.
	Example string
	// Pattern that every value matches, anchored, in the syntax that RE2 and ECMA-262 share. Where more
	// is asked than a pattern can say, why says it.
	Pattern string
	// Known are the values that are known today, where the platforms say them; others may come.
	Known []string

	why     func(string) string // "" or what is wrong; called only where the pattern matches
	matches func(string) bool   // Pattern, compiled when it is first asked
}

// Check is nil where s has the form. The error says what is wrong with it where more can be said than
// what was expected; its text may be empty.
func (f *Form) Check(s string) error {
	if !f.matches(s) {
		return Error("")
	}
	if f.why != nil {
		if why := f.why(s); why != "" {
			return Error(why)
		}
	}
	return nil
}

// Error is why a text doesn't have its form; "" where the form says it all.
type Error string

// Error is the reason.
func (e Error) Error() string { return string(e) }

func form(want, example, pattern string, why func(string) string) *Form {
	compiled := sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	return &Form{
		Want: want, Example: example, Pattern: pattern, why: why,
		matches: func(s string) bool { return compiled().MatchString(s) },
	}
}

func (f *Form) knowing(names []string) *Form {
	f.Known = names
	return f
}

// Named is the form of that name. A name that nobody knows is a mistake in the program: it panics.
func Named(name string) *Form {
	f, ok := forms[name]
	if !ok {
		panic(fmt.Sprintf("form: no form is named %q", name))
	}
	return f
}

// forms is never written to. It is made once, since patterns are costly to compile.
var forms = map[string]*Form{ //nolint:gochecknoglobals // a constant, if Go had such maps
	// Free text. The names differ so that messages can say what belongs there.
	"text":         form("some text", "text", `\S`, nil),
	"purpose":      form("what the identity is for, in words", "Publish the package", `\S`, nil),
	"reason":       form("why no short-lived credential will do", "The partner's server has no OIDC", `\S`, nil),
	"company":      form("a company's name", "Initech", `\S`, nil),
	"job":          form("a job's id", "deploy", `\S`, nil),
	"value":        form("the value that the token has", "production", `\S`, nil),
	"audience":     form("the audience of an ID token", "sts.amazonaws.com", `\S`, nil),
	"status":       form("a status", "Approved", `\S`, nil),
	"project":      form("a project", "PAY", `\S`, nil),
	"client":       form("a client's id", "ci-deploy", `^[\x21-\x7e]+$`, nil),
	"package":      form("a package's name", "shop", `\S`, nil),
	"role":         form("a role's name", "deploy", `\S`, nil),
	"trust-policy": form("a trust policy's name", "release", `\S`, nil),
	"namespace":    form("a namespace", "production", `\S`, nil),
	"secret-name":  form("a secret's name in its store", "LEGACY_FTP_TOKEN", `\S`, nil),
	"group":        form("an assignment group", "Payments", `\S`, nil),
	"bypass":       form("who may bypass the guard, as an inventory names them", "@acme/release", `\S`, nil),

	// Names inside of a manifest. Identity and grant are joined by "/", so no name may hold one.
	"glob": form("a pattern with a \"*\" in it", "refs/tags/v*", `\*`, nil),
	"id": form("a name of letters, digits, \".\", \"_\" and \"-\", at most 64 of them", "deploy",
		`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, nil),
	"owner":    form("the id of an owner", "payments", `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, nil),
	"conflict": form("the name of a grant", "release, migrate", `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, nil),
	"grant": form("IDENTITY/GRANT", "deploy/prod",
		`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`, nil),

	// GitHub's names. A login may hold "_" where an enterprise manages it.
	"person": form("a user, \"@name\"", `"@maria"`, `^@[A-Za-z0-9][A-Za-z0-9_-]*$`, nil),
	"team": form("a team, \"@organization/team\"", `"@acme/payments"`,
		`^@[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$`, nil),
	"handle": form("a user or a team, \"@name\" or \"@organization/team\"", `"@acme/payments"`,
		`^@[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?$`, nil),
	"login": form("an organisation's name", "acme", `^[A-Za-z0-9][A-Za-z0-9_-]*$`, nil),
	"repository": form("OWNER/NAME", "acme/payments-api",
		`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+$`, nil),
	"environment": form("an environment's name, at most 255 characters in one line", "production",
		`^[^\x00-\x1f\x7f]{1,255}$`, nil),
	"scope":      form("a GITHUB_TOKEN permission's name", "contents", `^[a-z]+(-[a-z]+)*$`, nil).knowing(scopes()),
	"permission": form("an App permission's name", "contents", `^[a-z]+([_-][a-z]+)*$`, nil),
	"claim":      form("the name of an OIDC claim", "repository_id", `^[A-Za-z_][A-Za-z0-9_$#-]*$`, nil).knowing(claims()),
	"number":     form("an id of digits, in quotes", `"987654"`, `^(0|[1-9][0-9]{0,19})$`, nil),
	"workflow-ref": form("OWNER/REPO/.github/workflows/FILE@REF",
		"acme/shop/.github/workflows/deploy.yml@refs/heads/main",
		`^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+/\.github/workflows/[^/@]+\.ya?ml@[^\s@]+$`, nil),
	"guard-ref": form("default-branch or refs/heads/NAME", "default-branch",
		`^(default-branch|refs/heads/[^\s]+)$`, nil),
	"secret": form("a secret's name: letters, digits and \"_\"", "LEGACY_FTP_TOKEN",
		`^[A-Za-z_][A-Za-z0-9_]*$`, nil),
	"variable": form("an environment variable's name", "VAULT_TOKEN", `^[A-Za-z_][A-Za-z0-9_]*$`, notReserved),

	"path": form("a path from the repository's root", "policies/deploy.json", `^[^/\\][^\\]*$`, cleanPath),
	"workflow": form("a workflow's path from the repository's root", ".github/workflows/deploy.yml",
		`^[^/\\][^\\]*\.ya?ml$`, cleanPath),
	"url": form("an https URL", "https://vault.acme.example", `^https?://[^\s]+$`, trustedURL),

	// Providers' names.
	// A server of one's own may have no accounts: MinIO has arn:minio:iam:::role/…, Ceph arn:aws:iam:::role/….
	"sts-role": form("the ARN of a role", "arn:aws:iam::123456789012:role/deploy",
		`^arn:[a-z-]+:iam::([0-9]{12})?:role/[A-Za-z0-9_+=,.@/-]+$`, nil),
	"region": form("a region", "eu-west-1", `^[a-z0-9]+(-[a-z0-9]+)*$`, nil),
	"s3": form("s3://BUCKET or s3://BUCKET/PREFIX", "s3://acme-curfew/ledger",
		`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/\s]+)*$`, nil),
	"gcp-provider": form("the resource name of a workload identity pool provider",
		"projects/123456789012/locations/global/workloadIdentityPools/ci/providers/github",
		`^projects/[0-9]+/locations/[a-z0-9-]+/workloadIdentityPools/[a-z0-9-]+/providers/[a-z0-9-]+$`, nil),
	"email": form("a service account's email", "deploy@acme-prod.iam.gserviceaccount.com",
		`^[^@\s]+@[^@\s]+$`, nil),
	"uuid": form("a UUID", "6f9d1c1e-2b1f-4c0e-9a52-3f1f6f0f2d11",
		`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`, nil),
	"mount": form("a path without a slash at either end", "jwt", `^[^/\s]+(/[^/\s]+)*$`, nil),

	"account":      form("an account's id, as the ticket system's API gives it", "712020:9c1f", `^[A-Za-z0-9:_.-]+$`, nil),
	"jira-project": form("a Jira project's key", "PAY", `^[A-Z][A-Z0-9_]+$`, nil),
	"rule": form("the path of a Rego rule under data.curfew", "data.curfew.deploy.allow",
		`^data\.curfew(\.[A-Za-z_][A-Za-z0-9_]*)+$`, nil),
	"cron": form("a cron schedule of five fields", `"0 3 * * 1"`, `^\s*\S+(\s+\S+){4}\s*$`, cron),
}

// notReserved refuses names that the runner won't take or that change how the child runs.
func notReserved(name string) string {
	upper := strings.ToUpper(name)
	for _, prefix := range []string{"GITHUB_", "RUNNER_", "ACTIONS_", "LD_", "DYLD_"} {
		if strings.HasPrefix(upper, prefix) && upper != "GITHUB_TOKEN" {
			return prefix + "* belongs to the runner or the system"
		}
	}
	switch upper {
	case "PATH", "HOME", "SHELL", "ENV", "BASH_ENV", "IFS", "NODE_OPTIONS", "PYTHONPATH", "CI":
		return "it changes how programs run"
	}
	return ""
}
