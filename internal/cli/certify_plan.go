package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/certify"
	"github.com/curfew-ci/curfew/internal/manifest/splice"
)

// certifyPlanFlags say whose proposals are shown, and whether they are made.
type certifyPlanFlags struct {
	certifyFlags
	owner string
	apply bool
}

func newCertifyPlan(env *Env) *cobra.Command {
	var f certifyPlanFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "propose what to renew, narrow, remove or suspend, and the edits that do it",
		Long: "Propose for each owner what their reviews call for, with the reason and what would change in the\n" +
			"manifest: nothing but the lines that are meant. Nothing is written without --apply, which edits the\n" +
			"working tree. Exit: 0 nothing is proposed, or all of it was applied · 1 something is, or has to be\n" +
			"edited by hand · 2 a flag or a file is wrong · 3 could not be read or written.",
		Example: "  curfew certify plan --org-policy ../.github --facts facts.json --usage records.jsonl\n" +
			"  curfew certify plan --owner payments --apply && git diff",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.StringVar(&f.owner, "owner", "", "this owner's alone, by `ID`")
	flags.BoolVar(&f.apply, "apply", false, "write the proposals into the manifest")
	flags.StringVarP(&f.format, "format", "f", "text", "write as `FORMAT`: text, json, or markdown, what a pull request for each owner says")
	return cmd
}

func (f *certifyPlanFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "text" && f.format != "json" && f.format != "markdown" {
		return usageError("--format: expected text, json or markdown, not %q", f.format)
	}
	r, err := f.read(cmd, env)
	if err != nil {
		return err
	}
	defer r.tree.Close() //nolint:errcheck // what was written is written
	groups := certify.Plan(r.in, f.manifest, r.src)
	if f.owner != "" {
		if groups, err = f.ownersOnly(r, groups); err != nil {
			return err
		}
	}
	text, err := f.text(r, groups)
	if err != nil {
		return err
	}
	if err := printMasked(cmd, env, text); err != nil {
		return err
	}
	if f.apply {
		return f.write(env, r, groups)
	}
	if len(groups) > 0 {
		return &exitError{code: ExitFindings}
	}
	return nil
}

// ownersOnly are the groups of the one owner; one that nothing names is a mistake.
func (f *certifyPlanFlags) ownersOnly(r *review, groups []certify.Group) ([]certify.Group, error) {
	var ids []string
	for _, rv := range certify.Status(r.in) {
		if rv.Owner == f.owner {
			return slices.DeleteFunc(groups, func(g certify.Group) bool { return g.Owner != f.owner }), nil
		}
		ids = append(ids, rv.Owner)
	}
	slices.Sort(ids)
	return nil, usageError("--owner %s: nothing in %s is theirs; owners there: %s", f.owner, f.manifest, strings.Join(slices.Compact(ids), ", "))
}

func (f *certifyPlanFlags) text(r *review, groups []certify.Group) (string, error) {
	var b strings.Builder
	switch f.format {
	case "json":
		return planJSON(f.manifest, r.src, groups)
	case "markdown":
		for i := range groups {
			fmt.Fprintf(&b, "## %s\n\n%s\n", groups[i].Title(), groups[i].Body())
		}
		return b.String(), nil
	}
	for i := range groups {
		g := &groups[i]
		fmt.Fprintf(&b, "%s: %s\n", cell(whose(g.Handle, g.Owner)), count(len(g.Changes), "proposal", "proposals"))
		for k := range g.Changes {
			b.WriteString(changeText(&g.Changes[k]))
		}
		for line := range strings.Lines(splice.Unified(f.manifest, r.src, g.Source)) {
			b.WriteString("  | " + printable(line)) // what a line of the file begins with can't begin one here
		}
	}
	if len(groups) == 0 {
		b.WriteString("nothing to decide\n")
	}
	return b.String(), nil
}

func changeText(c *certify.Change) string {
	what := string(c.Action) + " " + c.Name()
	if effect := c.Effect(); effect != "" {
		what += " " + effect
	}
	text := fmt.Sprintf("  %s\n    %s\n    by %s; used in %d days: %s\n", printableLine(what), printableLine(c.Reason), c.Deadline(), windowDays(), printableLine(c.Used))
	if c.Refused != "" {
		text += "    edit it by hand: " + printableLine(c.Refused) + "\n"
	}
	return text
}

func planJSON(path string, src []byte, groups []certify.Group) (string, error) {
	type change struct {
		*certify.Change
		known
		Until string `json:"until,omitempty"`
	}
	type group struct {
		*certify.Group
		Changes []change `json:"changes"`
		Title   string   `json:"title"`
		Body    string   `json:"body"`
		Diff    string   `json:"diff"`
	}
	out := make([]group, len(groups))
	for i := range groups {
		g := &groups[i]
		out[i] = group{Group: g, Title: g.Title(), Body: g.Body(), Diff: splice.Unified(path, src, g.Source)}
		for k := range g.Changes {
			c := &g.Changes[k]
			out[i].Changes = append(out[i].Changes, change{c, knownOf(&c.Review), c.Until.String()})
		}
	}
	text, err := json.MarshalIndent(out, "", "  ")
	return printable(string(text)) + "\n", err
}

// replace writes the manifest, beneath the folder that was named: all of it or nothing, whenever it is killed.
func (f *certifyPlanFlags) replace(src []byte) error {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return err
	}
	return errors.Join(replaceIn(root, filepath.FromSlash(f.manifest), src), root.Close())
}

// replaceIn puts a new file of the same mode in a file's place. What lies where the new one is written stays, and is
// an error: it may be somebody else's at work.
func replaceIn(root *os.Root, name string, src []byte) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	fresh := name + ".new"
	file, err := root.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = file.Write(src)
	if err = errors.Join(err, file.Chmod(info.Mode().Perm()), file.Sync(), file.Close()); err == nil {
		err = root.Rename(fresh, name)
	}
	if err != nil {
		err = errors.Join(err, root.Remove(fresh))
	}
	return err
}

// write puts the proposals into the manifest, if it still is what was read.
func (f *certifyPlanFlags) write(env *Env, r *review, groups []certify.Group) error {
	out, refused := certify.Together(r.in, f.manifest, r.src, groups)
	now, err := r.tree.ReadFile(f.manifest)
	if err == nil && !bytes.Equal(now, r.src) {
		err = fmt.Errorf("%s was changed meanwhile: nothing is written, run it again", f.manifest)
	}
	if err == nil && !bytes.Equal(out, r.src) {
		err = f.replace(out)
	}
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	said := "nothing in " + f.manifest + " had to change"
	if !bytes.Equal(out, r.src) {
		said = "wrote " + f.manifest + ": look at it with `git diff`"
	}
	fmt.Fprintln(env.Stderr, printableLine(said))
	if len(refused) > 0 {
		fmt.Fprintf(env.Stderr, "%s to be edited by hand\n", count(len(refused), "proposal has", "proposals have"))
		return &exitError{code: ExitFindings}
	}
	return nil
}
