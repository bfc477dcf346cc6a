package main

import (
	"path/filepath"
	"runtime"
	"strconv"
)

// job is one thing that is measured, by each contestant.
type job struct {
	title       string
	runs        int
	contestants []contestant
}

// contestant is one program with its arguments. It writes its findings as JSON to the report's file, or to stdout.
type contestant struct {
	label  string
	tool   tool
	args   []string
	report string // a file; "" for stdout
	ours   bool
}

// jobs are what can be measured of the repository.
func (b *bench) jobs() []job {
	all := []job{{"History: " + b.repo.size(), b.runs, b.history()}}
	if b.historyOnly {
		return all
	}
	if !b.repo.bare {
		all = append(all, job{"Working tree: " + strconv.Itoa(b.repo.files) + " files", b.runs, b.tree()})
	}
	if d := b.repo.diff; d.files > 0 {
		title := "Diff of " + strconv.Itoa(d.files) + " files: " + d.base[:12] + ".." + d.head[:12]
		all = append(all, job{title, b.diffs, []contestant{b.ours("curfew", "--diff", d.base+".."+d.head)}})
	}
	return all
}

// history compares the search of every commit that a ref reaches.
func (b *bench) history() []contestant {
	out := []contestant{b.ours("curfew", "--history")}
	if b.tools.gitleaks.path != "" {
		out = append(out, b.peer("gitleaks", b.tools.gitleaks, "git", "--config", b.tools.rules))
		if b.repo.ownRules {
			out = append(out, b.peer("gitleaks by the repository's own .gitleaks.toml", b.tools.gitleaks, "git"))
		}
	}
	if b.tools.betterleaks.path != "" {
		workers := strconv.Itoa(runtime.NumCPU())
		// Archives are opened by default; nobody else here opens any.
		args := []string{"git", "--config", b.tools.rules, "--max-archive-depth", "0"}
		out = append(out, b.peer("betterleaks", b.tools.betterleaks, args...),
			b.peer("betterleaks, "+workers+" git workers", b.tools.betterleaks, append(args, "--git-workers", workers)...))
	}
	return out
}

// tree compares the search of the files as they stand. curfew judges the workflows too.
func (b *bench) tree() []contestant {
	out := []contestant{b.ours("curfew")}
	if b.tools.gitleaks.path != "" {
		out = append(out, b.peer("gitleaks", b.tools.gitleaks, "dir", "--config", b.tools.rules))
	}
	if b.tools.betterleaks.path != "" {
		out = append(out, b.peer("betterleaks", b.tools.betterleaks, "dir", "--config", b.tools.rules, "--max-archive-depth", "0"))
	}
	return out
}

func (b *bench) ours(label string, args ...string) contestant {
	args = append([]string{"scan", b.repo.path, "--format", "json", "--fail-on", "never"}, args...)
	return contestant{label: label, tool: b.tools.curfew, args: args, ours: true}
}

// peer is gitleaks or betterleaks, which have the same flags. The report must be a file of our own: both delete what stands
// at that path before they begin, be it /dev/null.
func (b *bench) peer(label string, t tool, args ...string) contestant {
	report := filepath.Join(b.work, "report.json")
	args = append(args[:len(args):len(args)], "--no-banner", "--exit-code", "0", "--max-decode-depth", "5",
		"--report-format", "json", "--report-path", report, b.repo.path)
	return contestant{label: label, tool: t, args: args, report: report}
}
