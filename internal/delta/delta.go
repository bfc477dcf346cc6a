// Package delta says how one version of a text is made of another: which bytes it takes over, and which
// are new. The object database reads it off git's packs; the secret engine looks only at what is new.
package delta

// Copy is a run of bytes that a text takes over from its base. Offsets and the length are in bytes; no
// text here is larger than 2 GiB.
type Copy struct {
	Dst int32 // where the run stands in the text
	Src int32 // where it stands in the base
	Len int32
}

// MinCopy is the length of the shortest copy that is told: bytes that are taken over in smaller pieces count
// as new. It bounds the memory that the copies of a hostile delta take.
const MinCopy = 16
