package usage

import (
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/workflow"
	"github.com/curfew-ci/curfew/rules"
)

// commands finds logins and publishing in a script. It reads lines and words, not the shell's grammar:
// what a script builds at run time stays unknown.
func (c *collector) commands(j *Job, fr *frame, s *workflow.Step) {
	for _, service := range c.know.Services {
		for _, cmd := range service.Commands {
			c.command(j, fr, s, cmd)
		}
	}
}

func (c *collector) command(j *Job, fr *frame, s *workflow.Step, cmd *rules.Command) {
	script := s.Run.Value
	for from := 0; ; {
		i := strings.Index(script[from:], cmd.Run)
		if i < 0 {
			return
		}
		at := from + i
		from = at + len(cmd.Run)
		if !begins(script, at) || !ends(script, from) {
			continue
		}
		line := logicalLine(script, at)
		if !hasAll(line, cmd.With) || hasAny(line, cmd.Without) {
			continue
		}
		region := source.Region{Path: fr.file.Path, Span: fr.file.Locate(s.Run, at, from)}
		if cmd.Publish != "" {
			j.Publish = append(j.Publish, Publish{
				Registry: cmd.Publish, Step: s, Region: region, Token: fr.storedVariable(cmd.Token),
			})
		} else {
			c.commandLogin(j, fr, s, cmd, line, region)
		}
		return // once a script is enough
	}
}

func (c *collector) commandLogin(j *Job, fr *frame, s *workflow.Step, cmd *rules.Command, line string, region source.Region) {
	service := cmd.Service
	if cmd.ByHost {
		service = c.hostIn(fr, line)
	}
	if service == nil {
		return
	}
	if static := fr.storedIn(s, line); len(static) > 0 {
		j.Logins = append(j.Logins, Login{
			Provider: service.ID, Step: s, Region: region, Static: static, Instead: service.Instead,
		})
	}
}

// hostIn is the service whose registry a line names, literally or by a variable that the workflow sets.
func (c *collector) hostIn(fr *frame, line string) *rules.Service {
	for _, word := range strings.Fields(line) {
		word = strings.Trim(word, `"'`)
		if name, ok := strings.CutPrefix(word, "$"); ok {
			word = fr.variable(strings.Trim(name, "{}"), nil, 0).text
		}
		host, _, _ := strings.Cut(word, "/")
		if service := c.know.ByHost(host); service != nil {
			return service
		}
	}
	return nil
}

// storedIn lists the stored secrets that reach a line of a script, by an expression on it or by a
// variable that it names. Identifiers that are stored as secrets are not told apart here.
func (fr *frame) storedIn(s *workflow.Step, line string) []Input {
	var out []Input
	for i := range s.Run.Refs {
		ref := &s.Run.Refs[i]
		if ref.Context != "secrets" || secretName(ref) == githubToken || len(ref.Path) == 0 || !strings.Contains(line, ref.Path[0]) {
			continue
		}
		out = append(out, Input{
			Name: "run", Value: s.Run, Secrets: []string{secretName(ref)},
			Region: source.Region{Path: fr.file.Path, Span: ref.Span},
		})
	}
	for _, env := range fr.env {
		if env == nil {
			continue
		}
		for i := range env.Entries {
			e := &env.Entries[i]
			if !names(line, e.Name.Value) {
				continue
			}
			if v := fr.value(e.Value, 0); len(v.secrets) > 0 {
				out = append(out, Input{Name: e.Name.Value, Value: v.at, Region: v.region(), Secrets: v.secrets})
			}
		}
	}
	return out
}

func (fr *frame) storedVariable(list []string) *Input {
	for _, name := range list {
		if v := fr.variable(name, nil, 0); len(v.secrets) > 0 {
			return &Input{Name: name, Value: v.at, Region: v.region(), Secrets: v.secrets}
		}
	}
	return nil
}

// names reports whether a line reads a variable, as POSIX shells or PowerShell write it.
func names(line, variable string) bool {
	for _, form := range []string{"$" + variable, "${" + variable, "$env:" + variable} {
		for rest := line; ; {
			i := strings.Index(rest, form)
			if i < 0 {
				break
			}
			rest = rest[i+len(form):]
			if rest == "" || !isWord(rest[0]) {
				return true
			}
		}
	}
	return false
}

func isWord(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// begins reports whether a command can stand at script[at:].
func begins(script string, at int) bool {
	start := strings.LastIndexByte(script[:at], '\n') + 1
	before := strings.TrimRight(script[start:at], " \t")
	if before == "" {
		return true
	}
	if strings.HasPrefix(strings.TrimLeft(before, " \t"), "#") {
		return false
	}
	if strings.IndexByte(";&|({!", before[len(before)-1]) >= 0 {
		return true
	}
	if at > 0 && script[at-1] != ' ' && script[at-1] != '\t' {
		return false
	}
	word := before[strings.LastIndexAny(before, " \t;&|(")+1:]
	return strings.Contains(word, "=") || slices.Contains(wrappers(), word)
}

// wrappers are words after which a command stands.
func wrappers() []string {
	return []string{"sudo", "then", "do", "else", "if", "exec", "time", "env", "run", "-m", "--", "npx", "uvx", "xargs"}
}

// ends reports whether a word ends before script[at:].
func ends(script string, at int) bool {
	return at == len(script) || !isWord(script[at]) && script[at] != '-'
}

// logicalLine is the line of a script around at, with the lines that a backslash continues.
func logicalLine(script string, at int) string {
	start := at
	for {
		start = strings.LastIndexByte(script[:start], '\n') + 1
		if start < 2 || script[start-2] != '\\' {
			break
		}
		start--
	}
	end := at
	for {
		i := strings.IndexByte(script[end:], '\n')
		if i < 0 {
			return script[start:]
		}
		end += i
		if end == 0 || script[end-1] != '\\' {
			return script[start:end]
		}
		end++
	}
}

func hasAll(line string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(line, w) {
			return false
		}
	}
	return true
}

func hasAny(line string, words []string) bool {
	for _, w := range words {
		if strings.Contains(line, w) {
			return true
		}
	}
	return false
}
