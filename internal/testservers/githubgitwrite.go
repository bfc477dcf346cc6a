package testservers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// gitObject is what a request says of an object or a ref.
type gitObject struct {
	Content  string          `json:"content"`
	Encoding string          `json:"encoding"`
	BaseTree string          `json:"base_tree"`
	Message  string          `json:"message"`
	Tree     json.RawMessage `json:"tree"` // entries, or a commit's id
	Parents  []string        `json:"parents"`
	Ref      string          `json:"ref"`
	SHA      string          `json:"sha"`
	Force    bool            `json:"force"`
}

// readObject reads it; where there is no such repository, it has answered.
func readObject(w http.ResponseWriter, r *http.Request, repo *hosted) (o gitObject, ok bool) {
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || repo == nil {
		refuse(w, http.StatusNotFound)
		return o, false
	}
	return o, true
}

func (g *GitHub) makeBlob(w http.ResponseWriter, r *http.Request, repo *hosted) {
	o, ok := readObject(w, r, repo)
	if !ok {
		return
	}
	content := []byte(o.Content)
	if o.Encoding == "base64" {
		var err error
		if content, err = base64.StdEncoding.DecodeString(o.Content); err != nil {
			refuse(w, http.StatusUnprocessableEntity)
			return
		}
	}
	id := objectID("blob", string(content))
	g.objects[id] = content
	sendMade(w, map[string]any{"sha": id})
}

func (g *GitHub) makeTree(w http.ResponseWriter, r *http.Request, repo *hosted) {
	o, ok := readObject(w, r, repo)
	if !ok {
		return
	}
	var entries []struct{ Path, Mode, SHA string }
	if err := json.Unmarshal(o.Tree, &entries); err != nil || o.BaseTree != "" && g.trees[o.BaseTree] == nil {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	leaves := map[string]leaf{}
	g.leaves(o.BaseTree, "", leaves)
	for _, e := range entries {
		content, known := g.objects[e.SHA]
		if !known {
			refuse(w, http.StatusUnprocessableEntity)
			return
		}
		leaves[e.Path] = leaf{e.Mode, e.SHA, len(content)}
	}
	id := g.plant(leaves)
	sendMade(w, map[string]any{"sha": id, "tree": g.trees[id], "truncated": false})
}

// leaves are the files of a tree and those below it.
func (g *GitHub) leaves(tree, below string, into map[string]leaf) {
	for _, e := range g.trees[tree] {
		path := below + text(e["path"])
		if e["type"] == "tree" {
			g.leaves(text(e["sha"]), path+"/", into)
			continue
		}
		size, _ := e["size"].(int)
		into[path] = leaf{text(e["mode"]), text(e["sha"]), size}
	}
}

func (g *GitHub) makeCommit(w http.ResponseWriter, r *http.Request, repo *hosted) {
	o, ok := readObject(w, r, repo)
	if !ok {
		return
	}
	var tree string
	unknown := slices.ContainsFunc(o.Parents, func(p string) bool { return g.commits[p].repo != repo.id })
	if err := json.Unmarshal(o.Tree, &tree); err != nil || g.trees[tree] == nil || unknown {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	id := g.record(commit{repo: repo.id, tree: tree, author: "github-actions[bot]", message: o.Message, parents: o.Parents, at: g.clock(), verified: true})
	sendMade(w, g.commits[id].show(id))
}

// record keeps a commit by an id that is its own.
func (g *GitHub) record(c commit) string {
	id := objectID("commit", fmt.Sprintf("tree %s\nparents %q\nauthor %s %d\n\n%s", c.tree, c.parents, c.author, c.at.UnixNano(), c.message))
	g.commits[id] = c
	return id
}

func (c commit) show(id string) map[string]any {
	parents := make([]any, len(c.parents))
	for n, p := range c.parents {
		parents[n] = map[string]any{"sha": p, "url": "", "html_url": ""}
	}
	who := map[string]any{"name": c.author, "email": "x@example.invalid", "date": c.at.UTC().Format(time.RFC3339)}
	return map[string]any{
		"sha": id, "tree": map[string]any{"sha": c.tree}, "message": c.message, "parents": parents, "author": who, "committer": who,
	}
}

// descends reports whether a commit is another one or comes after it.
func (g *GitHub) descends(id, from string) bool {
	return id == from || slices.ContainsFunc(g.commits[id].parents, func(p string) bool { return p != "" && g.descends(p, from) })
}

func showRef(ref, sha string) map[string]any {
	return map[string]any{"ref": ref, "object": map[string]any{"type": "commit", "sha": sha}}
}

func (g *GitHub) makeRef(w http.ResponseWriter, r *http.Request, repo *hosted) {
	o, ok := readObject(w, r, repo)
	if !ok {
		return
	}
	branch, isBranch := strings.CutPrefix(o.Ref, "refs/heads/")
	blocked := slices.ContainsFunc(repo.names(), func(b string) bool {
		return b == branch || strings.HasPrefix(branch, b+"/") || strings.HasPrefix(b, branch+"/")
	})
	if !isBranch || blocked || g.commits[o.SHA].repo != repo.id {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	repo.branches[branch] = o.SHA
	sendMade(w, showRef(o.Ref, o.SHA))
}

func (h *hosted) names() []string {
	var all []string
	for name := range h.branches {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (g *GitHub) moveRef(w http.ResponseWriter, r *http.Request, repo *hosted) {
	o, ok := readObject(w, r, repo)
	if !ok {
		return
	}
	branch := r.PathValue("branch")
	tip := repo.branches[branch]
	if tip == "" || g.commits[o.SHA].repo != repo.id || !o.Force && !g.descends(o.SHA, tip) {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	repo.branches[branch] = o.SHA
	sendJSON(w, showRef("refs/heads/"+branch, o.SHA))
}

// dropRef removes a branch, which closes what it would have been merged by.
func (g *GitHub) dropRef(w http.ResponseWriter, r *http.Request, repo *hosted) {
	branch := r.PathValue("branch")
	if repo == nil || repo.branches[branch] == "" {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	for _, p := range repo.pulls {
		if p.of.now().Open && p.Head == branch && p.HeadRepo == 0 {
			p.freeze(repo)
			p.of.change(g.clock(), func(i *Issue) { i.Open = false })
		}
	}
	delete(repo.branches, branch)
	w.WriteHeader(http.StatusNoContent)
}

func (g *GitHub) sendMatching(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	found := []map[string]any{}
	for _, name := range repo.names() {
		if strings.HasPrefix(name, r.PathValue("branch")) {
			found = append(found, showRef("refs/heads/"+name, repo.branches[name]))
		}
	}
	sendJSON(w, found)
}
