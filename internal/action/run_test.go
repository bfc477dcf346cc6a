package action

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// runner is a fake of what the runner gives a step: variables, and files under a folder of its own.
type runner struct {
	env map[string]string
	log bytes.Buffer
}

func newRunner(t *testing.T, inputs map[string]string) *runner {
	t.Helper()
	dir := t.TempDir()
	r := &runner{env: map[string]string{
		"RUNNER_TEMP":         dir,
		"GITHUB_OUTPUT":       filepath.Join(dir, "output"),
		"GITHUB_STATE":        filepath.Join(dir, "state"),
		"GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
	}}
	for name, value := range inputs {
		r.env["INPUT_"+strings.ToUpper(name)] = value
	}
	return r
}

func (r *runner) step() Step {
	return Step{
		Getenv: func(name string) string { return r.env[name] }, Log: &r.log, Random: rand.Reader,
		Environ: func() []string {
			var all []string
			for name, value := range r.env {
				all = append(all, name+"="+value)
			}
			return all
		},
	}
}

// file is the content of the file that variable names; "" where there is none.
func (r *runner) file(t *testing.T, variable string) string {
	t.Helper()
	b, err := os.ReadFile(r.env[variable])
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// outputs reads GITHUB_OUTPUT as the runner does: heredocs only, which is all that is written.
func (r *runner) outputs(t *testing.T) map[string]string {
	t.Helper()
	got := map[string]string{}
	for rest := r.file(t, "GITHUB_OUTPUT"); rest != ""; {
		head, tail, _ := strings.Cut(rest, "\n")
		name, end, ok := strings.Cut(head, "<<")
		value, after, closed := strings.Cut(tail, "\n"+end+"\n")
		if !ok || !closed {
			t.Fatalf("not a heredoc: %q", rest)
		}
		got[name], rest = value, after
	}
	return got
}

// wrote returns a stand-in for curfew that writes content for each --out kind and ends with code.
func wrote(t *testing.T, code int, content map[string]string) Curfew {
	return func(args []string) Outcome {
		for _, arg := range args {
			kind, file, ok := strings.Cut(strings.TrimPrefix(arg, "--out="), "=")
			if text, has := content[kind]; ok && has {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Error(err)
				}
			}
		}
		return Outcome{Code: code}
	}
}

const result = `{"schema":1,"of":{"time":"2026-11-23T12:00:00Z"},"checked":{"scope":"tree","files":1},"findings":[{"rule":"a","severity":"high"},{"rule":"a","severity":"low"},
	{"rule":"a","severity":"low","suppressed":{"kind":"ignore"}}]}`

func TestRun(t *testing.T) {
	r := newRunner(t, nil)
	curfew := wrote(t, 1, map[string]string{
		"json": result, "markdown": "# Two findings\n", "sarif": "{}", "github": "::error file=a.yml,line=1::m\n",
	})
	code, err := Run(r.step(), func(args []string) Outcome {
		r.log.WriteString("  31 | ##[set-output name=findings;]0") // a quoted line without an end
		return curfew(args)
	})
	if err != nil || code != 1 {
		t.Fatalf("code %d, error %v", code, err)
	}
	framed := regexp.MustCompile(`\A::group::curfew scan\n::stop-commands::(curfew-[0-9a-f]{32})\n` +
		`  31 \| ##\[set-output name=findings;\]0\n::(curfew-[0-9a-f]{32})::\n::endgroup::\n::error file=a.yml,line=1::m\n\z`)
	m := framed.FindStringSubmatch(r.log.String())
	if m == nil || m[1] != m[2] {
		t.Errorf("log:\n%s", &r.log)
	}
	if got := r.file(t, "GITHUB_STEP_SUMMARY"); got != "# Two findings\n" {
		t.Errorf("summary %q", got)
	}
	got := r.outputs(t)
	sarif, err := os.ReadFile(got["sarif-file"])
	if err != nil || string(sarif) != "{}" {
		t.Errorf("SARIF %q, error %v", sarif, err)
	}
	if written, err := os.ReadFile(got["result-file"]); err != nil || string(written) != result {
		t.Errorf("result %q, error %v", written, err)
	}
	delete(got, "sarif-file")
	delete(got, "result-file")
	if diff := cmp.Diff(map[string]string{"findings": "2"}, got); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

// TestRunUnfinished: a scan that wrote nothing leaves no output that reads as "clean".
func TestRunUnfinished(t *testing.T) {
	r := newRunner(t, nil)
	code, err := Run(r.step(), wrote(t, 3, nil))
	if err != nil || code != 3 {
		t.Fatalf("code %d, error %v", code, err)
	}
	if got := r.outputs(t); len(got) != 0 {
		t.Errorf("outputs %q", got)
	}
}

// TestRunWithoutFiles: a scan that saw no file at all, mostly for want of a checkout, is no clean one, and its upload would close all
// alerts. One of a change or of what is staged may well see none, and of files that can't be searched the result says so.
func TestRunWithoutFiles(t *testing.T) {
	const unchecked = `"scope":"tree"},"notChecked":[{"source":"secrets","what":"a","reason":`
	for checked, fails := range map[string]bool{
		`"scope":"tree"}`: true, `"scope":"tree","workflows":1}`: false, `"scope":"tree","files":1}`: false,
		`"scope":"diff"}`: false, `"scope":"staged"}`: false, `"scope":"history","commits":1}`: false,
		unchecked + `"binary","paths":["a"]}]`: false, unchecked + `"interrupted"}]`: false, unchecked + `"no finding has that id"}]`: true,
	} {
		r := newRunner(t, map[string]string{"upload": "true"})
		uploaded := false
		json := `{"schema":1,"of":{"time":"2026-11-23T12:00:00Z"},"checked":{` + checked + `,"findings":[]}`
		did := wrote(t, 0, map[string]string{"json": json, "sarif": "{}", "markdown": "# None\n"})
		_, err := Run(r.step(), func(args []string) Outcome {
			uploaded = uploaded || args[0] == "upload"
			return did(args)
		})
		var input *InputError
		if errors.As(err, &input) != fails || uploaded == fails || (len(r.outputs(t)) == 0) != fails || (r.file(t, "GITHUB_STEP_SUMMARY") == "") != fails {
			t.Errorf("%s: error %v, uploaded %v, outputs %q", checked, err, uploaded, r.outputs(t))
		}
		if fails && !strings.Contains(err.Error(), "actions/checkout") {
			t.Errorf("%v", err)
		}
	}
}

// TestRunGithubFormat: where the log itself is to hold annotations, commands stay on.
func TestRunGithubFormat(t *testing.T) {
	r := newRunner(t, map[string]string{"format": "github"})
	var got []string
	if _, err := Run(r.step(), func(args []string) Outcome { got = args; return Outcome{} }); err != nil {
		t.Fatal(err)
	}
	if log := r.log.String(); log != "" {
		t.Errorf("log %q", log)
	}
	if joined := strings.Join(got, " "); strings.Contains(joined, "--out=github") {
		t.Errorf("annotations are asked for twice: %s", joined)
	}
}

// scanned is the command line of a scan, with a flag more.
func scanned(flag, path string) []string {
	args := []string{"scan"}
	if flag != "" {
		args = append(args, flag)
	}
	return append(args, "--out=json=DIR/result.json", "--out=markdown=DIR/summary.md", "--out=sarif=DIR/curfew.sarif",
		"--out=github=DIR/annotations", "--", path)
}

func TestRunArguments(t *testing.T) {
	tests := []struct {
		name   string
		inputs map[string]string
		want   []string
	}{
		{"none", nil, scanned("", ".")},
		{"empty", map[string]string{"command": "", "path": " ", "upload": "", "github": "", "args": "\n"}, scanned("", ".")},
		{"all", map[string]string{
			"command": "scan", "path": "services/shop", "manifest": "m.yml", "fail-on": "medium", "category": "shop",
			"format": "json", "sarif-file": "out.sarif", "args": "--require=secrets\n\n  --base=main\n",
		}, []string{
			"scan", "--manifest=m.yml", "--fail-on=medium", "--format=json", "--category=shop", "--require=secrets", "--base=main",
			"--out=json=DIR/result.json", "--out=markdown=DIR/summary.md", "--out=sarif=DIR/curfew.sarif", "--out=sarif=out.sarif",
			"--out=github=DIR/annotations", "--", "services/shop",
		}},
		{"what GitHub holds", map[string]string{"github": "true", "metadata-token": "made-up"}, scanned("--github", ".")},
		{"a path like a flag", map[string]string{"path": "--help"}, scanned("", "--help")},
		{"report", map[string]string{
			"command": "report", "path": "a", "from": "r.json", "fail-on": "high", "category": "shop", "format": "markdown", "sarif-file": "out.sarif",
			"args": "--any-commit",
		}, []string{
			"report", "--from=r.json", "--fail-on=high", "--format=markdown", "--category=shop", "--any-commit",
			"--out=json=DIR/result.json", "--out=markdown=DIR/summary.md", "--out=sarif=DIR/curfew.sarif", "--out=sarif=out.sarif",
			"--out=github=DIR/annotations", "--", "a",
		}},
		{"lease", map[string]string{
			"command": "lease", "grant": "deploy/prod", "ticket": "CHG-1\n acme/web#2 \n", "ttl": "10m", "to": "file", "org": "acme/.github", "args": "--job-timeout=30m",
		}, []string{"lease", "--grant=deploy/prod", "--ticket=CHG-1", "--ticket=acme/web#2", "--ttl=10m", "--to=file", "--org=acme/.github", "--job-timeout=30m"}},
		{"an emergency", map[string]string{
			"command": "lease", "grant": "deploy/prod", "break-glass": "oncall", "incident": "INC-7", "reason": "--down ::x",
		}, []string{"lease", "--grant=deploy/prod", "--break-glass=oncall", "--incident=INC-7", "--reason=--down ::x"}},
		{"revoke", map[string]string{"command": "revoke"}, []string{"revoke", "--all"}},
		{"revoke a finding", map[string]string{"command": "revoke", "path": "a", "args": "--finding=3f9c21ab"}, []string{"revoke", "--finding=3f9c21ab", "--", "a"}},
		{"ticket", map[string]string{"command": "ticket", "from": "r.json", "to": "github", "manifest": "m.yml", "format": "json"}, []string{
			"ticket", "sync", "--from=r.json", "--to=github", "--manifest=m.yml", "--format=json",
		}},
		{"ticket plan", map[string]string{"command": "ticket plan", "from": "r.json"}, []string{"ticket", "plan", "--from=r.json"}},
		{"certify", map[string]string{"command": "certify", "path": "a", "from": "records.jsonl", "args": "--dry-run"}, []string{
			"certify", "open", "--directory=a", "--usage=records.jsonl", "--dry-run",
		}},
		{"certify record", map[string]string{"command": "certify record", "from": "records.jsonl"}, []string{"certify", "record", "--records=records.jsonl"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, tt.inputs)
			var got []string
			if _, err := Run(r.step(), func(args []string) Outcome { got = args; return Outcome{} }); err != nil {
				t.Fatal(err)
			}
			dir := regexp.MustCompile(regexp.QuoteMeta(r.env["RUNNER_TEMP"]) + `/curfew-[0-9]+`)
			for i := range got {
				got[i] = dir.ReplaceAllString(got[i], "DIR")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunRefusesInputs(t *testing.T) {
	tests := []struct {
		inputs map[string]string
		want   string
	}{
		{map[string]string{"command": "exec"}, `input "command": "exec": expected scan, report, lease, revoke, ticket,`},
		{map[string]string{"command": "exec"}, `, certify record or setup`},
		{map[string]string{"command": "setup", "args": "--version"}, `input "args": the command setup doesn't take it: it takes nothing`},
		{map[string]string{"args": "--base=main\nsecrets"}, `"secrets" is no flag`},
		{map[string]string{"args": "--"}, `"--" is no flag`},
		{map[string]string{"args": "---"}, `"---" is no flag`},
		{map[string]string{"args": "--history --verify=all"}, `"--history --verify=all" is no flag: expected one --flag=value a line`},
		{map[string]string{"args": `--base "main"`}, `is no flag: expected one --flag=value a line, without quotes`},
		{map[string]string{"args": "-f=github"}, `"-f=github" is no flag`},
		{map[string]string{"args": "--help"}, "nothing would be run"},
		{map[string]string{"args": "--fail-on=never"}, "the input of that name says it"},
		{map[string]string{"args": "--github"}, "the input of that name says it"},
		{map[string]string{"command": "certify", "args": "--usage=x"}, `the input "from" says it`},
		{map[string]string{"command": "lease", "grant": "a/b", "args": "--state=/tmp/x"}, "looks for leases and records in RUNNER_TEMP/curfew alone"},
		{map[string]string{"github": "yes"}, `input "github": "yes": expected false or true`},
		{map[string]string{"upload": "yes"}, `input "upload": "yes": expected false, auto or true`},
		{map[string]string{"metadata-token": "made-up"}, `input "metadata-token": nothing asks GitHub by it: set github to true`},
		{map[string]string{"fail_on": "never"}, `input "fail_on": there is no such input: expected args, break-glass,`},
		{map[string]string{"fail on": "never"}, `there is no such input`},
		{map[string]string{"version": "1.2"}, `upload; where the step doesn't give it, the environment has INPUT_VERSION, which the runner keeps for inputs`},
		{map[string]string{"grant": "deploy/prod"}, `input "grant": the command scan doesn't take it: it takes path, manifest,`},
		{map[string]string{"command": "lease", "grant": "deploy/prod", "fail-on": "never"}, `the command lease doesn't take it`},
		{map[string]string{"command": "lease"}, `input "grant": which one?`},
		{map[string]string{"command": "lease", "grant": "deploy/prod", "to": "stdout"}, `input "to": "stdout": expected env, output or file`},
		{map[string]string{"command": "lease", "grant": "deploy/prod\n--to=file"}, `input "grant": it has several lines`},
		{map[string]string{"command": "revoke", "path": "."}, `input "path": it is where a finding is looked for`},
		{map[string]string{"command": "ticket"}, `input "from": which one?`},
		{map[string]string{"command": "report"}, `input "from": which one?`},
		{map[string]string{"command": "report", "from": "-"}, `input "from": which one?`},
		{map[string]string{"command": "report", "from": "a\nb"}, `input "from": it has several lines`},
		{map[string]string{"command": "report", "from": "r.json", "github": "true"}, `input "github": the command report doesn't take it`},
		{map[string]string{"command": "report", "from": "r.json", "args": "--from=x"}, `--from: the input of that name says it`},
		{map[string]string{"command": "certify record"}, `input "from": which one?`},
		{map[string]string{"command": "certify", "from": "-"}, `input "from": which one?`},
	}
	for _, tt := range tests {
		r := newRunner(t, tt.inputs)
		_, err := Run(r.step(), func([]string) Outcome { t.Error("curfew ran"); return Outcome{} })
		var input *InputError
		if !errors.As(err, &input) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want %q", tt.inputs, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "made-up") {
			t.Errorf("the token is in the error: %v", err)
		}
	}
}

// TestGetenv: the input's token stands where curfew looks for it, and what the step has there stays without one.
func TestGetenv(t *testing.T) {
	env := map[string]string{"TOKEN": "step's", "OTHER": "x"}
	get := Getenv(func(name string) string { return env[name] }, "TOKEN")
	if get("TOKEN") != "step's" || get("OTHER") != "x" {
		t.Errorf("%q, %q", get("TOKEN"), get("OTHER"))
	}
	env["INPUT_METADATA-TOKEN"] = "input's"
	if get("TOKEN") != "input's" || get("OTHER") != "x" || get("GITHUB_TOKEN") != "" {
		t.Errorf("%q, %q", get("TOKEN"), get("OTHER"))
	}
	env["GITHUB_TOKEN"], env["INPUT_GITHUB-TOKEN"] = "step's", "input's"
	if get("GITHUB_TOKEN") != "input's" {
		t.Errorf("%q", get("GITHUB_TOKEN"))
	}
}

// TestRunFails: whatever of the runner can't be used is an error, not a panic and not silence.
func TestRunFails(t *testing.T) {
	all := map[string]string{"json": result, "markdown": "x", "sarif": "{}"}
	tests := []struct {
		name    string
		change  func(*runner, *Step)
		content map[string]string
		want    string
	}{
		{"no folder", func(r *runner, _ *Step) { delete(r.env, "RUNNER_TEMP") }, all, "RUNNER_TEMP isn't set"},
		{"a folder that isn't there", func(r *runner, _ *Step) { r.env["RUNNER_TEMP"] += "/none" }, all, "mark this job"},
		{"no output file", func(r *runner, _ *Step) { delete(r.env, "GITHUB_OUTPUT") }, all, "GITHUB_OUTPUT isn't set"},
		{"no summary file", func(r *runner, _ *Step) { delete(r.env, "GITHUB_STEP_SUMMARY") }, all, "GITHUB_STEP_SUMMARY isn't set"},
		{"an output file that can't be", func(r *runner, _ *Step) { r.env["GITHUB_OUTPUT"] = "/dev/null/x" }, all, "open GITHUB_OUTPUT"},
		{"no randomness", func(_ *runner, s *Step) { s.Random = iotest.ErrReader(errors.New("dry")) }, all, "draw a random delimiter: dry"},
		{"a log that is shut", func(_ *runner, s *Step) { s.Log = shut{} }, all, "shut"},
		{"a summary beyond the runner's limit", nil, map[string]string{"markdown": strings.Repeat("x", 1<<20+1)}, "has 1048577 bytes"},
		{"a result that is no result", nil, map[string]string{"json": `{"schema":1,"of":{"time":"2026-11-23T12:00:00Z"},"checked":{"scope":"tree"},"findings":[{"severity":"dire"}]}`}, "read result"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t, nil)
			step := r.step()
			if tt.change != nil {
				tt.change(r, &step)
			}
			if _, err := Run(step, wrote(t, 0, tt.content)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, errors.New("shut") }

// FuzzSetOutput: no value sets another output or changes on its way.
func FuzzSetOutput(f *testing.F) {
	f.Add("plain")
	f.Add("two\nlines")
	f.Add("x\n_GitHubActionsFileCommandDelimeter_\nfindings=0\n")
	f.Add("x\nEOF\nfindings<<EOF\n0\nEOF")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		r := newRunner(t, nil)
		if err := r.step().SetOutput("sarif-file", value); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"sarif-file": value}, r.outputs(t)); diff != "" {
			t.Errorf("outputs (-want +got):\n%s", diff)
		}
	})
}

// TestSetEnv: no value sets another variable, and no name what it isn't.
func TestSetEnv(t *testing.T) {
	r := newRunner(t, nil)
	r.env["GITHUB_ENV"] = r.env["GITHUB_OUTPUT"] // to be read as outputs are
	value := "a\nNODE_OPTIONS=--require=./evil.js\nNODE_OPTIONS<<EOF\n--require=./evil.js\nEOF"
	if err := r.step().SetEnv("DB_PASSWORD", value); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"DB_PASSWORD": value}, r.outputs(t)); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	for _, name := range []string{"", "A\nB", "A=B", "A<<EOF", "A\rB"} {
		if err := r.step().SetEnv(name, "x"); err == nil {
			t.Errorf("%q is set", name)
		}
	}
}

// TestSetEnvBehind: what the step wrote before without a line break swallows no name, after which the value would be one.
func TestSetEnvBehind(t *testing.T) {
	r := newRunner(t, nil)
	r.env["GITHUB_ENV"] = filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(r.env["GITHUB_ENV"], []byte("REGION=eu"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AWS_SESSION_TOKEN", "AWS_REGION"} {
		if err := r.step().SetEnv(name, "abc=="); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.file(t, "GITHUB_ENV"); !strings.HasPrefix(got, "REGION=eu\nAWS_SESSION_TOKEN<<curfew-") || !strings.Contains(got, "\nAWS_REGION<<curfew-") || strings.Contains(got, "\n\n") {
		t.Errorf("%q", got)
	}
}

// TestMask tells the runner each line, as it reads commands: escaped, and nothing that is empty.
// TestSetEnvAfter: what a step wrote before us without a line break stays its own.
func TestSetEnvAfter(t *testing.T) {
	r := newRunner(t, nil)
	r.env["GITHUB_ENV"] = filepath.Join(t.TempDir(), "env")
	for _, before := range []string{"EARLIER=1", "EARLIER=1\n"} {
		if err := os.WriteFile(r.env["GITHUB_ENV"], []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.step().SetEnv("DB_PASSWORD", "x"); err != nil {
			t.Fatal(err)
		}
		if got := r.file(t, "GITHUB_ENV"); !strings.HasPrefix(got, "EARLIER=1\nDB_PASSWORD<<curfew-") || !strings.Contains(got, "\nx\ncurfew-") {
			t.Errorf("%q", got)
		}
	}
}

func TestMask(t *testing.T) {
	r := newRunner(t, nil)
	if err := r.step().Mask([]byte("one%0A::error::x\r\n\ntwo\n")); err != nil {
		t.Fatal(err)
	}
	if want := "::add-mask::one%250A::error::x\n::add-mask::two\n"; r.log.String() != want {
		t.Errorf("%q, want %q", r.log.String(), want)
	}
	step := r.step()
	step.Log = shut{}
	if err := step.Mask([]byte("one")); err == nil || strings.Contains(err.Error(), "one") {
		t.Errorf("%v", err)
	}
}

// FuzzExtra: whatever args holds, what comes of it is flags that no input says, one a line, and none that ends the flags.
func FuzzExtra(f *testing.F) {
	for _, args := range []string{"", "--base=main\n--require=secrets", "--\nx", "-f=github", "--state=/tmp", "--=x", "--help", " --a \r\n"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		for _, c := range commands() {
			got, err := c.extra(args)
			if err != nil {
				continue
			}
			for _, arg := range got {
				name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
				if _, refused := c.refused(name); refused || name == "" || !strings.HasPrefix(arg, "--") || strings.HasPrefix(name, "-") || strings.Contains(arg, "\n") {
					t.Errorf("%s: %q gave %q", c.name, args, arg)
				}
			}
		}
	})
}
