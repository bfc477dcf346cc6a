// Package redact holds the one type that a secret's value lives in, and the masker that keeps values
// out of whatever text leaves the process. It imports nothing of ours.
//
// A text is masked twice over: by place, for every range that a detector found in a file (MaskRanges),
// and by value, wherever and however a value turns up (Masker).
package redact
