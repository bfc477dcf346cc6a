package secret

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// qualitySets names a folder of sets, as docs/quality.md describes them: each a folder with the files under
// "tree" and, where they are labelled, "labels.tsv".
const qualitySets = "CURFEW_QUALITY_SETS"

// mark is a label: lines of a file, or columns of a line, that hold a credential or what only looks like one.
type mark struct {
	first, last int // lines, counted from 1
	from, to    int // columns in code points, counted from 0; equal where the lines are marked whole
	credential  bool
}

// tally counts a set's guesses, by their labels, before and after the unlikely ones are left out.
type tally struct {
	files, found, marks int // files; labelled credentials that any detector found, and all of them
	before, after       [3]int
	hollow              [3]int // of other detectors, what is left out, by their labels
	reasons             map[Unlikely]int
	lost                []string // places of labelled credentials that were left out
}

const (
	credential = iota
	noCredential
	unlabelled
)

// TestQuality prints what guesses are worth on labelled sets, and fails where a labelled credential is left
// out as unlikely. It shows places and counts, never a value.
func TestQuality(t *testing.T) {
	root := os.Getenv(qualitySets)
	if root == "" {
		t.Skip(qualitySets + " names no folder of sets: see docs/quality.md")
	}
	sets, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	d, err := oneDetector()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("| Set | Files | Labelled credentials, found | Guesses: right, wrong, unlabelled | After | Left out | Hollow forms |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, s := range sets {
		sum := judgeSet(t, d, filepath.Join(root, s.Name()))
		fmt.Printf("| %s | %d | %d, %d | %v | %v | %v | %v |\n", s.Name(), sum.files, sum.marks, sum.found, sum.before, sum.after, sum.reasons, sum.hollow)
		for _, place := range sum.lost {
			t.Errorf("%s: %s is labelled a credential, and left out", s.Name(), place)
		}
	}
}

func judgeSet(t *testing.T, d *Detector, set string) tally {
	t.Helper()
	labels := readLabels(t, filepath.Join(set, "labels.tsv"))
	tree := filepath.Join(set, "tree")
	var names []string
	err := filepath.WalkDir(tree, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := make([][]Token, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		g.Go(func() error {
			content, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(tree, name)
			found[i], err = d.Detect(context.Background(), inProject(rel), content)
			if errors.Is(err, ErrAllowlisted) {
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	sum := tally{files: len(names), reasons: make(map[Unlikely]int)}
	for i, name := range names {
		rel, _ := filepath.Rel(tree, name)
		sum.add(d, filepath.ToSlash(rel), found[i], labels[filepath.ToSlash(rel)])
	}
	return sum
}

// inProject is a file's path in its project: the sets have a folder a project.
func inProject(rel string) string {
	_, inside, ok := strings.Cut(filepath.ToSlash(rel), "/")
	if !ok {
		return rel
	}
	return inside
}

func (s *tally) add(d *Detector, name string, tokens []Token, marks []mark) {
	for _, m := range marks {
		if !m.credential {
			continue
		}
		s.marks++
		for i := range tokens {
			if m.on(&tokens[i]) && tokens[i].Unlikely == "" {
				s.found++
				break
			}
		}
	}
	for i := range tokens {
		k := &tokens[i]
		guessed := d.kinds.of(k.Detector, nil).rank == byGuess
		if !guessed && k.Unlikely == "" || k.Covered {
			continue
		}
		label := labelOf(k, marks)
		if !guessed {
			s.hollow[label]++
			s.lose(name, k, label)
			continue
		}
		s.before[label]++
		if k.Unlikely == "" {
			s.after[label]++
			continue
		}
		s.reasons[k.Unlikely]++
		s.lose(name, k, label)
	}
}

// lose notes a credential that is left out. A certificate is public by its own bytes, whatever its label says: one of
// gitleaks' examples of a Secret holds nothing else.
func (s *tally) lose(name string, k *Token, label int) {
	if label == credential && (k.Detector != "kubernetes-secret-yaml" || k.Unlikely != PublicKey) {
		s.lost = append(s.lost, fmt.Sprintf("%s:%d (%s)", name, k.Region.Start.Line, k.Detector))
	}
}

func labelOf(k *Token, marks []mark) int {
	label := unlabelled
	for _, m := range marks {
		if m.on(k) && m.credential {
			return credential
		} else if m.on(k) {
			label = noCredential
		}
	}
	return label
}

func (m mark) on(k *Token) bool {
	if k.Region.Span.IsZero() {
		return true // the file's name gave it away
	}
	if m.first > k.Region.End.Line || k.Region.Start.Line > m.last {
		return false
	}
	return m.from >= m.to || m.first != m.last || m.from < k.Region.End.Col-1 && k.Region.Start.Col-1 < m.to
}

// readLabels reads rows of path, first line, last line, T or F, and the columns that the value begins and
// ends at where they are known; a set may have no labels.
func readLabels(t *testing.T, name string) map[string][]mark {
	t.Helper()
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	out := make(map[string][]mark)
	for rows := bufio.NewScanner(file); rows.Scan(); {
		col := append(strings.Split(rows.Text(), "\t"), "", "")
		if len(col) < 6 {
			t.Fatalf("%s: expected path, first line, last line, T or F, and columns: %q", name, rows.Text())
		}
		m := mark{first: number(t, col[1]), last: number(t, col[2]), credential: col[3] == "T"}
		if col[4] != "" && col[5] != "" {
			m.from, m.to = number(t, col[4]), number(t, col[5])
		}
		out[col[0]] = append(out[col[0]], m)
	}
	return out
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("labels: %v", err)
	}
	return n
}
