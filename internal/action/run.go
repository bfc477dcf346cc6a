package action

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/sethvargo/go-githubactions"

	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Step is what the runner gives a step.
type Step struct {
	Getenv func(string) string
	Log    io.Writer // whose lines the runner reads for workflow commands
	Random io.Reader // crypto/rand's, for delimiters that nobody can guess
}

// Run does what the step's inputs ask. It calls curfew with the command line they stand for, keeps
// everything that curfew prints from being taken for workflow commands, and then writes annotations,
// the job summary and the outputs:
//
//	findings    how many findings count; empty where no scan came about
//	sarif-file  the SARIF file's path; empty where there is none
//
// It returns curfew's exit status. The error is an *InputError where an input is wrong, and anything
// else where the runner's files can't be used.
func Run(step Step, curfew func(args []string) int) (int, error) {
	temp := step.Getenv("RUNNER_TEMP")
	if temp == "" {
		return 0, errors.New("RUNNER_TEMP isn't set: this is for steps of GitHub Actions; elsewhere run curfew scan")
	}
	dir, err := os.MkdirTemp(temp, "curfew-")
	if err != nil {
		return 0, fmt.Errorf("make a folder for this step: %w", err)
	}
	gh := githubactions.New(githubactions.WithGetenv(step.Getenv), githubactions.WithWriter(step.Log))
	args, out, err := arguments(gh, dir)
	if err != nil {
		return 0, err
	}
	code, err := step.run(curfew, args, out)
	if err != nil {
		return 0, err
	}
	return code, errors.Join(step.annotate(out.annotations), step.summarize(out.summary), step.outputs(out))
}

// run calls curfew, its output framed by stop-commands unless that output is meant for the runner: what
// a scan quotes comes from the tree under scan, and a line such as "##[set-output name=x]y" would work
// from anywhere. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func (s Step) run(curfew func([]string) int, args []string, out files) (int, error) {
	if out.annotations == "" {
		return curfew(args), nil
	}
	token, err := delimiter(s.Random)
	if err != nil {
		return 0, err
	}
	stop := &githubactions.Command{Name: "stop-commands", Message: token}
	if _, err := fmt.Fprintln(s.Log, stop); err != nil {
		return 0, err
	}
	code := curfew(args)
	// A command counts at the start of a line only, wherever curfew's own output ended.
	_, err = fmt.Fprintf(s.Log, "\n%s\n", &githubactions.Command{Name: token})
	return code, err
}

// annotate prints the workflow commands that the scan wrote to file.
func (s Step) annotate(file string) error {
	if file == "" {
		return nil
	}
	commands, err := readIfThere(file)
	if err != nil {
		return err
	}
	_, err = s.Log.Write(commands)
	return err
}

// maxSummary is the most that the runner takes; it drops a longer summary whole.
const maxSummary = 1 << 20

func (s Step) summarize(file string) error {
	markdown, err := readIfThere(file)
	if err != nil || markdown == nil {
		return err
	}
	if len(markdown) > maxSummary {
		return fmt.Errorf("the job summary has %d bytes, the runner takes %d", len(markdown), maxSummary)
	}
	return s.appendTo("GITHUB_STEP_SUMMARY", markdown)
}

func (s Step) outputs(out files) error {
	result, err := readIfThere(out.result)
	if err != nil {
		return err
	}
	if result != nil {
		r, err := report.Read(bytes.NewReader(result))
		if err != nil {
			return err
		}
		if err := s.SetOutput("findings", strconv.Itoa(counting(r))); err != nil {
			return err
		}
	}
	if _, err := os.Stat(out.sarif); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return s.SetOutput("sarif-file", out.sarif)
}

// counting is how many findings of r count.
func counting(r *scan.Result) int {
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Counts() {
			n++
		}
	}
	return n
}

// readIfThere reads a file, nil where the scan didn't get as far as writing it.
func readIfThere(file string) ([]byte, error) {
	b, err := os.ReadFile(file) //nolint:gosec // a name of our own making
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}
