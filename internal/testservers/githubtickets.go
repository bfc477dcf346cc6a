package testservers

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Open lets somebody make an issue, whose number it returns. What happens to it from then on is in its timeline.
func (g *GitHub) Open(repo int64, by, title string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.repos[repo].track(Issue{Open: true, Title: title, Author: g.account(by), Created: g.clock()}, g.clock())
	return t.now().Number
}

// Label puts a label on an issue, which does nothing where it has it.
func (g *GitHub) Label(repo int64, number int, by, label string) {
	g.happen(repo, number, by, "labeled", func(s *Issue, e map[string]any) bool {
		has := slices.Contains(s.Labels, label)
		s.Labels, e["label"] = append(s.Labels, label), map[string]any{"name": label, "color": "ededed"}
		return !has
	})
}

// Unlabel takes a label off.
func (g *GitHub) Unlabel(repo int64, number int, by, label string) {
	g.happen(repo, number, by, "unlabeled", func(s *Issue, e map[string]any) bool {
		n := len(s.Labels)
		s.Labels = slices.DeleteFunc(s.Labels, func(l string) bool { return l == label })
		e["label"] = map[string]any{"name": label, "color": "ededed"}
		return len(s.Labels) < n
	})
}

// RenameLabel gives a label another name wherever it is. Timelines keep the names that labels had.
func (g *GitHub) RenameLabel(repo int64, label, as string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.repos[repo].issues {
		t.change(g.clock(), func(s *Issue) {
			for i, l := range s.Labels {
				if l == label {
					s.Labels[i] = as
				}
			}
		})
	}
}

// Say writes a comment, of which the number is returned.
func (g *GitHub) Say(repo int64, number int, by, text string) int {
	g.happen(repo, number, by, "commented", func(s *Issue, e map[string]any) bool {
		at := e["created_at"]
		maps.Copy(e, map[string]any{"body": text, "user": e["actor"], "updated_at": at, "author_association": "MEMBER"})
		delete(e, "commit_id")
		delete(e, "commit_url")
		s.Comments = append(s.Comments, Comment{Author: g.people[by], Body: text, At: g.clock()})
		return true
	})
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.repos[repo].issues[number-1].history) - 1
}

// EditComment changes what Say wrote, which leaves no event. Who may write to the repository can do it to anybody's.
func (g *GitHub) EditComment(repo int64, number, comment int, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.repos[repo].issues[number-1].history[comment]
	e["body"], e["updated_at"] = text, g.clock().Add(time.Second).UTC().Format(time.RFC3339)
}

// DeleteComment takes away what Say wrote. Who may write to the repository can do it to anybody's.
func (g *GitHub) DeleteComment(repo int64, number, comment int, by string) {
	g.mu.Lock()
	t := g.repos[repo].issues[number-1]
	t.history = slices.Delete(t.history, comment, comment+1)
	g.mu.Unlock()
	g.Event(repo, number, by, "comment_deleted")
}

// HideComment minimizes what Say wrote.
func (g *GitHub) HideComment(repo int64, number, comment int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].issues[number-1].history[comment]["minimized"] = map[string]any{"reason": "outdated"}
}

// Event lets something happen that has no members of its own: closed, reopened, locked, transferred.
func (g *GitHub) Event(repo int64, number int, by, kind string) {
	g.happen(repo, number, by, kind, func(s *Issue, _ map[string]any) bool {
		s.Open = kind != "closed" && (s.Open || kind == "reopened")
		return true
	})
}

// Retitle gives an issue another title.
func (g *GitHub) Retitle(repo int64, number int, by, title string) {
	g.happen(repo, number, by, "renamed", func(s *Issue, e map[string]any) bool {
		e["rename"] = map[string]any{"from": s.Title, "to": title}
		s.Title = title
		return true
	})
}

// Transfer moves an issue, with its labels and its history, to another repository, and returns its number there.
func (g *GitHub) Transfer(repo int64, number int, by string, to int64) int {
	g.mu.Lock()
	from := g.repos[repo].issues[number-1]
	t := g.repos[to].track(from.now(), g.clock())
	t.history = slices.Clone(from.history)
	n := t.now().Number
	from.moved = g.API() + "/repositories/" + strconv.FormatInt(to, 10) + "/issues/" + strconv.Itoa(n)
	g.mu.Unlock()
	g.Event(to, n, by, "transferred")
	return n
}

// RenameAccount gives an account another name; its id stays, and nobody goes by the old one.
func (g *GitHub) RenameAccount(login, as string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.people[as] = g.account(login)
	g.gone[login] = true
}

func (g *GitHub) sendAccount(w http.ResponseWriter, r *http.Request) {
	login := r.PathValue("login")
	if g.gone[login] {
		refuse(w, http.StatusNotFound)
		return
	}
	about := g.person(login)
	about["user_view_type"] = "private" // as sendUser's
	sendJSON(w, about)
}

// ByApp marks the newest event of an issue as one of an app in somebody's name.
func (g *GitHub) ByApp(repo int64, number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.repos[repo].issues[number-1]
	t.history[len(t.history)-1]["performed_via_github_app"] = map[string]any{"id": 7, "name": "helper"}
}

// happen changes an issue, and adds an event to its timeline where with says that anything happened.
func (g *GitHub) happen(repo int64, number int, by, kind string, with func(*Issue, map[string]any) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.repos[repo].issues[number-1]
	e := map[string]any{
		"event": kind, "actor": g.person(by), "created_at": g.clock().UTC().Format(time.RFC3339),
		"commit_id": nil, "commit_url": nil, "performed_via_github_app": nil,
	}
	t.change(g.clock(), func(s *Issue) {
		if with(s, e) {
			t.history = append(t.history, e)
		}
	})
}

// account is the id of an account, which is there from its first use on.
func (g *GitHub) account(login string) int64 {
	if g.people[login] == 0 {
		g.people[login] = 2001 + int64(len(g.people))
	}
	return g.people[login]
}

// person is an account as answers have it.
func (g *GitHub) person(login string) map[string]any {
	kind := map[bool]string{true: "Bot", false: "User"}[strings.HasSuffix(login, "[bot]")]
	return map[string]any{"login": login, "id": g.account(login), "type": kind}
}

func (g *GitHub) sendTimeline(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if t := issueOf(w, r, repo); t != nil {
		g.sendPage(w, r, "", t.history)
	}
}
