// Package suppress silences findings that somebody answered for: ignore comments and a baseline file,
// each with a reason and an end. What silences nothing, or no longer may, is itself a finding.
package suppress
