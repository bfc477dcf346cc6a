package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// project is where what isn't part of the site can be looked at.
const project = "https://github.com/curfew-ci/curfew/tree/main/"

// group is a part of the navigation.
type group struct {
	title string
	pages []string // Markdown files, from the project's root
}

// groups are the pages in the order in which they are listed. The rules' own pages are below docs/rules.md and stand in
// the contents alone. A page that is in no group is an error, so that none is forgotten.
func groups() []group {
	docs := func(names ...string) []string {
		for i := range names {
			names[i] = "docs/" + names[i] + ".md"
		}
		return names
	}
	return []group{
		{"Start", append([]string{"README.md"}, docs("start/developer", "start/security", "start/pipeline", "start/owner", "faq", "migrate", "comparison")...)},
		{"Entitle", docs("manifest", "manifest-reference", "org-reference", "decide", "policy", "certify")},
		{"Scan", append(docs("rules", "coverage", "suppression", "inventory", "sarif", "verify", "revoke", "tickets"), "internal/ticket/revoke.md")},
		{"Lease", docs("leases", "providers", "trust", "action", "workflows", "gitlab", "break-glass", "recording", "ledger", "threat-model")},
		{"Look up", docs("cli", "release", "ghes", "quality", "performance")},
		{"Project", []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}},
	}
}

// site is what is being built.
type site struct {
	root   fs.FS
	listed []string // the pages' Markdown files
	pages  []*page
	files  map[string]bool // that pages link to and that are copied as they are
}

// build makes all files of the site, by their paths in it.
func build(root fs.FS) (map[string][]byte, error) {
	s := &site{root: root, files: map[string]bool{}}
	var err error
	if s.listed, err = s.names(); err != nil {
		return nil, err
	}
	for _, name := range s.listed {
		p, err := s.read(name)
		if err != nil {
			return nil, err
		}
		s.pages = append(s.pages, p)
	}
	return s.render()
}

// names are the pages of all groups, and then the rules'. What lies where pages lie and is in no group is an error.
func (s *site) names() ([]string, error) {
	var listed []string
	for _, g := range groups() {
		listed = append(listed, g.pages...)
	}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/start/*.md", "docs/rules/*.md"} {
		found, err := fs.Glob(s.root, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			switch {
			case strings.HasPrefix(name, "docs/rules/"):
				listed = append(listed, name)
			case !slices.Contains(listed, name):
				return nil, fmt.Errorf("%s is in no group of the navigation: add it in internal/docsite/site.go", name)
			}
		}
	}
	return listed, nil
}

// address is where a page or file is in the site.
func address(name string) string {
	if name == "README.md" {
		return "index.html"
	}
	if base, ok := strings.CutSuffix(name, ".md"); ok {
		return base + ".html"
	}
	return name
}

// link leads from one page to a target that stands in its Markdown: to a page, to a file that is copied, or to the
// project where it is a folder.
func (s *site) link(from, target string) (string, error) {
	file, anchor, anchored := strings.Cut(target, "#")
	if strings.Contains(target, ":") || file == "" {
		return target, nil
	}
	name := path.Join(path.Dir(from), file)
	info, err := fs.Stat(s.root, name)
	if err != nil {
		return "", fmt.Errorf("%s links to %s: %w", from, target, err)
	}
	if info.IsDir() {
		return project + name, nil
	}
	if !slices.Contains(s.listed, name) {
		s.files[name] = true
	}
	out := relative(address(from), address(name))
	if anchored {
		out += "#" + anchor
	}
	return out, nil
}

// relative leads from one path of the site to another.
func relative(from, to string) string {
	return strings.Repeat("../", strings.Count(from, "/")) + to
}

// copy adds the files that pages link to.
func (s *site) copy(into map[string][]byte) error {
	for name := range s.files {
		content, err := fs.ReadFile(s.root, name)
		if err != nil {
			return err
		}
		into[name] = content
	}
	return nil
}
