package history

import "github.com/curfew-ci/curfew/internal/gitrepo/odb"

// noFiles adds the paths at which trees have something that no walk over files comes by: a tree can name any object
// as a file, and one that is made of something damaged has no kind.
func (s *search) noFiles(to skips) {
	for n := range odb.Num(s.db.Len()) { //nolint:gosec // Nums are below it
		kind := s.forest.Kind(n)
		if kind == odb.Blob || !s.history.Reaches(n) {
			continue
		}
		w := why{"damaged", "run git fsck, and clone the repository anew"}
		if kind != 0 {
			w = why{"named as a file, and a " + kind.String(), "run git fsck; git show prints what is there"}
		}
		for _, pair := range s.history.Pairs(n) {
			to.add(pair.Path, w)
		}
	}
}
