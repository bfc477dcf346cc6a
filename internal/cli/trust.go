package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/jsontree"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/trust"
)

// trustFlags say what is rendered, and how: format is "" for what suits.
type trustFlags struct {
	manifest   string
	orgPolicy  string
	repository string
	grant      string
	format     string
}

func newTrust(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "trust",
		Short:   "render or check who may obtain what in the cloud",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTrustRender(env), newTrustCheck(env))
	return cmd
}

func newTrustRender(env *Env) *cobra.Command {
	var f trustFlags
	cmd := &cobra.Command{
		Use:   "render",
		Short: "write from the manifest what each grant's provider must be told",
		Long: "Write for each grant what its provider must be told, so that it lets in whom the manifest does: a\n" +
			"trust policy of AWS, a JWT role of Vault or OpenBao, a workload identity provider of Google Cloud,\n" +
			"federated credentials of Entra, an API server's authentication, a trust policy of octo-sts, the\n" +
			"settings of a package registry. What a document can't hold to is said on stderr. Nothing is applied.\n" +
			"Exit: 0 rendered · 1 a grant has no document, or one that lets in more than the manifest, or another\n" +
			"project than its own · 2 a flag or the manifest is wrong.",
		Example: "  curfew trust render --grant deploy/prod > trust.json\n  curfew trust render --format terraform > curfew.tf",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	f.where(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.grant, "grant", "", "this grant alone, `IDENTITY/GRANT`, in the form that its provider takes unless --format says another")
	flags.StringVarP(&f.format, "format", "f", "", "write as `FORMAT`: "+formNames(trust.AllForms())+"; all grants as json unless said")
	return cmd
}

// where adds the flags that say what is read.
func (f *trustFlags) where(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE`")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.repository, "repository", "", "the project that the manifest is of, `OWNER/NAME`; as the remote origin says, unless said")
}

func (f *trustFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "" && !slices.Contains(trust.AllForms(), trust.Form(f.format)) {
		return usageError("--format: expected %s, not %q", formNames(trust.AllForms()), f.format)
	}
	m, policy, err := readManifest(f.manifest, f.orgPolicy)
	if err != nil {
		return err
	}
	if err := f.checkGrant(m); err != nil {
		return err
	}
	documents, gaps, err := f.render(cmd, env, m, policy)
	if err != nil {
		return err
	}
	if err := f.print(cmd, env, documents); err != nil {
		return err
	}
	return openGap(gaps)
}

// openGap is the failure of a document that is missing, or lets in more than the manifest or another project.
func openGap(gaps []trust.Gap) error {
	if slices.ContainsFunc(gaps, func(g trust.Gap) bool { return g.Kind.Open() }) {
		return &exitError{code: ExitFindings}
	}
	return nil
}

// checkGrant refuses a grant that the manifest doesn't have.
func (f *trustFlags) checkGrant(m *manifest.Manifest) error {
	if f.grant == "" {
		return nil
	}
	id, name, _ := manifest.CutGrant(f.grant)
	if _, ok := m.Identities[id].Grants[name]; ok {
		return nil
	}
	var names []string
	for _, id := range m.IdentityIDs() {
		for _, name := range m.GrantIDs(id) {
			names = append(names, id+"/"+name)
		}
	}
	if len(names) == 0 {
		return usageError("--grant %s: %s has no grants", f.grant, f.manifest)
	}
	return usageError("--grant %s: %s has no such grant; it has %s", f.grant, f.manifest, strings.Join(names, ", "))
}

// sayGaps writes on stderr in what the documents aren't what the manifest says.
func (f *trustFlags) sayGaps(cmd *cobra.Command, env *Env, gaps []trust.Gap) error {
	var b strings.Builder
	for _, g := range gaps {
		fmt.Fprintf(&b, "%s: %s: %s: %s\n  try: %s\n", printableLine(g.Region.String()), g.Kind, printableLine(g.Grant), printableLine(g.Message), printableLine(g.Fix))
	}
	return f.say(cmd, env, b.String())
}

// say writes on stderr, masked.
func (f *trustFlags) say(cmd *cobra.Command, env *Env, text string) error {
	safe, err := scan.Mask(cmd.Context(), text, nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stderr.Write([]byte(disarm(safe)))
	return err
}

// print writes the documents. One with a part masked would say something else, so then nothing is written.
func (f *trustFlags) print(cmd *cobra.Command, env *Env, documents []trust.Document) error {
	text, err := f.text(cmd, env, documents)
	if err != nil || text == "" {
		return err
	}
	safe, err := scan.Mask(cmd.Context(), text, nil)
	switch {
	case err != nil:
		return &exitError{ExitUnfinished, err}
	case safe != text:
		return usageError("a document would hold what looks like a credential: take it out of %s, since trust policies are no secret", f.manifest)
	}
	_, err = env.Stdout.Write([]byte(disarm(text)))
	return err
}

// text is what is written: of one grant its document, of all of them json with what each is for, or those that have the
// form.
func (f *trustFlags) text(cmd *cobra.Command, env *Env, documents []trust.Document) (string, error) {
	form := trust.Form(f.format)
	switch {
	case len(documents) == 0:
		return "", nil
	case f.grant != "":
		d := documents[0]
		if form == "" {
			form = d.Forms()[0]
		}
		text, ok := d.Write(form)
		if !ok {
			return "", usageError("--format %s: a grant of %s is written as %s", f.format, d.Provider, formNames(d.Forms()))
		}
		return string(text), nil
	case form == "" || form == trust.JSON:
		return listed(documents)
	}
	return f.joined(cmd, env, documents)
}

// joined writes all documents that have the form, and says on stderr which haven't.
func (f *trustFlags) joined(cmd *cobra.Command, env *Env, documents []trust.Document) (string, error) {
	form := trust.Form(f.format)
	var all []string
	for _, d := range documents {
		text, ok := d.Write(form)
		if ok {
			all = append(all, string(text))
			continue
		}
		if err := f.say(cmd, env, fmt.Sprintf("left out: %s has no form %s; it is written as %s\n", printableLine(d.Grant), f.format, formNames(d.Forms()))); err != nil {
			return "", err
		}
	}
	if form == trust.YAML {
		return strings.Join(all, "---\n"), nil
	}
	return strings.Join(all, "\n"), nil
}

// formNames lists forms for a person.
func formNames(forms []trust.Form) string {
	names := make([]string, len(forms))
	for i, form := range forms {
		names[i] = string(form)
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// listed writes documents as json, with what each is for.
func listed(documents []trust.Document) (string, error) {
	type named struct {
		Grant    string          `json:"grant"`
		Provider string          `json:"provider"`
		Target   string          `json:"target"`
		Document json.RawMessage `json:"document"`
	}
	list := make([]named, len(documents))
	for i, d := range documents {
		list[i] = named{d.Grant, d.Provider, d.Target, d.JSON()}
	}
	text, err := jsontree.Indented(list)
	return string(text), err
}
