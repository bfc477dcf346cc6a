// Package yamltree reads YAML into nodes with exact extents in the file, aliases and merge keys
// resolved. It is the sole importer of yaml.v3, whose nodes know where they start but not where they
// end.
package yamltree
