package workflow

import "testing"

func TestKindsOfFiles(t *testing.T) {
	for name, want := range map[string]struct{ workflow, action bool }{
		".github/workflows/a.yml":         {true, false},
		".github/workflows/a.yaml":        {true, false},
		".github/workflows/action.yml":    {true, false},
		".github/workflows/sub/a.yml":     {false, false},
		".github/workflows/a.yml.bak":     {false, false},
		"sub/.github/workflows/a.yml":     {false, false},
		"action.yml":                      {false, true},
		".github/actions/x/action.yaml":   {false, true},
		"myaction.yml":                    {false, false},
		"README.md":                       {false, false},
		".github/workflows/x/action.yaml": {false, true},
	} {
		if got := isWorkflow(name); got != want.workflow {
			t.Errorf("IsWorkflow(%q) = %t", name, got)
		}
		if got := IsDefinition(name); got != (want.workflow || want.action) {
			t.Errorf("IsDefinition(%q) = %t", name, got)
		}
		f := Parse(name, []byte("a: b"))
		if (f.Action != nil) != want.action || (f.Workflow != nil) == want.action {
			t.Errorf("Parse(%q): action %v, workflow %v", name, f.Action, f.Workflow)
		}
	}
}

func TestAbsent(t *testing.T) {
	var s *String
	var m *Map
	var u *Uses
	f := Parse("action.yml", nil)
	if s.Present() || new(String).Present() || m.Get("a") != nil || u.Slug() != "" {
		t.Error("something absent is there")
	}
	if span := f.Locate(s, 0, 1); !span.IsZero() {
		t.Errorf("an absent string is at %v", span)
	}
	if len(f.Problems) != 1 {
		t.Errorf("an empty file: %v", f.Problems)
	}
}

func TestTitle(t *testing.T) {
	const src = "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n" +
		"      - {name: n, id: i, uses: a/b@c}\n      - {id: i, uses: a/b@c}\n      - {uses: a/b@c}\n      - {run: x}\n"
	w := Parse(".github/workflows/w.yml", []byte(src)).Workflow
	for i, want := range []string{`"n"`, `"i"`, `"a/b"`, "4"} {
		if got := w.Job("j").Steps[i].Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if w.Event("push") == nil || w.Event("pull_request") != nil || w.Job("k") != nil {
		t.Error("looked up wrongly")
	}
}

func TestGet(t *testing.T) {
	f := Parse(".github/workflows/w.yml", []byte("on: push\nenv: {Aa: b}\njobs: {j: {runs-on: x}}\n"))
	if got := f.Workflow.Env.Get("AA"); got == nil || got.Value != "b" {
		t.Errorf("got %v", got)
	}
}
