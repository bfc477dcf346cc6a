package github

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/inventory"
)

func takeDefault(ctx context.Context, t *taker, _ string) error {
	return t.addDefault(ctx, inventory.OfRepository, t.ask("/actions/permissions/workflow"))
}

func (t *taker) addDefault(ctx context.Context, scope inventory.Scope, q question) error {
	said, err := document[struct {
		Permissions  string `json:"default_workflow_permissions"`
		MayApprovePR *bool  `json:"can_approve_pull_request_reviews"`
	}](ctx, t.c, q, t.spend)
	if err != nil {
		return err
	}
	if said.Permissions != "read" && said.Permissions != "write" || said.MayApprovePR == nil {
		return fmt.Errorf("GET /%s: the answer doesn't say what workflows have: %q", q.url(), courier.Printable(said.Permissions, maxTold))
	}
	t.out.Workflows = append(t.out.Workflows, inventory.Default{Scope: scope, Permissions: said.Permissions, MayApprovePR: *said.MayApprovePR})
	return nil
}

func takeSubject(ctx context.Context, t *taker, _ string) error {
	return t.addSubject(ctx, inventory.OfRepository, t.ask("/actions/oidc/customization/sub"))
}

func (t *taker) addSubject(ctx context.Context, scope inventory.Scope, q question) error {
	said, err := document[struct {
		UseDefault bool     `json:"use_default"`
		Claims     []string `json:"include_claim_keys"`
		Immutable  *bool    `json:"use_immutable_subject"`
	}](ctx, t.c, q, t.spend)
	if err != nil {
		return err
	}
	t.out.Subjects = append(t.out.Subjects, inventory.Subject{Scope: scope, UseDefault: said.UseDefault, Claims: said.Claims, Immutable: said.Immutable})
	return nil
}

func takeKeys(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		ID       int64      `json:"id"`
		Title    string     `json:"title"`
		Key      string     `json:"key"`
		ReadOnly bool       `json:"read_only"`
		Verified bool       `json:"verified"`
		AddedBy  string     `json:"added_by"`
		Created  time.Time  `json:"created_at"`
		LastUsed *time.Time `json:"last_used"`
	}](ctx, t.c, t.ask("/keys"), "", t.spend)
	if err != nil {
		return err
	}
	for _, k := range said {
		made := inventory.DeployKey{
			ID: k.ID, Title: k.Title, Fingerprint: fingerprint(k.Key), ReadOnly: k.ReadOnly, Verified: k.Verified, Created: k.Created.UTC(), LastUsed: k.LastUsed,
		}
		if k.AddedBy != "" {
			made.AddedBy = "@" + k.AddedBy
		}
		t.out.DeployKeys = append(t.out.DeployKeys, made)
	}
	return nil
}

// fingerprint is that of a public key in authorized_keys' form, as ssh-keygen -l shows it; "" where it is none.
func fingerprint(key string) string {
	fields := strings.Fields(key)
	if len(fields) < 2 {
		return ""
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// wireHook is a webhook as GitHub has it, whose address and secret stay here: GitHub masks the secret, and people put
// tokens in addresses.
type wireHook struct {
	ID       int64     `json:"id"`
	Active   bool      `json:"active"`
	Events   []string  `json:"events"`
	Created  time.Time `json:"created_at"`
	Modified time.Time `json:"updated_at"`
	Config   struct {
		URL      host `json:"url"`
		Insecure flag `json:"insecure_ssl"`
		Secret   flag `json:"secret"`
	} `json:"config"`
}

// host is scheme and host of an address; the rest isn't kept.
type host string

// UnmarshalText keeps what may be kept. An address that can't be read is none: an error would quote it.
func (h *host) UnmarshalText(text []byte) error {
	*h = ""
	if u, err := url.Parse(string(text)); err == nil && u.Host != "" {
		*h = host(u.Scheme + "://" + u.Host)
	}
	return nil
}

// flag is whether something is set, as GitHub's "0", "1", 0, 1, masks and nothing have it.
type flag bool

// UnmarshalJSON keeps whether it is set.
func (f *flag) UnmarshalJSON(src []byte) error {
	*f = flag(!slices.Contains([]string{`""`, `"0"`, `0`, `null`, `false`}, string(src)))
	return nil
}

func takeHooks(ctx context.Context, t *taker, _ string) error {
	return t.addHooks(ctx, inventory.OfRepository, t.ask("/hooks"))
}

func (t *taker) addHooks(ctx context.Context, scope inventory.Scope, q question) error {
	said, err := list[wireHook](ctx, t.c, q, "", t.spend)
	if err != nil {
		return err
	}
	for _, h := range said {
		scheme, at, _ := strings.Cut(string(h.Config.URL), "://")
		events := slices.Sorted(slices.Values(h.Events))
		t.out.Webhooks = append(t.out.Webhooks, inventory.Webhook{
			Scope: scope, ID: h.ID, Active: h.Active, Host: at, TLS: scheme == "https" && !bool(h.Config.Insecure),
			Signed: bool(h.Config.Secret), Events: events, Created: h.Created.UTC(), Modified: h.Modified.UTC(),
		})
	}
	return nil
}

// takeOwnerFaults asks what is wrong with CODEOWNERS of the default branch. GitHub's words aren't kept: they quote lines.
func takeOwnerFaults(ctx context.Context, t *taker, _ string) error {
	said, err := document[struct {
		Errors []inventory.OwnerFault `json:"errors"`
	}](ctx, t.c, t.ask("/codeowners/errors"), t.spend)
	if err != nil {
		return err
	}
	if said.Errors == nil {
		return errors.New("the answer lists no errors, and doesn't say that there are none")
	}
	t.out.Codeowners = said.Errors
	return nil
}

func takeTeams(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		ID         int64  `json:"id"`
		Slug       string `json:"slug"`
		Permission string `json:"permission"`
	}](ctx, t.c, t.ask("/teams"), "", t.spend)
	if err != nil {
		return err
	}
	for _, team := range said {
		t.teams[team.ID] = team.Slug
		t.out.Teams = append(t.out.Teams, inventory.Team{Name: t.handle("", team.Slug), Permission: team.Permission})
	}
	return nil
}

func takeRunners(ctx context.Context, t *taker, _ string) error {
	return t.addRunners(ctx, inventory.OfRepository, t.ask("/actions/runners"))
}

// addRunners lists runners, without whether they are there and busy just now: that differs from hour to hour.
func (t *taker) addRunners(ctx context.Context, scope inventory.Scope, q question) error {
	said, err := list[struct {
		ID        int64  `json:"id"`
		Name      string `json:"name"`
		OS        string `json:"os"`
		Group     int64  `json:"runner_group_id"`
		Ephemeral *bool  `json:"ephemeral"`
		Labels    []struct {
			Name string `json:"name"`
		} `json:"labels"`
	}](ctx, t.c, q, "runners", t.spend)
	if err != nil {
		return err
	}
	for _, r := range said {
		made := inventory.Runner{Scope: scope, ID: r.ID, Name: r.Name, OS: r.OS, Group: r.Group, Ephemeral: r.Ephemeral}
		for _, l := range r.Labels {
			made.Labels = append(made.Labels, l.Name)
		}
		slices.Sort(made.Labels)
		t.out.Runners = append(t.out.Runners, made)
	}
	return nil
}

// takeAlerts asks for alerts without what was found: hide_secret.
func takeAlerts(ctx context.Context, t *taker, _ string) error {
	said, err := list[struct {
		Number   int64     `json:"number"`
		State    string    `json:"state"`
		Kind     string    `json:"secret_type"`
		Validity string    `json:"validity"`
		Created  time.Time `json:"created_at"`
		Resolved string    `json:"resolution"`
		Bypassed bool      `json:"push_protection_bypassed"`
		Public   bool      `json:"publicly_leaked"`
	}](ctx, t.c, t.ask("/secret-scanning/alerts?hide_secret=true"), "", t.spend)
	if err != nil {
		return err
	}
	for _, a := range said {
		t.out.Alerts = append(t.out.Alerts, inventory.Alert{
			Number: a.Number, State: a.State, Kind: a.Kind, Validity: a.Validity, Created: a.Created.UTC(), Resolved: a.Resolved, Bypassed: a.Bypassed, Public: a.Public,
		})
	}
	return nil
}
