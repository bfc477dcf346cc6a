package github

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestTicketAttacks have a ticket approved by whom it benefits, or for something else than was approved.
func TestTicketAttacks(t *testing.T) {
	for _, tt := range issueAttacks() {
		t.Run(tt.name, tt.run)
	}
	for _, tt := range pullAttacks() {
		t.Run(tt.name, tt.run)
	}
	for _, tt := range ticketAnswers(t) {
		t.Run(tt.name, tt.run)
	}
}

func issueAttacks() []ticketCase {
	// anew takes the approval off, and lets others do what they like.
	anew := func(then func(p *ticketPlace)) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.g.Unlabel(webID, 1, "zoe", "approved"); then(p) }
	}
	label := func(by string) func(p *ticketPlace) {
		return anew(func(p *ticketPlace) { p.g.Label(webID, 1, by, "approved") })
	}
	after := func(kind string) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.g.Event(webID, 1, "mallory", kind) }
	}
	return []ticketCase{
		{"approved by the actor", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "alice", p.web)
			p.g.Label(webID, 1, "alice", "approved")
		}), "", []string{"@alice"}}, // whom the decision bars
		{"approved by the actor under another name", anew(func(p *ticketPlace) {
			p.g.RenameAccount("alice", "alison")
			p.g.Team("acme/web", "zoe", "alison")
			p.g.Say(webID, 1, "alison", p.web)
			p.g.Label(webID, 1, "alison", "approved")
		}), "", []string{"@alice"}},
		{"approved by who started this attempt, under another name", anew(func(p *ticketPlace) {
			p.claims["run_attempt"] = "2"
			p.g.Start(webID, runID, 2, p.web, "push", "bob", p.now)
			p.g.RenameAccount("bob", "robert")
			p.g.Team("acme/web", "robert")
			p.g.Say(webID, 1, "robert", p.web)
			p.g.Label(webID, 1, "robert", "approved")
		}), "", []string{"@bob"}},
		{"runs that can't be read", func(p *ticketPlace) { p.answers("/attempts/1", says(403, "{}")) }, `"actions: read"`, nil},
		{"label by a stranger", label("mallory"), `@mallory set it last, who isn't @acme/web`, nil},
		{"label by a look-alike", label("z0e"), "@z0e set it last", nil},
		{"label by a bot in the team", label("deploy[bot]"), "@deploy[bot] set it last", nil},
		{"label by an owner, taken off and set by the actor", func(p *ticketPlace) {
			p.g.Team("acme/web", "zoe")
			p.g.Unlabel(webID, 1, "alice", "approved")
			p.g.Label(webID, 1, "alice", "approved")
		}, "@alice set it last", nil},
		{"label by an owner, and set by a stranger 1,000 events later", func(p *ticketPlace) {
			p.chatter(1000)
			p.g.Unlabel(webID, 1, "mallory", "approved")
			p.g.Label(webID, 1, "mallory", "approved")
		}, "@mallory set it last", nil},
		{"label taken off", anew(func(*ticketPlace) {}), `hasn't the label "approved"`, nil},
		{"label by an app in an owner's name", func(p *ticketPlace) { p.g.ByApp(webID, 1) }, "a program set it in @zoe's name", nil},
		{"another label that begins so", anew(func(p *ticketPlace) { p.g.Label(webID, 1, "zoe", "approved-not") }), "hasn't the label", nil},
		{"another label that was renamed to it", anew(func(p *ticketPlace) {
			p.g.Label(webID, 1, "zoe", "triaged")
			p.g.RenameLabel(webID, "triaged", "Approved")
		}), "doesn't say who set it", nil},
		{"a stranger's label that was renamed to one that was taken off", func(p *ticketPlace) {
			p.g.Label(webID, 1, "mallory", "noise")
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.RenameLabel(webID, "noise", "approved")
		}, "doesn't say who set it", nil},
		{"a label that history doesn't know", anew(func(p *ticketPlace) {
			p.g.Touch(webID, 1, func(s *testservers.Issue) { s.Labels = []string{"approved"} })
		}), "doesn't say who set it", nil},
		{"another owner's label on one owner's word", anew(func(p *ticketPlace) { p.g.Label(webID, 1, "anna", "approved") }), "", []string{"@anna"}}, // of no commit: below
		{"closed", after("closed"), "is closed", nil},
		{"closed and reopened", func(p *ticketPlace) { after("closed")(p); after("reopened")(p) }, "was reopened after @zoe set", nil},
		{"another title", func(p *ticketPlace) { p.g.Retitle(webID, 1, "mallory", "Deploy something else") }, "was renamed after @zoe set", nil},
		{"transferred to the project", func(p *ticketPlace) {
			n := p.g.Open(changeID, "mallory", "Lunch")
			p.g.Say(changeID, n, "zoe", p.web)
			p.g.Label(changeID, n, "zoe", "approved")
			p.g.Transfer(changeID, n, "mallory", webID)
			p.tickets = []string{"#2"}
		}, "was transferred after @zoe set", nil},
		{"transferred away", func(p *ticketPlace) { p.g.Transfer(webID, 1, "mallory", changeID) }, "it was moved", nil},
		{"ticket of another repository", func(p *ticketPlace) { p.tickets = []string{"acme/change#1"} }, "none of the tickets that the job names is one of acme/web", nil},
		{"ticket of another project", func(p *ticketPlace) { p.trigger.Project = "acme/change" }, "issues/1: GitHub answers 404", nil},
		{"project of another owner", func(p *ticketPlace) {
			p.g.Host(666, "mallory/web", 6666)
			p.trigger.Project, p.tickets = "mallory/web", []string{"mallory/web#1"}
		}, "belongs to the account 6666", nil},
		{"project renamed", func(p *ticketPlace) {
			p.answers("/repos/acme/change", says(301, "", "Location", p.g.API()+"/repositories/777"))
			p.trigger.Project = "acme/change"
		}, "it was moved", nil},
		{"no such ticket", func(p *ticketPlace) { p.tickets = []string{"#99"} }, `let the token have "issues: read" on acme/web`, nil},
		{"a number that climbs", func(p *ticketPlace) { p.tickets = []string{"#1/../2", "#01", "acme/web/x#1", "#1\n"} }, "none of the tickets", nil},
		{"a team of another organisation", func(p *ticketPlace) { p.owner = "@mallory/web" }, "isn't one of acme", nil},
		{"a team that can't be read", func(p *ticketPlace) { p.owner = "@acme/secret" }, "members: read", nil},
		{"no owner", func(p *ticketPlace) { p.owner = "" }, "is nobody", nil},
		{"comment changed by another", func(p *ticketPlace) { p.g.EditComment(webID, 1, 1, "I have looked at "+p.org) }, "was changed after it was written", nil},
		{"the last comment hidden", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", p.web)
			n := p.g.Say(webID, 1, "zoe", "rather "+p.org)
			p.g.Label(webID, 1, "zoe", "approved")
			p.g.HideComment(webID, 1, n)
		}), "and is hidden", nil},
		{"the last comment deleted", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", p.web)
			n := p.g.Say(webID, 1, "zoe", "rather "+p.org)
			p.g.Label(webID, 1, "zoe", "approved")
			p.g.DeleteComment(webID, 1, n, "mallory")
		}), "lost a comment after @zoe set", nil},
		{"what the last comment named taken out of it", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", p.web)
			n := p.g.Say(webID, 1, "zoe", "rather "+p.org)
			p.g.Label(webID, 1, "zoe", "approved")
			p.g.EditComment(webID, 1, n, "fine")
		}), "was changed after it was written", nil},
		{"the last comment deleted just before the label", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", p.web)
			n := p.g.Say(webID, 1, "zoe", "rather "+p.org)
			p.g.DeleteComment(webID, 1, n, "mallory")
			p.g.Label(webID, 1, "zoe", "approved")
		}), "lost a comment before @zoe set", nil},
		{"two commits in one comment", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", "> deploy "+p.org+"\n\nno, "+p.web)
			p.g.Label(webID, 1, "zoe", "approved")
		}), "names several", nil},
		{"comment by an app in an owner's name", anew(func(p *ticketPlace) {
			p.g.Say(webID, 1, "zoe", p.org+" "+p.web)
			p.g.ByApp(webID, 1)
			p.g.Label(webID, 1, "zoe", "approved")
		}), "", nil},
	}
}

func pullAttacks() []ticketCase {
	pulled := func(then func(p *ticketPlace), by ...string) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.pulled(by...); then(p) }
	}
	const none = "has no review by @acme/web that approves its newest commit"
	return []ticketCase{
		{"nobody reviewed it", pulled(func(*ticketPlace) {}), none, nil},
		{"a stranger did", pulled(func(*ticketPlace) {}, "stranger", "deploy[bot]"), none, nil},
		{"its author did", func(p *ticketPlace) {
			p.g.Pull(webID, "anna", p.web, "main")
			p.tickets = []string{"#2"}
			p.g.Review(webID, 2, "anna", "APPROVED")
		}, none, nil},
		{"the actor did", pulled(func(*ticketPlace) {}, "alice"), "", []string{"@alice"}},
		{"pushed to after the review", pulled(func(p *ticketPlace) { p.g.Push(webID, 2, p.org) }, "zoe"), none, nil},
		{"review dismissed", pulled(func(p *ticketPlace) { p.g.Dismiss(webID, 2, "zoe") }, "zoe"), none, nil},
		{"an owner asks for changes", pulled(func(p *ticketPlace) { p.g.Review(webID, 2, "anna", "CHANGES_REQUESTED") }, "zoe"), "@anna that asks for changes", nil},
		{"an owner takes his word back", pulled(func(p *ticketPlace) { p.g.Review(webID, 2, "zoe", "CHANGES_REQUESTED") }, "zoe"), "asks for changes", nil},
		{"a comment alone", pulled(func(p *ticketPlace) { p.g.Review(webID, 2, "zoe", "COMMENTED") }), none, nil},
		{"a comment after a yes", pulled(func(p *ticketPlace) { p.g.Review(webID, 2, "zoe", "COMMENTED") }, "zoe"), "", nil},
		{"a label in the place of a review", pulled(func(p *ticketPlace) { p.g.Label(webID, 2, "zoe", "approved") }), none, nil},
		{"a draft", pulled(func(p *ticketPlace) { p.g.Draft(webID, 2) }, "zoe"), "a draft", nil},
		{"closed, not merged", pulled(func(p *ticketPlace) { p.g.Event(webID, 2, "mallory", "closed") }, "zoe"), "closed or a draft", nil},
		{"merged into a branch of mallory's", pulled(func(p *ticketPlace) {
			p.g.Retarget(webID, 2, "mallory", "mallory")
			p.g.MergeAs(webID, 2, p.org)
		}, "zoe"), "not into the default branch", nil},
		{"for a branch of mallory's, which has all but a word of it", pulled(func(p *ticketPlace) {
			p.g.Retarget(webID, 2, "mallory", "mallory")
		}, "zoe"), "not for the default branch", nil},
		{"reviewed for a branch of mallory's", pulled(func(p *ticketPlace) {
			p.g.Retarget(webID, 2, "mallory", "mallory")
			p.g.Review(webID, 2, "zoe", "APPROVED")
			p.g.Retarget(webID, 2, "mallory", "main")
		}), "since it is for its branch", nil},
		{"reviewed for a branch of mallory's, and merged", pulled(func(p *ticketPlace) {
			p.trigger.Status = []string{"merged"}
			p.g.Retarget(webID, 2, "mallory", "mallory")
			p.g.Review(webID, 2, "zoe", "APPROVED")
			p.g.Retarget(webID, 2, "mallory", "main")
			p.g.MergeAs(webID, 2, p.org)
		}), "since it is for its branch", nil},
		{"another base in the second of the review", pulled(func(p *ticketPlace) {
			at := p.g.Now()
			p.g.Now = func() time.Time { return at }
			p.g.Retarget(webID, 2, "mallory", "main")
			p.g.Review(webID, 2, "zoe", "APPROVED")
		}), "since it is for its branch", nil},
		{"a history of its base that may not be read", pulled(func(p *ticketPlace) { p.answers("/issues/2/timeline", says(403, "{}")) }, "zoe"), `"issues: read"`, nil},
		{"merged without a review", pulled(func(p *ticketPlace) { p.g.MergeAs(webID, 2, p.org) }), none, nil},
		{"where a run must be named", pulled(func(p *ticketPlace) { p.trigger.References = manifest.ReferenceRun }, "zoe"), "names a commit and no run", nil},
		{"reviews without an end", pulled(func(p *ticketPlace) {
			p.answers("/pulls/2/reviews", says(200, "[]", "Link", `<https://x>; rel="next"`))
		}, "zoe"), "more than 50 pages", nil},
	}
}

// ticketAnswers are answers of a GitHub, or of who stands before it, that are wrong.
func ticketAnswers(t *testing.T) []ticketCase {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect to another host was followed") }))
	t.Cleanup(elsewhere.Close)
	issue := func(with http.HandlerFunc) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.answers("/issues/1", with) }
	}
	history := func(with http.HandlerFunc) func(p *ticketPlace) {
		return func(p *ticketPlace) { p.answers("/issues/1/timeline", with) }
	}
	const about = `{"id":987654001,"number":%,"state":"open","repository_url":"https://api.github.com/repos/acme/web","labels":[{"name":"approved"}]}`
	breaks := func(f testservers.Fault) func(p *ticketPlace) { return func(p *ticketPlace) { p.g.Break(f) } }
	return []ticketCase{
		{"about another number", issue(says(200, strings.Replace(about, "%", "2", 1))), "the answer is about", nil},
		{"about another repository", issue(says(200, strings.Replace(strings.Replace(about, "%", "1", 1), "acme/web", "mallory/acme/web", 1))), "the answer is about", nil},
		{"a label that is text", issue(says(200, strings.Replace(strings.Replace(about, "%", "1", 1), `{"name":"approved"}`, `"approved"`, 1))), "can't be read", nil},
		{"hostile words", issue(says(403, `{"message":"no\n::error::\u001b[2J"}`)), `"issues: read"`, nil},
		{"redirect to another host", issue(says(301, "", "Location", elsewhere.URL)), "it was moved", nil},
		{"history of another host", history(says(302, "", "Location", elsewhere.URL)), "it was moved", nil},
		{"no history", history(says(200, "[]")), "doesn't say who set it", nil},
		{"a history without an end", history(says(200, "[]", "Link", `<https://x>; rel="next"`)), "more than 50 pages", nil},
		{"a history whose next page isn't linked to", history(func(w http.ResponseWriter, r *http.Request) {
			page := `{"event":"unlabeled","actor":{"login":"zoe","id":2,"type":"User"},"label":{"name":"approved"}}`
			if r.URL.Query().Get("page") == "1" {
				page = strings.Replace(page, "unlabeled", "labeled", 1) + strings.Repeat(`,{"event":"subscribed"}`, pageSize-1)
			}
			says(200, "["+page+"]")(w, r)
		}), "doesn't say who set it", nil},
		{"a history that may not be read", history(says(403, `{"message":"Resource not accessible by integration"}`)), `"issues: read"`, nil},
		{"nonsense", history(says(200, `[{"event":`)), "can't be read", nil},
		{"cut off", breaks(testservers.Fault{Path: "/timeline", Truncated: true}), "unexpected EOF", nil},
		{"out of order", breaks(testservers.Fault{Path: "/timeline", Status: 502}), "run the job again", nil},
		{"over the limit", breaks(testservers.Fault{Path: "/timeline", Primary: true, Reset: 1 << 40}), "rate limit", nil},
		{"an owner who is an array", history(says(200, `[{"event":"labeled","actor":[],"label":{"name":"approved"}}]`)), "can't be read", nil},
		{"nobody set it", history(says(200, `[{"event":"labeled","actor":null,"label":{"name":"approved"}}]`)), "somebody whom GitHub gives no name", nil},
		{"somebody without an id", history(says(200, `[{"event":"labeled","actor":{"login":"zoe","type":"User"},"label":{"name":"approved"}}]`)), "@zoe set it last", nil},
	}
}

// TestUnnamed: a reference counts by the approver's own words alone, whoever else wrote it, and wherever.
func TestUnnamed(t *testing.T) {
	for name, alter := range map[string]func(p *ticketPlace){
		"a stranger's comment": func(p *ticketPlace) { p.g.Say(webID, 1, "mallory", p.web) },
		"another owner's":      func(p *ticketPlace) { p.g.Say(webID, 1, "anna", p.web) },
		"the title":            func(p *ticketPlace) { p.g.Retitle(webID, 1, "alice", "Deploy "+p.web) },
		"the body": func(p *ticketPlace) {
			p.g.Touch(webID, 1, func(s *testservers.Issue) { s.Body = "Deploy " + p.web })
		},
		"a name that looks like his": func(p *ticketPlace) { p.g.Say(webID, 1, "zoe[bot]", p.web) },
		"the beginning":              func(p *ticketPlace) { p.g.Say(webID, 1, "zoe", p.web[:12]) },
		"after the label": func(p *ticketPlace) {
			p.g.Label(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, "zoe", p.web)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTicketPlace(t)
			p.g.Open(webID, "alice", "Deploy")
			p.trigger.Status = []string{"approved"}
			p.g.Unlabel(webID, 1, "zoe", "approved")
			p.g.Say(webID, 1, "zoe", "rather "+p.org)
			alter(p)
			p.g.Label(webID, 1, "zoe", "approved")
			got, err := p.prove()
			if err != nil || len(got) != 1 || got[0].Ticket.SHA != p.org {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
}

// TestTakenBack: what an owner named before his label was taken off isn't approved by a new label, even where the comment
// that he wrote for that is gone without a trace.
func TestTakenBack(t *testing.T) {
	p := newTicketPlace(t)
	p.g.Unlabel(webID, 1, "mallory", "approved")
	p.g.Label(webID, 1, "zoe", "approved")
	got, err := p.prove()
	if err != nil || len(got) != 1 || got[0].Ticket.SHA != "" {
		t.Errorf("%v, %+v", err, got)
	}
}

// TestOthersWord: an owner's label doesn't approve what another owner named.
func TestOthersWord(t *testing.T) {
	p := newTicketPlace(t)
	p.g.Unlabel(webID, 1, "zoe", "approved")
	p.g.Label(webID, 1, "anna", "approved")
	got, err := p.prove()
	if err != nil || len(got) != 1 || got[0].Ticket.SHA != "" {
		t.Errorf("%v, %+v", err, got)
	}
}
