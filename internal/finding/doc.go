// Package finding is the one shape in which every check speaks: what is wrong, where, which line of
// the manifest decided, what to do, and a fingerprint that survives moved lines.
package finding
