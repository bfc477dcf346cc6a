package odb

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repo is a repository that git made.
type repo struct {
	t   *testing.T
	dir string // the git directory
}

// newRepo makes an empty bare repository.
func newRepo(t *testing.T, hash Hash) *repo {
	t.Helper()
	r := &repo{t: t, dir: filepath.Join(t.TempDir(), "repo.git")}
	r.run(nil, "init", "-q", "--bare", "--object-format="+hash.String(), r.dir)
	r.git(nil, "config", "gc.auto", "0")
	return r
}

func (r *repo) objects() string { return filepath.Join(r.dir, "objects") }

// git runs git in the repository.
func (r *repo) git(stdin []byte, args ...string) []byte {
	r.t.Helper()
	return r.run(stdin, append([]string{"--git-dir=" + r.dir}, args...)...)
}

func (r *repo) run(stdin []byte, args ...string) []byte {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + r.t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=1700000000 +0000",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=1700000000 +0000",
	}
	cmd.Stdin = bytes.NewReader(stdin)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out
}

// fill adds a history of commits, each changing a line or so of some files, by way of fast-import: its pack has
// few deltas. Another seed makes another history.
func (r *repo) fill(commits int, seed uint64) {
	r.t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	files := make([][]string, 6)
	for i := range files {
		for range 20 + random.IntN(200) {
			files[i] = append(files[i], fmt.Sprintf("line %x of file %d", random.Uint64(), i))
		}
	}
	var in bytes.Buffer
	for n := range commits {
		fmt.Fprintf(&in, "commit refs/heads/main%d\ncommitter a <a@example.com> %d +0000\ndata 5\nhello\n", seed, 1700000000+n)
		for i := range files {
			if n > 0 && random.IntN(3) > 0 {
				continue
			}
			files[i][random.IntN(len(files[i]))] = fmt.Sprintf("changed to %x", random.Uint64())
			if random.IntN(4) == 0 {
				files[i] = append(files[i], "one more")
			}
			text := strings.Join(files[i], "\n")
			fmt.Fprintf(&in, "M 100644 inline dir%d/file%d\ndata %d\n%s\n", i%2, i, len(text), text)
		}
		in.WriteString("M 100644 inline empty\ndata 0\n\n")
	}
	r.git(in.Bytes(), "-c", "fastimport.unpackLimit=1", "fast-import", "--quiet")
	r.git(nil, "-c", "tag.gpgSign=false", "tag", "-a", "-m", "a tag", fmt.Sprintf("v%d", seed), fmt.Sprintf("main%d", seed))
}

// object is an object as git knows it.
type object struct {
	kind string
	data []byte
}

// all is every object, as git reads it.
func (r *repo) all() map[string]object {
	r.t.Helper()
	out := r.git(nil, "cat-file", "--batch-all-objects", "--batch")
	in := bufio.NewReader(bytes.NewReader(out))
	objects := map[string]object{}
	for {
		var id, kind string
		var size int
		if _, err := fmt.Fscanf(in, "%s %s %d\n", &id, &kind, &size); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			r.t.Fatal(err)
		}
		data := make([]byte, size+1)
		if _, err := io.ReadFull(in, data); err != nil {
			r.t.Fatal(err)
		}
		objects[id] = object{kind, data[:size]}
	}
}

// openDB opens the repository's database, in which nothing may be wrong.
func (r *repo) openDB(hash Hash) *DB {
	r.t.Helper()
	db, err := Open(r.objects(), hash)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			r.t.Error(err)
		}
	})
	for _, fault := range db.Faults() {
		r.t.Error(fault)
	}
	return db
}

// loosen unpacks all packs.
func (r *repo) loosen() {
	r.t.Helper()
	packs, err := filepath.Glob(filepath.Join(r.objects(), "pack", "*.pack"))
	if err != nil {
		r.t.Fatal(err)
	}
	var contents [][]byte
	for _, pack := range packs { // git doesn't write what it has
		data, err := os.ReadFile(pack)
		if err != nil {
			r.t.Fatal(err)
		}
		contents = append(contents, data)
	}
	if err := os.RemoveAll(filepath.Join(r.objects(), "pack")); err != nil {
		r.t.Fatal(err)
	}
	for _, data := range contents {
		r.git(data, "unpack-objects", "-q")
	}
}
