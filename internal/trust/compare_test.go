package trust

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// asDeployed are the texts by which a document's provider would show that it has just what is rendered.
func asDeployed(t testing.TB, d Document) []string {
	t.Helper()
	switch b := d.body.(type) {
	case *gcp:
		all := decode[map[string]json.RawMessage](t, d.JSON())
		return []string{string(all["provider"]), `{"etag": "x", "version": 3, "bindings": [` + string(all["binding"]) + `]}`}
	case *kubernetes:
		configuration, binding, _ := strings.Cut(b.text(), "\n---\n")
		return []string{configuration + "\n", binding, string(marshal(b.configuration()))}
	case *stsPolicy:
		return []string{b.text(), string(d.JSON())}
	case *vaultRole:
		return []string{string(d.JSON()), `{"request_id": "x", "data": ` + string(d.JSON()) + `}`}
	case *registry, *exchanged:
		return nil
	}
	return []string{string(d.JSON())}
}

func allDocuments(t testing.TB) []Document {
	t.Helper()
	docs, _ := Render(parse(t, providers(t)), nil, Options{})
	more, _ := Render(parse(t, sample(t)), nil, Options{})
	return append(docs, more...)
}

// TestDeployedIsRendered: what is rendered is the same as itself, and nothing that differs from it in one place is.
func TestDeployedIsRendered(t *testing.T) {
	for _, d := range allDocuments(t) {
		all := asDeployed(t, d)
		if all == nil {
			if _, err := d.Deployed([]byte("{}")); !errors.Is(err, ErrIncomparable) {
				t.Errorf("%s is compared: %v", d.Grant, err)
			}
		}
		for _, src := range all {
			got, err := d.Deployed([]byte(src))
			if err != nil || len(got.Differences) > 0 {
				t.Errorf("%s isn't itself: %v %v in\n%s", d.Grant, got, err, src)
			}
			read, err := readDeployed([]byte(src))
			if err != nil {
				t.Fatal(err)
			}
			neutral := []string{"Sid", "etag", "version", "request_id"}
			if d.Provider == "azure" {
				neutral = append(neutral, "name", "description")
			}
			changes(read, neutral, func(what string) {
				changed := string(compact(read))
				if got, err := d.Deployed([]byte(changed)); err == nil && len(got.Differences) == 0 {
					t.Errorf("%s is taken for the same with %s in\n%s", d.Grant, what, changed)
				}
			})
		}
	}
}

// changes makes each change of one place in a tree, shows it, and takes it back. What says nothing of who is let in stays.
func changes(v any, neutral []string, show func(what string)) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if slices.Contains(neutral, name) {
				continue
			}
			was := v[name]
			for what, to := range map[string]any{"another ": "x", "two of ": []any{was, "x"}, "an object for ": map[string]any{"x": was}} {
				v[name] = to
				show(what + name)
			}
			if delete(v, name); !blank(was) && was != "false" && was != "0" {
				show("no " + name)
			}
			v["x"+name] = "x"
			show("beside it x" + name)
			delete(v, "x"+name)
			v[name] = was
			changes(was, neutral, show)
		}
	case []any:
		for i, was := range v {
			v[i] = "x"
			show("another item")
			v[i] = was
			changes(was, neutral, show)
		}
	}
}

// TestDeployedElse: what has what is rendered and more isn't the same.
func TestDeployedElse(t *testing.T) {
	docs := map[string]Document{}
	for _, d := range allDocuments(t) {
		docs[d.Grant] = d
	}
	self := func(grant string, i int) string { return asDeployed(t, docs[grant])[i] }
	for name, tt := range map[string]struct{ grant, src, what string }{
		"a provider that is gone":  {"deploy/google", strings.Replace(self("deploy/google", 0), "{", `{"state": "DELETED",`, 1), "state"},
		"a second statement":       {"deploy/prod", strings.Replace(self("deploy/prod", 0), `"Statement": [`, `"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:*"},`, 1), "Statement"},
		"an operator's other case": {"deploy/prod", strings.ReplaceAll(self("deploy/prod", 0), "StringEquals", "StringEqualsIfExists"), "Statement"},
		"a role of AWS":            {"deploy/prod", `{"Role": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}}`, "Statement"},
		"a wider provider":         {"deploy/google", strings.Replace(self("deploy/google", 0), " && ", " || ", 1), "attributeCondition"},
		"another impersonator":     {"deploy/google", strings.Replace(self("deploy/google", 1), `"bindings": [`, `"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": ["allUsers"]},`, 1), "bindings"},
		"another credential":       {"deploy/azure", strings.Replace(self("deploy/azure", 0), "[", `[{"issuer": "https://evil.example", "subject": "x", "audiences": ["api://AzureADTokenExchange"]},`, 1), "federatedCredentials"},
		"a flexible credential":    {"deploy/azure", strings.Replace(self("deploy/azure", 0), `"issuer"`, `"claimsMatchingExpression": {"value": "claims['sub'] matches '*'"}, "issuer"`, 1), "federatedCredentials"},
		"another issuer":           {"deploy/cluster", strings.Replace(self("deploy/cluster", 0), "jwt:\n", "jwt:\n- issuer: {url: \"https://evil.example\"}\n", 1), "jwt.https://evil.example"},
		"keys from elsewhere":      {"deploy/cluster", strings.Replace(self("deploy/cluster", 0), "    audiences:", "    discoveryURL: https://evil.example\n    audiences:", 1), "discoveryURL"},
		"another subject bound":    {"deploy/cluster", self("deploy/cluster", 1) + "- {kind: Group, name: \"system:authenticated\"}\n", "subjects"},
		"a wider subject":          {"deploy/charts", strings.Replace(self("deploy/charts", 0), "subject_pattern: ", "subject_pattern: .*#", 1), "subject_pattern"},
		"more permissions":         {"deploy/charts", self("deploy/charts", 0) + "  administration: write\n", "permissions.administration"},
	} {
		got, err := docs[tt.grant].Deployed([]byte(tt.src))
		if err != nil || !slices.ContainsFunc(got.Differences, func(d Difference) bool { return strings.Contains(d.What, tt.what) }) {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	for name, tt := range map[string]struct{ grant, src string }{
		"a key twice":     {"deploy/charts", self("deploy/charts", 0) + "issuer: x\n"},
		"an issuer twice": {"deploy/cluster", strings.Replace(self("deploy/cluster", 0), "jwt:\n", "jwt:\n- issuer: {url: \"https://gitlab.com\"}\n", 1)},
		"nothing":         {"deploy/charts", ""},
		"two documents":   {"deploy/charts", self("deploy/charts", 0) + "---\nissuer: x\n"},
		"another kind":    {"deploy/cluster", "kind: Pod\n"},
		"a list":          {"deploy/google", "[]"},
		"an object":       {"deploy/azure", "{}"},
		"an error":        {"deploy/google", `{"error": "no such provider"}`},
	} {
		if got, err := docs[tt.grant].Deployed([]byte(tt.src)); err == nil {
			t.Errorf("%s is compared: %v", name, got)
		}
	}
	// What a tool writes of a thing that is the same, and names it by.
	for name, tt := range map[string]struct{ grant, src string }{
		"state of a provider":  {"deploy/google", strings.Replace(self("deploy/google", 0), "{", `{"state": "ACTIVE", "displayName": "ci",`, 1)},
		"ids of a credential":  {"deploy/azure", strings.Replace(self("deploy/azure", 0), `"issuer"`, `"id": "1", "claimsMatchingExpression": null, "issuer"`, 1)},
		"Graph's answer":       {"deploy/azure", `{"@odata.context": "x", "value": ` + self("deploy/azure", 0) + `}`},
		"one value for a list": {"deploy/azure", strings.ReplaceAll(strings.ReplaceAll(self("deploy/azure", 0), "[\n      \"api", "\n      \"api"), "Exchange\"\n    ]", "Exchange\"")},
		"the older version":    {"deploy/cluster", strings.Replace(self("deploy/cluster", 0), "k8s.io/v1\n", "k8s.io/v1beta1\n", 1)},
		"what an object has":   {"deploy/cluster", strings.Replace(self("deploy/cluster", 1), "metadata:\n", "metadata:\n  uid: x\n  labels: {a: b}\n", 1)},
	} {
		if got, err := docs[tt.grant].Deployed([]byte(tt.src)); err != nil || len(got.Differences) > 0 {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// FuzzCompare: whatever a provider has, what differs is said with two sides that differ, and nothing panics.
func FuzzCompare(f *testing.F) {
	docs := allDocuments(f)
	for i, d := range docs {
		for _, src := range asDeployed(f, d) {
			f.Add(i, src)
		}
	}
	f.Add(0, "a: &a [*a]")
	f.Add(0, "bindings: [1, {condition: 2}, null]\njwt: [[], {issuer: 1}]")
	f.Fuzz(func(t *testing.T, i int, src string) {
		if i < 0 || i >= len(docs) {
			return
		}
		got, err := docs[i].Deployed([]byte(src))
		for _, d := range got.Differences {
			if err != nil || d.Received == d.Expected {
				t.Errorf("%v %+v", err, d)
			}
		}
	})
}
