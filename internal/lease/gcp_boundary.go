package lease

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// What a boundary may hold: https://cloud.google.com/iam/docs/downscoping-short-lived-credentials#create-boundary. Only Cloud
// Storage heeds one.
const (
	gcpRules    = 10
	gcpResource = "//storage.googleapis.com/projects/_/buckets/"
)

// gcpBoundaryOf is the Credential Access Boundary that the grant names, without white space; "" where it says none. It is looked at
// before anything is asked, as a boundary that bounds nothing would be found out by nobody.
func gcpBoundaryOf(g *manifest.Grant, file []byte) (string, error) {
	if b := g.GCP.Boundary; b == nil || b.None {
		return "", nil
	}
	doc, err := jsontree.Parse("the boundary", file, jsontree.Limits{Bytes: maxValue, Depth: 8, Nodes: 2000})
	if err != nil {
		return "", fmt.Errorf("%w\n  try: write it as Google describes Credential Access Boundaries", err)
	}
	if at, why := gcpBoundaryFault(doc.Root); why != "" {
		return "", fmt.Errorf("%w\n  try: write it as Google describes Credential Access Boundaries", &jsontree.Error{Region: doc.Region(at), Message: why})
	}
	var out bytes.Buffer
	if err := json.Compact(&out, file); err != nil {
		return "", errors.New("the boundary isn't JSON")
	}
	return out.String(), nil
}

// gcpBoundaryFault is where a boundary isn't one, and why; "" where it is.
func gcpBoundaryFault(root *jsontree.Node) (*jsontree.Node, string) {
	boundary := member(root, "accessBoundary")
	rules := member(boundary, "accessBoundaryRules")
	switch {
	case root.Kind != jsontree.Object || len(root.Members) != 1 || boundary == nil:
		return root, "expected an object whose one member is accessBoundary"
	case rules == nil || rules.Kind != jsontree.Array || len(boundary.Members) != 1:
		return boundary, "expected an object whose one member is the list accessBoundaryRules"
	case len(rules.Items) == 0 || len(rules.Items) > gcpRules:
		return rules, fmt.Sprintf("expected 1 to %d rules, found %d", gcpRules, len(rules.Items))
	}
	for _, rule := range rules.Items {
		if at, why := gcpRuleFault(rule); why != "" {
			return at, why
		}
	}
	return nil, ""
}

// gcpRuleFault is the same of one rule.
func gcpRuleFault(rule *jsontree.Node) (*jsontree.Node, string) {
	if bucket, ok := strings.CutPrefix(text(rule, "availableResource"), gcpResource); !ok || bucket == "" {
		return rule, "availableResource: expected " + gcpResource + "BUCKET, as only Cloud Storage heeds a boundary"
	}
	const want = `availablePermissions: expected a list such as ["inRole:roles/storage.objectViewer"]`
	granted := member(rule, "availablePermissions")
	if granted == nil || granted.Kind != jsontree.Array || len(granted.Items) == 0 {
		return rule, want
	}
	for _, g := range granted.Items {
		if g.Kind != jsontree.String || !strings.HasPrefix(g.Text, "inRole:") {
			return g, want
		}
	}
	for _, m := range rule.Members {
		if m.Name != "availableResource" && m.Name != "availablePermissions" && m.Name != "availabilityCondition" {
			return m.Value, "a rule has no member of this name"
		}
	}
	return nil, ""
}

// bound exchanges a token for one within the boundary, in whose place it stands from then on. STS says how long it lives, or
// leaves that out where it is as long as the token that it came of.
func (w *gcpWalk) bound(ctx context.Context, c *Credential, token redact.Secret, boundary string) (redact.Secret, error) {
	a, err := w.exchangeToken(ctx, token, "urn:ietf:params:oauth:token-type:access_token", url.Values{"options": {boundary}})
	if err != nil {
		return redact.Secret{}, err
	}
	if a.status != http.StatusOK {
		return redact.Secret{}, w.sts.denied(w.r, a, "mend the Credential Access Boundary that boundary names, and see that the service account may use Cloud Storage")
	}
	root, err := readJSON(a)
	if err != nil {
		return redact.Secret{}, err
	}
	bounded, err := accessToken("access token", root)
	if err != nil {
		return redact.Secret{}, err
	}
	w.hide(bounded)
	if bounded.Equal(token) {
		return redact.Secret{}, errors.New("the answer has the token without the boundary, which isn't handed over")
	}
	handle, err := named("gcp", bounded)
	if err != nil {
		return redact.Secret{}, err
	}
	c.Handle, c.Issued = handle, w.sts.now()
	if member(root, "expires_in") == nil {
		return bounded, w.r.term(c.Issued, c.NotAfter)
	}
	lives, ok := seconds(root, "expires_in")
	if !ok {
		return redact.Secret{}, errors.New("the answer doesn't say in seconds when the token ends")
	}
	c.NotAfter = c.Issued.Add(lives)
	return bounded, w.r.term(c.Issued, c.NotAfter)
}
