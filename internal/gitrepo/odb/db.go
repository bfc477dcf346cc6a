package odb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// DB is an open object database: the packs and loose objects of a folder and of its alternates. Its
// methods may be called by several goroutines, but for Close.
//
// Nothing is verified by its hash: git does that as it receives objects, and it would cost more than all
// the reading. Who decides by an object must compare it with Hash.Sum. What is damaged in a way that reading notices is reported.
type DB struct {
	hash     Hash
	packs    []*pack
	loose    []*looseSet
	n        int
	promised bool
	faults   faults
}

// Open opens the database of a folder "objects". What of it can't be read is in Faults; an error means that
// there is no such folder. The time it takes goes by the number of packs and of loose objects, not by how large they are. Close it after use.
func Open(objects string, hash Hash) (*DB, error) {
	if info, err := os.Stat(objects); err != nil { //nolint:gosec // the caller's folder
		return nil, fmt.Errorf("open the object database %s: %w", objects, cause(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("open the object database %s: not a folder", objects)
	}
	db := &DB{hash: hash}
	folders, found := withAlternates(objects)
	db.note(found...)
	for _, folder := range folders {
		db.addPacks(filepath.Join(folder, "pack"))
	}
	for _, folder := range folders {
		set, found := listLoose(folder, hash.Size())
		db.note(found...)
		if first, ok := db.number(folder, set.len()); ok && set.len() > 0 {
			set.first = first
			db.loose = append(db.loose, set)
		}
	}
	return db, nil
}

const (
	// maxPacks bounds the packs that are opened: each takes two mappings, of which a system gives a process some
	// ten thousands. git gc leaves one.
	maxPacks = 10_000
	// maxObjects bounds what an index may claim to have before any of it is seen. The largest public repositories
	// have less than half of it.
	maxObjects = 1 << 26
)

func (db *DB) note(found ...Fault) {
	for _, fault := range found {
		db.faults.add(fault)
	}
}

// number takes the next n numbers.
func (db *DB) number(path string, n int) (Num, bool) {
	if n > maxObjects-db.n {
		db.note(Fault{Path: path, What: fmt.Sprintf("more objects than are read: %d", maxObjects)})
		return 0, false
	}
	first := Num(db.n) //nolint:gosec // at most MaxInt32
	db.n += n
	return first, true
}

// addPacks opens the packs of a folder in the order of their names. Only "pack-*" are packs: git writes
// unfinished ones under other names.
func (db *DB) addPacks(dir string) {
	names, err := fileNames(dir)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			db.note(Fault{Path: dir, What: cause(err).Error()})
		}
		return
	}
	slices.Sort(names)
	for _, name := range names {
		stem, ending := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
		if !strings.HasPrefix(stem, "pack-") {
			continue
		}
		path := filepath.Join(dir, stem)
		switch ending {
		case ".promisor":
			db.promised = true
		case ".pack":
			if _, ok := slices.BinarySearch(names, stem+".idx"); !ok {
				db.note(Fault{Path: path + ".pack", What: "a pack without its index"})
			}
		case ".idx":
			if _, ok := slices.BinarySearch(names, stem+".pack"); !ok {
				db.note(Fault{Path: path + ".idx", What: "an index without its pack"})
				continue
			}
			if len(db.packs) == maxPacks {
				db.note(Fault{Path: dir, What: fmt.Sprintf("more packs than are read: %d", maxPacks)})
				return
			}
			db.addPack(path)
		}
	}
}

func (db *DB) addPack(path string) {
	p, found, err := openPack(path+".pack", path+".idx", db.hash.Size())
	db.note(found...)
	if err != nil {
		return // told in found
	}
	first, ok := db.number(p.file.path, p.idx.n)
	if !ok {
		_ = p.close()
		return
	}
	p.first = first
	db.packs = append(db.packs, p)
}

// Close releases the files. Nothing of the database may be used any more.
func (db *DB) Close() error {
	var errs []error
	for _, p := range db.packs {
		errs = append(errs, p.close())
	}
	db.packs, db.loose, db.n = nil, nil, 0
	return errors.Join(errs...)
}

// Hash is the hash function of the database's ids.
func (db *DB) Hash() Hash { return db.hash }

// Len is the number of stored objects; each has a Num below it.
func (db *DB) Len() int { return db.n }

// Promised reports whether the repository is a partial clone: an object that is missing may be one that
// was never fetched.
func (db *DB) Promised() bool { return db.promised }

// Faults lists what Open could not read: packs, indexes, alternates.
func (db *DB) Faults() []Fault { return db.faults.list() }

// Find looks an object up.
func (db *DB) Find(id ID) (Num, bool) { return db.FindRaw(id.Raw()) }

// FindRaw is Find by the id's bytes, as a tree holds them.
func (db *DB) FindRaw(raw []byte) (Num, bool) {
	if len(raw) != db.hash.Size() {
		return 0, false
	}
	for _, p := range db.packs {
		if pos, ok := p.idx.find(raw); ok {
			return p.first + Num(pos), true //nolint:gosec // below the numbers' limit
		}
	}
	for _, l := range db.loose {
		if pos, ok := l.find(raw); ok {
			return l.first + Num(pos), true //nolint:gosec // below the numbers' limit
		}
	}
	return 0, false
}

// ID is the id of object n.
func (db *DB) ID(n Num) ID {
	id, _ := RawID(db.raw(n))
	return id
}

// place is where an object is stored: in a pack or loose.
type place struct {
	pack  *pack
	loose *looseSet
	pos   int // in the order of ids
}

// place finds the store of n.
func (db *DB) place(n Num) place {
	i := 0
	if len(db.packs) > 1 {
		i = sort.Search(len(db.packs), func(i int) bool { return db.packs[i].after() > n })
	}
	if i < len(db.packs) && n < db.packs[i].after() {
		return place{pack: db.packs[i], pos: int(n - db.packs[i].first)}
	}
	for _, l := range db.loose {
		if pos := int(n - l.first); pos < l.len() {
			return place{loose: l, pos: pos}
		}
	}
	panic(fmt.Sprintf("object %d of %d", n, db.n)) // a number that is not of this database
}

// after is the first number behind the pack's.
func (p *pack) after() Num { return p.first + Num(p.idx.n) } //nolint:gosec // below the numbers' limit

// raw is the id of object n.
func (db *DB) raw(n Num) []byte {
	at := db.place(n)
	if at.pack != nil {
		return at.pack.idx.id(at.pos)
	}
	return at.loose.id(at.pos)
}

// path is the file that object n is stored in.
func (db *DB) path(n Num) string {
	at := db.place(n)
	if at.pack != nil {
		return at.pack.file.path
	}
	return at.loose.path(at.pos)
}

// fault says what is wrong with object n.
func (db *DB) fault(n Num, err error) Fault {
	return Fault{Path: db.path(n), ID: db.ID(n), What: err.Error()}
}
