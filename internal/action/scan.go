package action

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
)

// scan scans, or reads what another step has scanned, writes what the runner shows of it, and uploads where the inputs say so.
func (s Step) scan(c *command, in inputs, dir string, curfew Curfew) (int, error) {
	args, out, err := c.scanLine(in, dir)
	if err != nil {
		return 0, err
	}
	upload, err := in.choice("upload", "false", "auto", "true")
	if err != nil {
		return 0, err
	}
	if err := out.checkTo(); err != nil {
		return 0, err
	}
	run := s.framed
	if out.annotations == "" { // what it prints is meant for the runner
		run = func(curfew Curfew, args []string) (Outcome, error) { return curfew(args), nil }
	}
	did, err := run(curfew, args)
	if err != nil {
		return 0, err
	}
	r, err := resultIn(out.result)
	if err != nil {
		return 0, err
	}
	if c.name == "scan" && r != nil && sawNothing(r) {
		return 0, &InputError{"path", "no file to search is there, and nothing was checked: let a step with actions/checkout come before this one, or name the folder that it checks out to"}
	}
	err = errors.Join(s.complain(did), s.annotate(out.annotations), s.summarize(out.summary), s.outputs(out, r))
	if err != nil || upload == "false" {
		return did.Code, err
	}
	code, err := s.upload(upload == "auto", out.sarif, curfew)
	if did.Code != 0 {
		code = did.Code
	}
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
	return s.addSummary(markdown)
}

func (s Step) addSummary(markdown []byte) error {
	if len(markdown) > maxSummary {
		return fmt.Errorf("the job summary has %d bytes, the runner takes %d", len(markdown), maxSummary)
	}
	return s.appendTo("GITHUB_STEP_SUMMARY", markdown)
}

// resultIn reads a scan's result, nil where it didn't get as far as that.
func resultIn(file string) (*scan.Result, error) {
	result, err := readIfThere(file)
	if err != nil || result == nil {
		return nil, err
	}
	return report.Read(bytes.NewReader(result))
}

// sawNothing reports whether a scan found no file at all, as in a job that doesn't check out: it would pass for clean from then on,
// and its upload close all alerts. Files that are there and weren't searched are said not to be, as is a scan that was interrupted.
func sawNothing(r *scan.Result) bool {
	c := &r.Checked
	return c.Scope == scan.InTree && c.Files == 0 && c.Workflows == 0 && !r.Interrupted() &&
		!slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return n.Source == scan.Secrets && len(n.Paths) > 0 })
}

func (s Step) outputs(out files, r *scan.Result) error {
	if r != nil {
		if err := errors.Join(s.SetOutput("findings", strconv.Itoa(counting(r))), s.SetOutput("result-file", out.result)); err != nil {
			return err
		}
	}
	sarif, err := out.sarifFile()
	if err != nil || sarif == "" {
		return err
	}
	return s.SetOutput("sarif-file", sarif)
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

func isThere(file string) (bool, error) {
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
