package usage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

func knowledge(tb testing.TB) *rules.Actions {
	tb.Helper()
	k, err := rules.LoadActions()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// parse reads "-- path --" sections; text before the first is .github/workflows/ci.yml.
func parse(src string) []*workflow.File {
	var files []*workflow.File
	path, body := ".github/workflows/ci.yml", ""
	keep := func() {
		if strings.TrimSpace(body) != "" {
			files = append(files, workflow.Parse(path, []byte(body)))
		}
	}
	for line := range strings.SplitAfterSeq(src, "\n") {
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			keep()
			path, body = strings.TrimSuffix(strings.TrimSpace(name), " --"), ""
			continue
		}
		body += line
	}
	keep()
	return files
}

// describe writes what a repository uses, a line a fact.
func describe(r *Repo) string {
	var b strings.Builder
	for _, j := range r.Jobs {
		fmt.Fprintf(&b, "%s: token %s\n", j.Job.ID.Value, describeToken(&j.Token))
		for _, s := range j.Secrets {
			fmt.Fprintf(&b, "  secret %s: %s %q at %s", s.Name, s.Place, s.Under, s.Region.Start)
			if s.Step != nil {
				fmt.Fprintf(&b, " step %d", s.Step.Index)
			}
			if s.Via != nil {
				fmt.Fprintf(&b, " via %s", s.Via.Job.ID.Value)
			}
			if e := j.Environment(&s); e != nil {
				fmt.Fprintf(&b, " in %s", e.Value)
			}
			b.WriteByte('\n')
		}
		for _, l := range j.Logins {
			fmt.Fprintf(&b, "  login %s %s at %s: static %s oidc %s", l.Provider, l.Action, l.Region, inputs(l.Static), inputs(l.OIDC))
			for _, name := range []string{"role", "audience", "provider", "client", "address"} {
				if v := l.Target[name]; v != nil {
					fmt.Fprintf(&b, " %s=%s", name, v.Value)
				}
			}
			if l.Duration != nil {
				fmt.Fprintf(&b, " for %ds", l.Duration.Seconds)
			}
			b.WriteByte('\n')
		}
		for _, p := range j.Publish {
			fmt.Fprintf(&b, "  publish %s at %s", p.Registry, p.Region.Start)
			if p.Token != nil {
				fmt.Fprintf(&b, " with %s", inputs([]Input{*p.Token}))
			}
			b.WriteByte('\n')
		}
	}
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Region, s.Reason)
	}
	return b.String()
}

func describeToken(t *Token) string {
	switch {
	case !t.Declared:
		return "unknown"
	case t.All != "":
		return t.All
	}
	var out []string
	for _, s := range t.Scopes {
		out = append(out, s.Name+"="+s.Level)
	}
	return "{" + strings.Join(out, " ") + "}"
}

func inputs(ins []Input) string {
	var out []string
	for _, in := range ins {
		out = append(out, strings.Trim(in.Name+":"+strings.Join(in.Secrets, "+"), ":"))
	}
	return "[" + strings.Join(out, " ") + "]"
}

// check compares without regard to indentation of want.
func check(t *testing.T, src, want string) {
	t.Helper()
	got := describe(Collect(parse(src), knowledge(t)))
	clean := func(s string) string {
		var out []string
		for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
		return strings.Join(out, "\n")
	}
	if clean(got) != clean(want) {
		t.Errorf("got\n%s\nwant\n%s", clean(got), clean(want))
	}
}
