package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// licenceFile matches the files that say under which terms a folder is.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense|notice|patents)([.-].*)?$`)

// ofGo begins the name of what is of no module.
const ofGo = "Go's standard library and runtime "

// isAside reports whether a file of terms is no licence by itself, but goes with one.
func isAside(name string) bool {
	name = strings.ToLower(filepath.Base(name))
	return strings.HasPrefix(name, "notice") || strings.HasPrefix(name, "patents")
}

// linked is a package that is in a binary, as go list tells of it.
type linked struct {
	Dir      string
	Standard bool
	Module   *linkedModule
}

type linkedModule struct {
	Path, Version, Dir string
	Main               bool
	Replace            *struct{ Path string }
}

// terms are the terms of one module, by the paths of the files that say them.
type terms struct {
	name  string // module and version
	ids   []string
	files map[string][]byte
}

// notices writes the terms of all that is in a release's binaries: curfew's own, and those of the modules that any platform's binary
// links. A module without a licence, or with one that isn't known, is an error.
func notices(ctx context.Context, repo, into string) error {
	own, err := os.ReadFile(filepath.Join(repo, "LICENSE")) //nolint:gosec // the repository's own
	if err != nil {
		return err
	}
	found := map[string]*terms{}
	for _, p := range platforms() {
		packages, err := linkedInto(ctx, repo, p)
		if err != nil {
			return err
		}
		for i := range packages {
			if err := packages[i].termsInto(found); err != nil {
				return err
			}
		}
	}
	out, err := output(ctx, repo, nil, "go", "env", "GOROOT")
	if err != nil {
		return err
	}
	goRoot := strings.TrimSpace(string(out))
	found[""] = &terms{name: ofGo + runtime.Version(), files: map[string][]byte{}}
	if err := found[""].read(goRoot, goRoot); err != nil {
		return err
	}
	text, err := noticeText(own, found)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(into), 0o755); err != nil { //nolint:gosec // it's to be published
		return err
	}
	return publish(into, text)
}

// linkedInto lists the packages that a platform's binary is made of, as .goreleaser.yaml builds it.
func linkedInto(ctx context.Context, repo string, p platform) ([]linked, error) {
	env := []string{"CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOOS=" + p.os, "GOARCH=" + p.arch}
	out, err := output(ctx, repo, env, "go", "list", "-deps", "-json=Dir,Standard,Module", "./cmd/curfew")
	if err != nil {
		return nil, err
	}
	var all []linked
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l linked
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, l)
	}
}

func output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // go, by names of ours
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}

// termsInto adds the terms of a package to those of its module: a folder within one can have terms of its own.
func (l *linked) termsInto(found map[string]*terms) error {
	switch m := l.Module; {
	case l.Standard, m != nil && m.Main:
		return nil
	case m == nil:
		return fmt.Errorf("%s is of no module: whose terms hold?", l.Dir)
	case m.Replace != nil:
		return fmt.Errorf("%s %s is replaced by %s in go.mod: a release is built of modules as they are published", m.Path, m.Version, m.Replace.Path)
	case m.Dir == "":
		return fmt.Errorf("%s %s isn't in the module cache: run go mod download", m.Path, m.Version)
	}
	t := found[l.Module.Path]
	if t == nil {
		t = &terms{name: l.Module.Path + " " + l.Module.Version, files: map[string][]byte{}}
		found[l.Module.Path] = t
	}
	return t.read(l.Module.Dir, l.Dir)
}

// read reads the files of terms from a folder up to its module's root.
func (t *terms) read(root, dir string) error {
	for {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			if !licenceFile.MatchString(e.Name()) || !e.Type().IsRegular() || strings.HasSuffix(name, ".go") {
				continue
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			if t.files[filepath.ToSlash(rel)], err = os.ReadFile(name); err != nil { //nolint:gosec // of the module cache
				return err
			}
		}
		if dir == root {
			return nil
		}
		if dir = filepath.Dir(dir); !strings.HasPrefix(dir, root) {
			return fmt.Errorf("%s isn't below %s", dir, root)
		}
	}
}

// judge names the licences of a module.
func (t *terms) judge(all []licence) error {
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		ids, err := recognise(all, string(t.files[name]))
		switch {
		case err != nil:
			return fmt.Errorf("%s: %s: %w", t.name, name, err)
		case isAside(name):
			continue
		case len(ids) == 0:
			return fmt.Errorf("%s: %s holds no licence that we know: expected one of internal/release/licences", t.name, name)
		}
		t.ids = append(t.ids, ids...)
	}
	if len(t.ids) == 0 {
		return fmt.Errorf("%s has no licence file: nobody may hand it on: use another module", t.name)
	}
	slices.Sort(t.ids)
	t.ids = slices.Compact(t.ids)
	return nil
}
