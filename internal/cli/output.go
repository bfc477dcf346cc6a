package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/report"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/rules"
)

// finish writes a result wherever it was asked for and returns its verdict.
func (f *outputFlags) finish(env *Env, dir string, r *scan.Result) error {
	tree, err := gitrepo.Open(dir)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	defer tree.Close()           //nolint:errcheck // only read
	if r.Checked.Scope.Alone() { // what is searched by itself isn't what the working tree has
		return f.write(env, dir, r, nil)
	}
	return f.write(env, dir, r, hashed(tree))
}

// write writes a result wherever it was asked for and returns its verdict. source reads what was scanned, and is nil where
// that isn't here.
func (f *outputFlags) write(env *Env, dir string, r *scan.Result, source func(string) ([]byte, error)) error {
	all, err := rules.All()
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	opt := report.Options{
		Rules: all, Category: f.category, Silenced: f.silenced, Full: f.full, Source: source,
		Repository: repositoryURL(env, &r.Of), Blob: ciOf(env).blob, SHA: r.Of.Commit,
	}
	if err := errors.Join(f.writeStdout(env, r, opt), f.writeFiles(dir, r, opt)); err != nil { // what can be written is
		return &exitError{ExitUnfinished, err}
	}
	return f.verdict(r)
}

// verdict is the exit status of a result, whatever its format.
func (f *outputFlags) verdict(r *scan.Result) error {
	if r.Interrupted() {
		return &exitError{ExitUnfinished, errInterrupted}
	}
	for _, n := range r.NotChecked {
		if slices.Contains(f.require, string(n.Source)) {
			return &exitError{ExitUnfinished, fmt.Errorf("--require %s: %s was not checked: %s", n.Source, n.What, n.Reason)}
		}
	}
	for _, name := range f.require {
		if name == string(scan.Platform) && !slices.Contains(r.Checked.Sources, scan.Platform) {
			return &exitError{ExitUnfinished, errors.New("--require platform: nobody said what the platform holds: add --inventory FILE or --github")}
		}
		if !slices.Contains(r.Checked.Sources, scan.Source(name)) {
			return &exitError{ExitUnfinished, fmt.Errorf("--require %s: this scan doesn't read that; scan the whole tree", name)}
		}
	}
	if r.Manifest.Mode == string(manifest.Observe) || f.failOn == "never" {
		return nil
	}
	level, err := finding.ParseSeverity(f.failOn)
	if err != nil {
		return usageError("--fail-on: %w", err)
	}
	if r.Worst() >= level {
		return &exitError{code: ExitFindings}
	}
	return nil
}

func (f *outputFlags) writeStdout(env *Env, r *scan.Result, opt report.Options) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return err
	}
	opt.Color = f.colored(env)
	return report.Write(env.Stdout, format, r, opt)
}

func (f *outputFlags) writeFiles(dir string, r *scan.Result, opt report.Options) error {
	var faults []error
	for _, o := range f.outs {
		format, file, err := splitOut(o)
		if err != nil {
			return err
		}
		var buf bytes.Buffer
		if err = report.Write(&buf, format, r, opt); err == nil {
			err = writeFile(dir, file, buf.Bytes())
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("write the %s report: %w", format, err))
		}
	}
	return errors.Join(faults...)
}

// hashed reads files for the hashes of their lines. There is none where a finding stands in what is no text of the working
// tree: in UTF-16, in a binary file, in a commit, which can hold any name.
func hashed(tree *gitrepo.Tree) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if !fs.ValidPath(name) {
			return nil, fs.ErrNotExist
		}
		src, err := tree.ReadFile(name)
		if skip := (*gitrepo.Skip)(nil); errors.As(err, &skip) {
			return nil, fs.ErrNotExist
		}
		return src, err
	}
}

// writeFile writes what the user named. A file in the scanned tree is written beneath it: whoever made
// the tree may have put a link in the file's place.
func writeFile(dir, file string, content []byte) error {
	return writeFileFor(dir, file, content, 0o644) // for others to read: values are masked
}

// writeFileFor is writeFile for those whom mode lets in.
func writeFileFor(dir, file string, content []byte, mode os.FileMode) error {
	root, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return os.WriteFile(file, content, mode)
	}
	tree, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer tree.Close() //nolint:errcheck // nothing is pending
	return tree.WriteFile(rel, content, mode)
}

// repositoryURL is where what was scanned can be read, for links; "" outside of a job.
func repositoryURL(env *Env, of *scan.Of) string {
	server := env.Getenv(ciOf(env).server)
	if server == "" || of.Repository == "" {
		return ""
	}
	return server + "/" + of.Repository
}

// colored follows --color, then NO_COLOR and CLICOLOR_FORCE (no-color.org, bixense.com/clicolors).
func (f *outputFlags) colored(env *Env) bool {
	switch {
	case f.color == "always":
		return true
	case f.color == "never" || env.Getenv("NO_COLOR") != "":
		return false
	case env.Getenv("CLICOLOR_FORCE") != "" && env.Getenv("CLICOLOR_FORCE") != "0":
		return true
	}
	return isTerminal(env.Stdout) && env.Getenv("TERM") != "dumb"
}
