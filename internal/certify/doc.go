// Package certify reviews entitlements: who must certify what by when, what of it was used, and what that
// calls for: renewing, narrowing to what was used, removing, or recording a suspension. It proposes; owners
// decide, and what they merge is what holds. A suspension waits for nobody: manifest.Decide computes it, and
// what is proposed here only writes it down. It is pure.
package certify
