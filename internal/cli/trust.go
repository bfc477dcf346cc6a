package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/trust"
)

// trustFlags say what is rendered, and how.
type trustFlags struct {
	manifest  string
	orgPolicy string
	grant     string
	format    string
}

func newTrust(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "trust",
		Short:   "render who may obtain what in the cloud",
		GroupID: groupGovern,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTrustRender(env))
	return cmd
}

func newTrustRender(env *Env) *cobra.Command {
	var f trustFlags
	cmd := &cobra.Command{
		Use:   "render",
		Short: "write trust policies of AWS roles and JWT roles of Vault from the manifest",
		Long: "Write for each grant what its role must say in the cloud, so that it lets in whom the manifest\n" +
			"does: a trust policy of AWS, a JWT role of Vault or OpenBao. What a document can't hold to is said\n" +
			"on stderr. Nothing is applied. Exit: 0 rendered · 1 a grant has no document, or one that lets in\n" +
			"more than the manifest · 2 a flag or the manifest is wrong.",
		Example: "  curfew trust render --grant deploy/prod > trust.json\n  curfew trust render --format terraform > curfew.tf",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd, env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE`")
	flags.StringVar(&f.orgPolicy, "org-policy", "", "the organisation's policy: curfew/org.yml in `DIR`, or that FILE")
	flags.StringVar(&f.grant, "grant", "", "this grant alone, `IDENTITY/GRANT`; as json, the document as the cloud's API takes it")
	flags.StringVarP(&f.format, "format", "f", "json", "write as json or terraform")
	return cmd
}

func (f *trustFlags) run(cmd *cobra.Command, env *Env) error {
	if f.format != "json" && f.format != "terraform" {
		return usageError("--format: expected json or terraform, not %q", f.format)
	}
	m, policy, err := readManifest(f.manifest, f.orgPolicy)
	if err != nil {
		return err
	}
	if err := f.checkGrant(m); err != nil {
		return err
	}
	documents, gaps := trust.Render(m, policy, trust.Options{Grant: f.grant})
	if err := f.sayGaps(cmd, env, gaps); err != nil {
		return err
	}
	if err := f.print(cmd, env, documents); err != nil {
		return err
	}
	for _, g := range gaps {
		if g.Kind.Open() {
			return &exitError{code: ExitFindings}
		}
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
	safe, err := scan.Mask(cmd.Context(), b.String(), nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stderr.Write([]byte(disarm(safe)))
	return err
}

// print writes the documents. One with a part masked would say something else, so then nothing is written.
func (f *trustFlags) print(cmd *cobra.Command, env *Env, documents []trust.Document) error {
	text, err := f.text(documents)
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

func (f *trustFlags) text(documents []trust.Document) (string, error) {
	if f.format == "terraform" {
		all := make([]string, len(documents))
		for i, d := range documents {
			all[i] = string(d.Terraform())
		}
		return strings.Join(all, "\n"), nil
	}
	if f.grant != "" {
		if len(documents) == 0 {
			return "", nil
		}
		return string(documents[0].JSON()), nil
	}
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
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(list)
	return b.String(), err
}
