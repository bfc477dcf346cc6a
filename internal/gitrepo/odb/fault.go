package odb

import "fmt"

// Fault says what of the object database could not be read, and why.
type Fault struct {
	Path string // the pack, index, loose object or folder
	ID   ID     // the object; zero where the fault is of the whole file, or the object isn't known
	What string // what is wrong, such as "the pack ends within the object"
}

// String tells the fault in one line.
func (f Fault) String() string {
	if f.ID.IsZero() {
		return fmt.Sprintf("%s: %s", f.Path, f.What)
	}
	return fmt.Sprintf("%s: object %s: %s", f.Path, f.ID, f.What)
}

// maxFaults bounds how many faults of one stage are kept; further ones are counted.
const maxFaults = 1000

// faults gathers what is wrong.
type faults struct {
	kept []Fault
	more int
}

func (f *faults) add(fault Fault) {
	if len(f.kept) == maxFaults {
		f.more++
		return
	}
	f.kept = append(f.kept, fault)
}

// list is what was gathered; a last one counts those that were not kept.
func (f *faults) list() []Fault {
	out := f.kept[:len(f.kept):len(f.kept)]
	if f.more > 0 {
		last := f.kept[len(f.kept)-1]
		out = append(out, Fault{Path: last.Path, What: fmt.Sprintf("%d further faults, here and elsewhere", f.more)})
	}
	return out
}
