package history_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// git runs git in dir, of which nothing of the machine's configuration is known.
func git(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = exit.Stderr
		}
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// stream is the input of git fast-import that makes a history.
type stream struct {
	bytes.Buffer
	commits int
}

// commit begins a commit on a branch; each is a minute younger than the one before.
func (s *stream) commit(branch string, parents ...int) {
	s.commits++
	fmt.Fprintf(s, "commit refs/heads/%s\nmark :%d\ncommitter c <c@example.com> %d +0000\ndata 1\nm\n", branch, s.commits, 1_700_000_000+60*s.commits)
	for i, p := range parents {
		fmt.Fprintf(s, "%s :%d\n", []string{"from", "merge", "merge"}[min(i, 2)], p)
	}
}

func (s *stream) put(name, content string) {
	fmt.Fprintf(s, "M 100644 inline \"%s\"\ndata %d\n%s\n", name, len(content), content)
}

// into imports s into a new repository, whose HEAD is branch b0.
func (s *stream) into(t testing.TB, init ...string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "", append([]string{"init", "-q", "-b", "b0"}, init...)...)
	git(t, dir, s.String(), "fast-import", "--quiet", "--force")
	return dir
}

// names are files of which some are known by name, some left out by it.
var names = []string{"a.env", "b/c.py", "b/d.txt", "app.p12", "lib/x.min.js", "e.bin", "b/a.env", "go.sum"}

// writer writes random versions of files.
type writer struct {
	rng     *rand.Rand
	secrets []planted.Secret
	files   map[string][]string // the last version of each, in lines
}

// next changes a few lines of a file: puts credentials in, and takes some out.
func (w *writer) next(name string) string {
	lines := w.files[name]
	for len(lines) < 30 {
		lines = append(lines, fmt.Sprintf("line %d of %s", w.rng.IntN(40), name))
	}
	for range 1 + w.rng.IntN(4) {
		at := w.rng.IntN(len(lines))
		switch w.rng.IntN(5) {
		case 0:
			lines[at] = fmt.Sprintf("line %d", w.rng.IntN(1000))
		case 1:
			lines = append(lines[:at:at], lines[at+1:]...)
		case 2, 3:
			lines[at] = strings.TrimSuffix(w.secrets[w.rng.IntN(len(w.secrets))].Content, "\n")
		case 4:
			lines = append(lines[:at:at], append([]string{"password = " + fmt.Sprintf("hunter%d", w.rng.IntN(3))}, lines[at:]...)...)
		}
	}
	w.files[name] = lines
	content := strings.Join(lines, "\n") + "\n"
	switch w.rng.IntN(12) {
	case 0: // UTF-16
		var b strings.Builder
		b.WriteString("\xff\xfe")
		for _, c := range []byte(content) {
			b.WriteByte(c)
			b.WriteByte(0)
		}
		return b.String()
	case 1:
		return "\x00\x01" + content
	}
	return content
}

// randomHistory makes a history of commits that change few files, on branches that part and merge.
func randomHistory(rng *rand.Rand, commits int) *stream {
	s := &stream{}
	w := &writer{rng: rng, secrets: planted.All(rng.Uint64()), files: map[string][]string{}}
	for i := 1; i <= commits; i++ {
		var parents []int
		for _, back := range [][]int{{1}, {1}, {1}, {2}, {1, 3}, {1, 2, 4}, {}}[rng.IntN(7)] {
			if i-back > 0 {
				parents = append(parents, i-back)
			}
		}
		s.commit(fmt.Sprintf("b%d", rng.IntN(3)), parents...)
		for range rng.IntN(4) {
			name := names[rng.IntN(len(names))]
			if rng.IntN(4) == 0 {
				fmt.Fprintf(s, "D \"%s\"\n", name)
			} else {
				s.put(name, w.next(name))
			}
		}
		s.WriteString("\n")
	}
	s.commit("b0", commits) // so that there is a HEAD
	s.WriteString("\n")
	return s
}
