package rules

import _ "embed"

//go:embed secrets.toml
var secretRules string

// SecretRules is secrets.toml: the kinds of credential that curfew finds beyond gitleaks' own rules, in
// gitleaks' configuration format.
func SecretRules() []byte { return []byte(secretRules) }
