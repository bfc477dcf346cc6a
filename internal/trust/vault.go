package trust

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// vaultRole is a role of a JWT mount, of Vault or OpenBao
// (https://developer.hashicorp.com/vault/api-docs/auth/jwt#create-update-role). Vault leaves what isn't
// written as it was in a role of that name, so what would widen or bend it is written even where it is
// nothing.
type vaultRole struct {
	namespace, mount, name string

	RoleType       string   `json:"role_type"`
	BoundAudiences []string `json:"bound_audiences"`
	BoundSubject   string   `json:"bound_subject"`
	// BoundClaims is claim → values, any of which.
	BoundClaims     map[string][]string `json:"bound_claims"`
	BoundClaimsType string              `json:"bound_claims_type"`
	UserClaim       string              `json:"user_claim"`
	UserPointer     bool                `json:"user_claim_json_pointer"`
	GroupsClaim     string              `json:"groups_claim"`
	ClaimMappings   map[string]string   `json:"claim_mappings"`
	TTL             int64               `json:"token_ttl"`
	MaxTTL          int64               `json:"token_max_ttl"`
	ExplicitMaxTTL  int64               `json:"token_explicit_max_ttl"`
	Period          int64               `json:"token_period"`
	Uses            int64               `json:"token_num_uses"`
	ClockSkew       int64               `json:"clock_skew_leeway"` // 0 is Vault's own, here and below
	ExpiryLeeway    int64               `json:"expiration_leeway"`
	StartLeeway     int64               `json:"not_before_leeway"`
	TokenType       string              `json:"token_type"`
	Policies        []string            `json:"token_policies"`
	NoDefaultPolicy bool                `json:"token_no_default_policy"`
}

// vault renders the role. Every claim that the identity lists is bound, so the subject needs no deriving;
// the issuer is bound too, since the mount's own binding is somebody else's to change.
func (q *request) vault() body {
	g := q.grant.Vault
	r := &vaultRole{
		namespace: g.Namespace, mount: g.Mount, name: g.Role,
		RoleType: "jwt", BoundAudiences: []string{g.Audience}, BoundClaims: q.bound(), BoundClaimsType: "string",
		UserClaim: q.who.ClaimFor(identity.Project), ClaimMappings: q.vaultMappings(),
		TTL: seconds(q.grant), MaxTTL: seconds(q.grant), ExplicitMaxTTL: seconds(q.grant),
		TokenType: "service", Policies: []string{vaultPolicy(q.id, q.name)},
	}
	if g.Audience == "" {
		r.BoundAudiences = []string{g.Address}
	}
	if sub := r.BoundClaims["sub"]; len(sub) == 1 {
		r.BoundSubject = sub[0]
		delete(r.BoundClaims, "sub")
	}
	if !q.vaultLiteral(r) {
		return nil
	}
	q.endless("Vault", "role")
	q.emergencies(r.MaxTTL)
	return r
}

// vaultLiteral refuses what Vault or Terraform's provider would take for something else: both trim
// audiences, and the provider parts a claim's values at commas unless it is told that there are none to
// part.
func (q *request) vaultLiteral(r *vaultRole) bool {
	if a := r.BoundAudiences[0]; unfit(a) || unstable(a) || strings.TrimSpace(a) != a {
		return q.gap(Missing, "", "the audience can't be written to the letter", "give the grant an audience without white space around it")
	}
	// Vault knows roles by this (sdk/framework, GenericNameRegex), and keeps them in lower case.
	if !regexp.MustCompile(`^\w(([\w.-]+)?\w)?$`).MatchString(r.name) || unfit(r.mount) || unstable(r.mount+r.namespace) || !utf8.ValidString(r.namespace) {
		return q.gap(Missing, "", "the name of the role, its mount or its namespace can't be written to the letter", "name it by letters, digits, \"-\", \"_\" and \".\"")
	}
	if q.policies[r.Policies[0]] > 1 {
		return q.gap(Missing, "", "another grant's name differs in its case alone, which Vault's policies don't tell apart", "rename one of the two")
	}
	if r.TTL <= 0 {
		return q.gap(Missing, "", "the grant has no ttl, so that Vault's own would hold", "add ttl: 15m")
	}
	parsed := r.parsed()
	for _, name := range sortedKeys(r.BoundClaims) {
		if parsed && slices.ContainsFunc(r.BoundClaims[name], func(v string) bool { return strings.Contains(v, ",") || strings.TrimSpace(v) != v }) {
			return q.gap(Missing, name, "the claim "+name+" has a value with a comma or white space around it, beside a claim of several values: "+
				"Terraform's provider would part it", "give each of the several values an identity of its own")
		}
	}
	return true
}

// parsed reports whether a claim has several values, which Terraform's provider takes as one text, parted
// by commas.
func (r *vaultRole) parsed() bool {
	for _, values := range r.BoundClaims {
		if len(values) > 1 {
			return true
		}
	}
	return false
}

// vaultMappings are the claims that Vault's audit log shows with every use of the token, by the name that it
// has there. One that a token lacks is left out by Vault.
func (q *request) vaultMappings() map[string]string {
	out := map[string]string{"jti": "oidc_jti"}
	names := []string{"repository", "run_id", "run_attempt", "check_run_id", "sha", "actor"}
	if q.who.ClaimFor(identity.Project) == "project_id" {
		names = []string{"project_path", "pipeline_id", "job_id", "sha", "user_login"}
	}
	for _, name := range names {
		out[name] = name
	}
	return out
}

func vaultTarget(g *manifest.Vault) string {
	return "auth/" + g.Mount + "/role/" + strings.ToLower(g.Role)
}

// vaultPolicy names the policy that says what the grant gives; somebody has to write it. Vault keeps
// policies' names in lower case.
func vaultPolicy(id, name string) string { return "curfew/" + strings.ToLower(id+"/"+name) }

func (r *vaultRole) own() Form { return JSON }

func (r *vaultRole) data() any { return r }

func (r *vaultRole) terraform(w *hclWriter, label string) {
	w.open(`resource "vault_jwt_auth_backend_role" ` + quoted(label))
	top := []attribute{{"backend", quoted(r.mount)}, {"role_name", quoted(r.name)}, {"role_type", quoted(r.RoleType)}}
	if r.namespace != "" {
		top = append([]attribute{{"namespace", quoted(r.namespace)}}, top...)
	}
	w.attributes(top...)
	w.blank()
	bound := []attribute{{"bound_audiences", quotedList(r.BoundAudiences)}}
	if r.BoundSubject != "" {
		bound = append(bound, attribute{"bound_subject", quoted(r.BoundSubject)})
	}
	bound = append(bound, attribute{"bound_claims_type", quoted(r.BoundClaimsType)})
	if !r.parsed() {
		bound = append(bound, attribute{"disable_bound_claims_parsing", "true"})
	}
	w.attributes(bound...)
	w.blank()
	claims := map[string]string{}
	for name, values := range r.BoundClaims {
		claims[name] = strings.Join(values, ",")
	}
	w.table("bound_claims", claims)
	w.blank()
	w.attributes(attribute{"user_claim", quoted(r.UserClaim)})
	w.blank()
	w.table("claim_mappings", r.ClaimMappings)
	w.blank()
	w.attributes(
		attribute{"token_ttl", number(r.TTL)}, attribute{"token_max_ttl", number(r.MaxTTL)},
		attribute{"token_explicit_max_ttl", number(r.ExplicitMaxTTL)}, attribute{"token_type", quoted(r.TokenType)},
		attribute{"token_policies", quotedList(r.Policies)},
	)
	w.blank()
	w.comment("The default policy lets a token revoke itself. Without it another policy must give update on auth/token/revoke-self.")
	w.attributes(attribute{"token_no_default_policy", "false"})
	w.close()
}
