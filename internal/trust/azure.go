package trust

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/identity"
)

// azure are the federated identity credentials of an application
// (https://learn.microsoft.com/graph/api/resources/federatedidentitycredential).
type azure struct {
	client      string
	credentials []federated
}

// federated is one of them: who has just this issuer, subject and audience is let in, whatever else the token says.
type federated struct {
	Name        string   `json:"name"`
	Issuer      string   `json:"issuer"`
	Subject     string   `json:"subject"`
	Description string   `json:"description"`
	Audiences   []string `json:"audiences"`
}

// Entra's limits
// (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations#general-federated-identity-credential-considerations).
const (
	azureCredentials = 20
	azureText        = 600
	azureName        = 120
)

// azureHour is the least that Entra's access tokens live, in seconds, unless a token lifetime policy says otherwise: between 60
// and 90 minutes (https://learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime).
const azureHour = 3600

// azureAudience is what Entra expects where a manifest says nothing else.
const azureAudience = "api://AzureADTokenExchange"

// azure renders a credential for each subject. Entra compares three texts to the letter and no claim besides, so all
// that a subject doesn't carry is a gap. (Its flexible credentials, in preview, could match a second claim of GitHub's by
// a pattern: they aren't rendered, as nothing holds them to the letter yet.)
func (q *request) azure() body {
	g := q.grant.Azure
	subs, ok := q.subjects()
	if !ok {
		return nil
	}
	audience := g.Audience
	if audience == "" {
		audience = azureAudience
	}
	all := append(subs.byNames, subs.immutable...)
	b := &azure{client: g.Client}
	name := label(q.id + "/" + q.name)
	for i, sub := range all {
		b.credentials = append(b.credentials, federated{
			Name: fmt.Sprintf("%s-%d", name, i+1), Issuer: q.issuer, Subject: sub,
			Description: "curfew: " + q.id + "/" + q.name, Audiences: []string{audience},
		})
	}
	switch {
	case !q.fitAudience(audience):
		return q.none("the audience can't be written to the letter", "give the grant an audience without white space around it")
	case !q.fitNames():
		return nil
	case !strings.HasPrefix(q.issuer, "https://"):
		return q.none("Entra takes no issuer that isn't https", "let the issuer have a name of its own")
	case len(all) > azureCredentials:
		return q.none(fmt.Sprintf("its claims leave %d subjects, and an application has at most %d federated credentials", len(all), azureCredentials),
			"give each repository and environment an identity and an application of its own")
	case tooLong(azureName, name+"-00") || tooLong(azureText, append(all, q.issuer, audience)...):
		return q.none(fmt.Sprintf("a name has more than %d characters, or a subject more than %d, which Entra doesn't take", azureName, azureText), "use shorter names")
	}
	q.azureGaps(all)
	return b
}

func tooLong(most int, texts ...string) bool {
	for _, s := range texts {
		if utf8.RuneCountInString(s) > most {
			return true
		}
	}
	return false
}

// azureGaps says what the subjects leave open.
func (q *request) azureGaps(subs []string) {
	const fix = "let the subject carry it, by the keys that the platform has for subjects (GitHub's include_claim_keys), and list the subjects as sub under claims"
	event := q.who.ClaimFor(identity.Event)
	environment := q.provenByAll(subs, q.who.ClaimFor(identity.Environment))
	if !q.provenByAll(subs, event) {
		q.eventUnbound("Entra", environment)
	}
	for _, name := range sortedKeys(q.demand.claims) {
		switch {
		case name == "iss", name == "sub", name == event, q.provenByAll(subs, name):
		case q.provenByAny(subs, name):
			q.gap(Wider, name, "Entra binds "+name+" by subjects with ids alone: the credentials for subjects by names let in whoever takes over the names",
				"once tokens carry ids, list the subjects with ids alone as sub under claims")
		default:
			q.gap(Wider, name, "Entra can't bind the claim "+name+": any value of it is let in whose token has the subject", fix)
		}
	}
	q.endless("Entra", "federated credential")
	if ttl := q.grant.TTL; ttl != nil && seconds(q.grant) < azureHour {
		q.gap(Elsewhere, "", fmt.Sprintf("Entra's access tokens live for 60 to 90 minutes unless a policy of Entra's says otherwise, whatever the grant's %s, and can't be revoked", ttl),
			"give the application roles that may be held for an hour")
	}
	q.emergencies(azureHour)
}

func (b *azure) own() Form { return AzureCLI }

func (b *azure) data() any { return b.credentials }

func (b *azure) text() string {
	all := ""
	for _, c := range b.credentials {
		all += shellCommand("az ad app federated-credential create", "--id="+b.client, "--parameters="+string(compact(c)))
	}
	return all
}

func (b *azure) terraform(w *hclWriter, label string) {
	w.open(`data "azuread_application" ` + quoted(label))
	w.attributes(attribute{"client_id", quoted(b.client)})
	w.close()
	for i, c := range b.credentials {
		w.open(`resource "azuread_application_federated_identity_credential" ` + quoted(numbered(label, i)))
		w.attributes(
			attribute{"application_id", "data.azuread_application." + label + ".id"}, attribute{"display_name", quoted(c.Name)},
			attribute{"description", quoted(c.Description)}, attribute{"issuer", quoted(c.Issuer)},
			attribute{"subject", quoted(c.Subject)}, attribute{"audiences", quotedList(c.Audiences)},
		)
		w.close()
	}
}
