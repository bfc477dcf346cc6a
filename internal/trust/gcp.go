package trust

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/identity"
)

// gcp is what a grant of Google Cloud's needs: a provider of a workload identity pool, for the grant alone, and who may
// impersonate the service account
// (https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers).
type gcp struct {
	demanded map[string][]string

	project, pool, provider string // of the provider's resource name
	account, accountProject string // accountProject is "-" where the email doesn't tell it
	issuer, audience        string
	condition               string
	subject, value          string // in CEL: what Google's logs show, and what the binding goes by
	members                 []string
	until                   string // RFC 3339
	lastDay                 string
}

// Google's limits: the condition, by characters
// (https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers#WorkloadIdentityPoolProvider).
const gcpCondition = 4096

// gcpHour is how long an access token lives at most unless the organisation lets it live for 12 hours, in seconds
// (https://cloud.google.com/iam/docs/create-short-lived-credentials-direct).
const gcpHour = 3600

// gcpRole is what lets a token of a pool act as a service account.
const gcpRole = "roles/iam.workloadIdentityUser"

// gcp renders provider and binding. Google knows a pool's tokens by what its providers map them to, so the binding goes by
// an attribute of ours that has the provider, the project's id and the grant, and that no other rendered provider of the pool
// gives: not that of another issuer either, which may have a project of the same number.
func (q *request) gcp() body {
	g := q.grant.GCP
	provider := regexp.MustCompile(`^projects/([0-9]+)/locations/global/workloadIdentityPools/([a-z0-9-]+)/providers/([a-z0-9-]+)$`).FindStringSubmatch(g.Provider)
	account := regexp.MustCompile(`^[a-z0-9-]+@([a-z0-9.-]+)\.gserviceaccount\.com$`).FindStringSubmatch(g.ServiceAccount)
	b := &gcp{demanded: q.bound(), issuer: q.issuer, audience: g.Audience, account: g.ServiceAccount, accountProject: "-", lastDay: lastDay(q.identity).String()}
	if b.audience == "" {
		b.audience = "https://iam.googleapis.com/" + g.Provider
	}
	switch {
	case provider == nil:
		return q.none("the provider isn't one of a pool in the location global", "write it as `gcloud iam workload-identity-pools providers describe` shows it")
	case account == nil:
		return q.none("the service account isn't the email of one", "write NAME@PROJECT.iam.gserviceaccount.com")
	case !strings.HasPrefix(q.issuer, "https://"):
		return q.none("Google takes no issuer that isn't https", "let the issuer have a name of its own")
	case !q.fitAudience(b.audience) || strings.ContainsAny(b.audience, ",^"):
		return q.none("the audience can't be written to the letter", "give the grant an audience without commas and carets")
	case !q.fitNames():
		return nil
	}
	b.project, b.pool, b.provider = provider[1], provider[2], provider[3]
	if project, ok := strings.CutSuffix(account[1], ".iam"); ok && !strings.Contains(project, ".") {
		b.accountProject = project
	}
	q.gcpCEL(b)
	if n := utf8.RuneCountInString(b.condition); n > gcpCondition {
		return q.none(fmt.Sprintf("the condition has %d characters, and Google takes %d", n, gcpCondition), "give each repository and environment an identity of its own")
	}
	q.gcpGaps(b)
	return b
}

// gcpCEL writes what stands in CEL. The issuer is the provider's own, and the audience among what it allows.
func (q *request) gcpCEL(b *gcp) {
	var terms []string
	for _, name := range sortedKeys(b.demanded) {
		if name != "iss" {
			terms = append(terms, celIs("assertion", name, b.demanded[name]))
		}
	}
	b.condition = strings.Join(terms, " && ")
	b.subject = q.celRun("assertion")
	b.value = celText(b.provider+":") + " + " + celClaim("assertion", q.projectClaim()) + " + " + celText(":"+q.id+"/"+q.name)
	for _, id := range q.projects() {
		b.members = append(b.members, "principalSet://iam.googleapis.com/projects/"+b.project+"/locations/global/workloadIdentityPools/"+b.pool+
			"/attribute.curfew/"+b.provider+":"+id+":"+q.id+"/"+q.name)
	}
	b.until = lastDay(q.identity).End().Format("2006-01-02T15:04:05Z")
}

// celRun is a short name for the run that a token is of, for a provider's own log: it has less than the 127 bytes that
// Google takes, which a token's subject may exceed.
func (q *request) celRun(of string) string {
	var parts []string
	for i, a := range []identity.Attribute{identity.Project, identity.Run, identity.Attempt} {
		sign := ":"
		if i == 0 {
			sign = ""
		}
		name := q.who.ClaimFor(a)
		parts = append(parts, celText(sign+name+":")+" + "+celClaim(of, name))
	}
	return strings.Join(parts, " + ")
}

func (q *request) gcpGaps(b *gcp) {
	q.textAlone("Google")
	q.gap(Elsewhere, "", "Google tells the tokens of the pool "+b.pool+" apart by what its providers map: another provider of the pool that maps attribute.curfew to the same value is let in as well",
		"let nobody else make providers in the pool, and map attribute.curfew in no other")
	if ttl := q.grant.TTL; ttl != nil && seconds(q.grant) < gcpHour {
		q.gap(Elsewhere, "", fmt.Sprintf("Google lets whoever may impersonate a service account ask for an hour: a lease asks for the grant's %s, another step needn't", ttl),
			"give the service account rights that may be held for an hour")
	}
	q.emergencies(max(gcpHour, seconds(q.grant)))
}

// mapping is what Google knows a token by.
func (b *gcp) mapping() tree {
	return tree{{"attribute.curfew", b.value}, {"google.subject", b.subject}}
}

func (b *gcp) end() tree {
	return tree{{"title", "until " + b.lastDay}, {"expression", "request.time < timestamp(" + celText(b.until) + ")"}}
}

func (b *gcp) own() Form { return GCloud }

// data has the provider and the binding as Google's REST APIs take them.
func (b *gcp) data() any {
	return tree{
		{"provider", tree{
			{"name", "projects/" + b.project + "/locations/global/workloadIdentityPools/" + b.pool + "/providers/" + b.provider},
			{"attributeMapping", b.mapping()},
			{"attributeCondition", b.condition},
			{"oidc", tree{{"issuerUri", b.issuer}, {"allowedAudiences", []string{b.audience}}}},
		}},
		{"serviceAccount", "projects/" + b.accountProject + "/serviceAccounts/" + b.account},
		{"binding", tree{{"role", gcpRole}, {"members", b.members}, {"condition", b.end()}}},
	}
}

func (b *gcp) text() string {
	var mapping []string
	for _, f := range b.mapping() {
		mapping = append(mapping, f.name+"="+f.value.(string))
	}
	all := "# create-oidc makes the provider; where it is there already, write update-oidc\n" +
		shellCommand("gcloud iam workload-identity-pools providers create-oidc "+b.provider,
			"--project="+b.project, "--location=global", "--workload-identity-pool="+b.pool, "--issuer-uri="+b.issuer,
			"--allowed-audiences="+b.audience, "--attribute-mapping="+strings.Join(mapping, ","), "--attribute-condition="+b.condition)
	end := b.end()
	for _, m := range b.members {
		all += shellCommand("gcloud iam service-accounts add-iam-policy-binding "+b.account,
			"--role="+gcpRole, "--member="+m, "--condition=title="+end[0].value.(string)+",expression="+end[1].value.(string))
	}
	return all
}

func (b *gcp) terraform(w *hclWriter, label string) {
	w.open(`resource "google_iam_workload_identity_pool_provider" ` + quoted(label))
	w.attributes(
		attribute{"project", quoted(b.project)}, attribute{"workload_identity_pool_id", quoted(b.pool)},
		attribute{"workload_identity_pool_provider_id", quoted(b.provider)}, attribute{"attribute_condition", quoted(b.condition)},
	)
	w.blank()
	w.table("attribute_mapping", map[string]string{"attribute.curfew": b.value, "google.subject": b.subject})
	w.open("oidc")
	w.attributes(attribute{"issuer_uri", quoted(b.issuer)}, attribute{"allowed_audiences", quotedList([]string{b.audience})})
	w.close()
	w.close()
	end := b.end()
	for i, m := range b.members {
		w.open(`resource "google_service_account_iam_member" ` + quoted(numbered(label, i)))
		w.attributes(
			attribute{"service_account_id", quoted("projects/" + b.accountProject + "/serviceAccounts/" + b.account)},
			attribute{"role", quoted(gcpRole)}, attribute{"member", quoted(m)},
		)
		w.open("condition")
		w.attributes(attribute{"title", quoted(end[0].value.(string))}, attribute{"expression", quoted(end[1].value.(string))})
		w.close()
		w.close()
	}
}
