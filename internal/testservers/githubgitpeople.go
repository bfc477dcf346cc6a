package testservers

// CommitOn puts a person's commit, with the files of the branch's tip and these, on a branch, and returns its id.
func (g *GitHub) CommitOn(repo int64, branch, author, message string, files map[string]string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	tip := g.repos[repo].branches[branch]
	leaves := map[string]leaf{}
	g.leaves(g.commits[tip].tree, "", leaves)
	for path, content := range files {
		id := objectID("blob", content)
		g.objects[id] = []byte(content)
		leaves[path] = leaf{"100644", id, len(content)}
	}
	id := g.record(commit{repo: repo, tree: g.plant(leaves), author: author, message: message, parents: []string{tip}, at: g.clock(), verified: !g.Unsigned})
	g.repos[repo].branches[branch] = id
	return id
}

// Branches are those of a repository, with the commits at their tips.
func (g *GitHub) Branches(repo int64) map[string]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]string{}
	for name, tip := range g.repos[repo].branches {
		out[name] = tip
	}
	return out
}

// FileAt is a file of a branch's tip.
func (g *GitHub) FileAt(repo int64, branch, path string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	leaves := map[string]leaf{}
	g.leaves(g.commits[g.repos[repo].branches[branch]].tree, "", leaves)
	return string(g.objects[leaves[path].id])
}

// Message is what a commit says.
func (g *GitHub) Message(sha string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commits[sha].message
}

// Branch puts a branch on a commit.
func (g *GitHub) Branch(repo int64, branch, sha string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].branches[branch] = sha
}

// Rewind takes the commit at a branch's tip off it.
func (g *GitHub) Rewind(repo int64, branch string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	branches := g.repos[repo].branches
	branches[branch] = g.commits[branches[branch]].parents[0]
}

// Parts are a commit's parents and its tree.
func (g *GitHub) Parts(sha string) (parents []string, tree string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.commits[sha].parents, g.commits[sha].tree
}
