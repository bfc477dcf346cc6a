// Package manifest is the system of record: which CI identity is entitled to what, owned by whom,
// until when. It decodes manifests and organisation policies with exact positions and all errors at
// once, compares two of them in plain words, and decides. It is pure: no I/O, no clock.
package manifest

//go:generate go run ./schemagen
