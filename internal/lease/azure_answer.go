package lease

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// azureAssertionEnd is when the ID token ends that is handed over as an assertion; the zero Time where it isn't.
func (r Request) azureAssertionEnd() (time.Time, error) {
	if As(r.Grant) != manifest.AsFile {
		return time.Time{}, nil
	}
	said, _ := r.Claims.Text("exp")
	at, err := strconv.ParseInt(said, 10, 64)
	if err != nil || at <= 0 || at > 1<<40 {
		return time.Time{}, errors.New("the ID token doesn't say when it ends, so that nothing says until when tools could log in by it: use the ID token as the platform issues it")
	}
	return time.Unix(at, 0), nil
}

// azureCredential reads the answer to a login; until is the end of the assertion where that is handed over. Where it errs and
// yet returns a credential, that is one that must not be used.
func (l *line) azureCredential(a answer, r Request, until time.Time) (*Credential, redact.Secret, error) {
	root, err := readJSON(a)
	if err != nil {
		return nil, redact.Secret{}, err
	}
	token, err := accessToken("access token", root)
	if err != nil {
		return nil, redact.Secret{}, err
	}
	l.hide(token)
	c := &Credential{Provider: "azure", Issued: l.now(), Revocable: Never}
	if c.Handle, err = azureHandle(token); err != nil {
		return nil, redact.Secret{}, err
	}
	lives, ok := seconds(root, "expires_in")
	c.NotAfter = c.Issued.Add(lives)
	if !ok || lives <= 0 {
		return c, token, errors.New("the answer doesn't say when the access token ends")
	}
	if !until.IsZero() {
		if !until.After(c.Issued) {
			return c, token, fmt.Errorf("the ID token ended at %s: is this machine's clock right?", until.UTC().Format(time.RFC3339))
		}
		c.Stale, c.NotAfter, c.files = until, until.Add(lives), azureFiles
	}
	if err := r.term(c.Issued, c.NotAfter); err != nil {
		return c, token, fmt.Errorf("%w: Entra says how long its tokens live, 60 to 90 minutes unless a token lifetime policy says otherwise, and %s now. %s",
			err, lives, azureShorten(lives))
	}
	return c, token, nil
}

// azureShorten says what makes tokens that live for so long fit into a lease. Those of managed identities live for a day
// (https://github.com/Azure/login#readme), and no policy is for them
// (https://learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes).
func azureShorten(lives time.Duration) string {
	if lives > 2*time.Hour {
		return "A managed identity's live for a day, which no policy shortens: name an application as client in its place, or have the application's policy say less"
	}
	return "Give the grant a ttl of 2h, and the job as much time, or set such a policy"
}

// azureHandle is the token's unique identifier, which the sign-in logs and, among the claims, those of Azure's activity know
// it by: https://learn.microsoft.com/entra/identity/monitoring-health/concept-sign-in-log-activity-details. Access tokens are
// for their resource to read, which may change them: where this one has none, it is the fingerprint of the whole.
func azureHandle(token redact.Secret) (string, error) {
	parts := strings.Split(string(token.Reveal()), ".")
	if len(parts) == 3 {
		if claims, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			if doc, err := jsontree.Parse("its claims", claims, jsontree.Limits{Bytes: maxValue, Depth: 8, Nodes: 2000}); err == nil {
				id := text(doc.Root, "uti")
				if _, err := fit("uti", id); err == nil && len(id) <= 64 {
					return id, nil
				}
			}
		}
	}
	return named("azure", token)
}

// azureSaid is a refusal in Entra's words, of which the first line says why.
func azureSaid(a answer) string {
	root, err := readJSON(a)
	if err != nil {
		return ""
	}
	said, _, _ := strings.Cut(text(root, "error_description"), "\r\n")
	if said == "" {
		return text(root, "error")
	}
	return text(root, "error") + ": " + said
}

// azureLater is the refusal that Entra's reference calls temporary, whatever its status:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
func azureLater(a answer) bool {
	root, err := readJSON(a)
	return err == nil && text(root, "error") == "temporarily_unavailable"
}

// azureCodes are the numbers of a refusal, which its text begins with as well.
func azureCodes(a answer) []string {
	root, err := readJSON(a)
	if err != nil {
		return nil
	}
	var out []string
	if codes := member(root, "error_codes"); codes != nil {
		for _, c := range codes.Items {
			out = append(out, c.Text)
		}
	}
	code, _, _ := strings.Cut(text(root, "error_description"), ":")
	return append(out, strings.TrimPrefix(code, "AADSTS"))
}

// azureTry says what to change for a refusal. Microsoft may change the codes at any time, so that nothing but advice goes by
// them.
func azureTry(a answer, g *manifest.Azure) string {
	codes := azureCodes(a)
	is := func(these ...string) bool {
		return slices.ContainsFunc(these, func(code string) bool { return slices.Contains(codes, code) })
	}
	switch {
	case is("70021", "700211", "700212", "700213", "7002138"):
		return fmt.Sprintf("give the application %s a federated credential whose issuer, subject and audience are the token's iss, sub and aud to the letter, as Entra tells upper case from lower: az ad app federated-credential list --id %s", g.Client, g.Client)
	case is("700024", "50013", "500133"):
		return "exchange the ID token as soon as it is fetched: it lives for minutes; see that the machine's clock is right"
	case is("700016"):
		return fmt.Sprintf("see that %s is an application, or a managed identity, of the tenant %s", g.Client, g.Tenant)
	case is("90002", "90038"):
		return fmt.Sprintf("see that %s is the tenant's id, and in which cloud it is: another than the public one needs its authority as the grant's endpoint", g.Tenant)
	case is("7000112"):
		return fmt.Sprintf("have the application %s enabled in the tenant %s", g.Client, g.Tenant)
	case is("53003", "530031", "530032"):
		return "have the Conditional Access policy for workload identities let the runner in, or run the job where it does"
	case is("700027", "50027"):
		return "see that the federated credential's issuer serves its keys, and use the ID token as the platform issues it"
	case is("500011", "70011"):
		return "name the authority of the tenant's own cloud as the grant's endpoint: Resource Manager isn't known in this one"
	}
	return fmt.Sprintf("see that %s is Entra's, or of another of Azure's clouds, and what it says of the request", a.host)
}
