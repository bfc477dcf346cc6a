package trust

import (
	"errors"
	"slices"
	"strings"
)

// differs compares a trust policy, or what `aws iam get-role` writes of its role. A statement counts as a whole: two that let in
// the same and are written otherwise are two.
func (p *policy) differs(src []byte) (Comparison, error) {
	has, err := readMap(src)
	if role, ok := has["Role"].(map[string]any); ok {
		has, _ = role["AssumeRolePolicyDocument"].(map[string]any)
	}
	switch {
	case err != nil:
		return Comparison{}, err
	case has["Statement"] == nil:
		return Comparison{}, errors.New("what is deployed isn't a trust policy: expected an object with Statement")
	}
	want, _ := asRead(p).(map[string]any)
	out := differ("", without(has, "Statement", "Id"), without(want, "Statement"))
	return Comparison{Differences: append(out, differSets("Statement", each(has["Statement"], "Sid"), each(want["Statement"], "Sid"))...)}, nil
}

// differs compares a pool's provider, as `gcloud iam workload-identity-pools providers describe` writes it, or the policy of a service
// account, as `gcloud iam service-accounts get-iam-policy` does.
func (b *gcp) differs(src []byte) (Comparison, error) {
	has, err := readMap(src)
	want, _ := asRead(b.data()).(map[string]any)
	switch {
	case err != nil:
		return Comparison{}, err
	case has["bindings"] != nil:
		all := each(has["bindings"])
		for _, binding := range all {
			if m, ok := binding.(map[string]any); ok {
				if c, ok := m["condition"].(map[string]any); ok {
					m["condition"] = without(c, "description")
				}
			}
		}
		return Comparison{differSets("bindings", all, list(want["binding"])), "who may impersonate the service account"}, nil
	case has["attributeMapping"] == nil && has["oidc"] == nil:
		return Comparison{}, errors.New("what is deployed is neither a provider of a pool nor the policy of a service account: expected attributeMapping or bindings")
	}
	provider, _ := want["provider"].(map[string]any)
	if has["state"] == "ACTIVE" { // of one that was deleted Google still tells for 30 days
		delete(has, "state")
	}
	return Comparison{differ("", without(has, "displayName", "description", "etag"), provider), "the provider of the pool"}, nil
}

// differs compares the credentials of an application, as `az ad app federated-credential list` writes them.
func (b *azure) differs(src []byte) (Comparison, error) {
	read, err := readDeployed(src)
	if m, ok := read.(map[string]any); ok {
		read = m["value"]
	}
	if err != nil {
		return Comparison{}, err
	}
	if _, ok := read.([]any); !ok {
		return Comparison{}, errors.New("what is deployed isn't a list of federated credentials")
	}
	return Comparison{Differences: differSets("federatedCredentials", each(read, "id", "name", "description"), each(asRead(b.credentials), "name", "description"))}, nil
}

// differs compares an AuthenticationConfiguration, whose issuers count each by itself, or a RoleBinding.
func (b *kubernetes) differs(src []byte) (Comparison, error) {
	has, err := readMap(src)
	switch {
	case err != nil:
		return Comparison{}, err
	case has["kind"] == "RoleBinding":
		want, _ := asRead(b.binding()).(map[string]any)
		if m, ok := has["metadata"].(map[string]any); ok {
			has["metadata"] = map[string]any{"name": m["name"], "namespace": m["namespace"]}
		}
		return Comparison{differ("", has, want), "the binding"}, nil
	case has["kind"] != "AuthenticationConfiguration":
		return Comparison{}, errors.New("what is deployed is neither an AuthenticationConfiguration nor a RoleBinding")
	}
	if has["apiVersion"] == "apiserver.config.k8s.io/v1beta1" {
		has["apiVersion"] = "apiserver.config.k8s.io/v1"
	}
	want, _ := asRead(b.configuration()).(map[string]any)
	out := differ("", without(has, "jwt", "anonymous"), without(want, "jwt"))
	there, twice := byIssuer(has["jwt"])
	asked, _ := byIssuer(want["jwt"])
	if twice != "" {
		return Comparison{}, errors.New("what is deployed has the issuer " + twice + " twice, which no API server takes")
	}
	return Comparison{append(out, differ("jwt", there, asked)...), "the API server's configuration"}, nil
}

// byIssuer are authenticators by their issuer's URL.
func byIssuer(jwt any) (all map[string]any, twice string) {
	all = map[string]any{}
	for _, v := range list(jwt) {
		m, _ := v.(map[string]any)
		issuer, _ := m["issuer"].(map[string]any)
		url, _ := issuer["url"].(string)
		if _, ok := all[url]; ok {
			twice = url
		}
		all[url] = v
	}
	return all, twice
}

// differs compares a trust policy's file.
func (b *stsPolicy) differs(src []byte) (Comparison, error) {
	has, err := readMap(src)
	if err != nil {
		return Comparison{}, err
	}
	want, _ := asRead(b.object()).(map[string]any)
	return Comparison{Differences: differ("", has, want)}, nil
}

func readMap(src []byte) (map[string]any, error) {
	v, err := readDeployed(src)
	m, ok := v.(map[string]any)
	if err == nil && !ok {
		err = errors.New("what is deployed isn't an object")
	}
	return m, err
}

// each are the items of a list, without what names them and what says nothing.
func each(v any, names ...string) []any {
	var out []any
	for _, item := range list(v) {
		m, ok := item.(map[string]any)
		if !ok {
			out = append(out, item)
			continue
		}
		kept := map[string]any{}
		for name, value := range m {
			if value != nil && !slices.Contains(names, name) && !strings.HasPrefix(name, "@odata.") {
				kept[name] = value
			}
		}
		out = append(out, kept)
	}
	return out
}
