// Package docs holds the JSON Schemas of manifests and policies for the program to print. It is a Go package at the top level
// because go:embed can't reach "..".
package docs

import _ "embed" // for the schemas

//go:embed manifest.schema.json
var manifestSchema string

//go:embed org.schema.json
var orgSchema string

// ManifestSchema is the JSON Schema (draft 2020-12) of a repository's manifest.
func ManifestSchema() string { return manifestSchema }

// OrgSchema is the JSON Schema (draft 2020-12) of an organisation's policy.
func OrgSchema() string { return orgSchema }
