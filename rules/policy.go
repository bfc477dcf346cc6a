package rules

import _ "embed"

// LeasePolicyPath names the built-in policy in messages, from the project's root.
const LeasePolicyPath = "rules/policy/lease.rego"

//go:embed policy/lease.rego
var leasePolicy string

// LeasePolicy is policy/lease.rego: what every lease must hold to, whatever a manifest says, in Rego.
func LeasePolicy() []byte { return []byte(leasePolicy) }
