package testservers

import (
	"cmp"
	"crypto/sha1" // by which git names objects
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Commit puts a commit with just these files on a branch, and returns its id. A path may have its mode before it:
// "120000 link" is a symbolic link, "160000 module" a submodule, whose text is the commit.
func (g *GitHub) Commit(repo int64, branch, author string, files map[string]string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	leaves := map[string]leaf{}
	for name, text := range files {
		mode, path, moded := strings.Cut(name, " ")
		if !moded {
			mode, path = "100644", name
		}
		id := text
		if mode != "160000" {
			id = objectID("blob", text)
			g.objects[id] = []byte(text)
		}
		leaves[path] = leaf{mode, id, len(text)}
	}
	tree := g.plant(leaves)
	parent := g.repos[repo].branches[branch]
	id := objectID("commit", fmt.Sprintf("tree %s\nparent %s\nauthor %s\n\non %s\n", tree, parent, author, branch))
	c := commit{repo: repo, tree: tree, author: author, at: g.clock()}
	if parent != "" {
		c.parents = []string{parent}
	}
	g.commits[id] = c
	g.repos[repo].branches[branch] = id
	return id
}

// leaf is a file of a tree.
type leaf struct {
	mode, id string
	size     int
}

// plant makes the tree of files and those below it.
func (g *GitHub) plant(leaves map[string]leaf) string {
	below := map[string]map[string]leaf{}
	var entries []map[string]any
	for path, l := range leaves {
		if dir, rest, nested := strings.Cut(path, "/"); nested {
			if below[dir] == nil {
				below[dir] = map[string]leaf{}
			}
			below[dir][rest] = l
			continue
		}
		kind := map[bool]string{true: "commit", false: "blob"}[l.mode == "160000"]
		entries = append(entries, map[string]any{"path": path, "mode": l.mode, "type": kind, "sha": l.id, "size": l.size})
	}
	for dir, inside := range below {
		entries = append(entries, map[string]any{"path": dir, "mode": "040000", "type": "tree", "sha": g.plant(inside)})
	}
	slices.SortFunc(entries, func(a, b map[string]any) int { return cmp.Compare(sortName(a), sortName(b)) })
	var raw strings.Builder
	for _, e := range entries {
		id, err := hex.DecodeString(text(e["sha"]))
		if err != nil {
			panic("a submodule needs a commit's id: " + err.Error())
		}
		fmt.Fprintf(&raw, "%s %s\x00%s", strings.TrimPrefix(text(e["mode"]), "0"), text(e["path"]), id)
	}
	id := objectID("tree", raw.String())
	g.trees[id] = entries
	return id
}

// sortName is what git sorts an entry by.
func sortName(e map[string]any) string {
	if e["type"] == "tree" {
		return text(e["path"]) + "/"
	}
	return text(e["path"])
}

func text(v any) string { return fmt.Sprint(v) }

func objectID(kind, content string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(content), content))
	return hex.EncodeToString(sum[:])
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"message":%q}`, http.StatusText(status)) // who hung up doesn't wait for it
}

func (g *GitHub) sendRepository(w http.ResponseWriter, _ *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	sendJSON(w, repo.json())
}

func (h *hosted) json() map[string]any {
	owner, name, _ := strings.Cut(h.name, "/")
	return map[string]any{
		"id": h.id, "full_name": h.name, "name": name, "default_branch": h.defaultBranch, "private": true,
		"owner": map[string]any{"login": owner, "id": h.owner, "type": "Organization"},
	}
}

func (g *GitHub) sendRef(w http.ResponseWriter, r *http.Request, repo *hosted) {
	branch := r.PathValue("branch")
	if repo == nil || repo.branches[branch] == "" {
		refuse(w, http.StatusNotFound)
		return
	}
	sendJSON(w, showRef("refs/heads/"+branch, repo.branches[branch]))
}

func (g *GitHub) sendGitCommit(w http.ResponseWriter, r *http.Request, repo *hosted) {
	sha := r.PathValue("sha")
	if c, ok := g.commits[sha]; ok && repo != nil && c.repo == repo.id {
		sendJSON(w, c.show(sha))
		return
	}
	refuse(w, http.StatusNotFound)
}

func (g *GitHub) sendCommit(w http.ResponseWriter, r *http.Request, repo *hosted) {
	sha := r.PathValue("sha")
	if c, ok := g.commits[sha]; ok && repo != nil && c.repo == repo.id {
		sendJSON(w, map[string]any{"sha": sha, "author": map[string]any{"login": c.author}, "commit": map[string]any{"tree": map[string]any{"sha": c.tree}}})
		return
	}
	refuse(w, http.StatusNotFound)
}

func (g *GitHub) sendTree(w http.ResponseWriter, r *http.Request, repo *hosted) {
	sha := r.PathValue("sha")
	if entries, ok := g.trees[sha]; ok && repo != nil {
		sendJSON(w, map[string]any{"sha": sha, "tree": entries, "truncated": false})
		return
	}
	refuse(w, http.StatusNotFound)
}

func (g *GitHub) sendBlob(w http.ResponseWriter, r *http.Request, repo *hosted) {
	content, ok := g.objects[r.PathValue("sha")]
	if !ok || repo == nil || r.Header.Get("Accept") != "application/vnd.github.raw+json" {
		refuse(w, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.github.raw+json")
	_, _ = w.Write(content) // who hung up doesn't wait for it
}

func (g *GitHub) sendRun(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	run, ok := g.runs[runKey(repo.id, r.PathValue("run"), r.PathValue("which"))]
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	run = maps.Clone(run)
	run["repository"] = repo.json()
	sendJSON(w, run)
}

func (g *GitHub) sendMembers(w http.ResponseWriter, r *http.Request) {
	users, ok := g.teams[r.PathValue("org")+"/"+r.PathValue("slug")]
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	said := make([]map[string]any, len(users))
	for i, login := range users {
		said[i] = map[string]any{"login": login}
	}
	g.sendPage(w, r, "", said)
}
