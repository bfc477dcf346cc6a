// Package engine finds what gitleaks' rules match in bytes, exactly as gitleaks' library does and at a
// fraction of its cost: one pass for all keywords, a rule's regular expression only around what it needs,
// and of a version of a text only what its delta adds.
package engine
