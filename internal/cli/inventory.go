package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// metadataToken is the variable with the token by which settings are read; a job's own may read next to none.
const metadataToken = "CURFEW_METADATA_TOKEN" //nolint:gosec // a variable's name

// inventoryFlags say what is listed.
type inventoryFlags struct {
	repository   string
	branch       string
	organization bool
	manifest     string
	policy       string
	maxRequests  int
	cache        string
	require      []string
	out          string
	optional     bool // without a manifest no owner is asked for
}

func newInventory(env *Env) *cobra.Command {
	var f inventoryFlags
	cmd := &cobra.Command{
		Use:     "inventory",
		Short:   "list what GitHub holds: stored secrets, keys, defaults, protections",
		GroupID: groupGovern,
		Long: "Ask GitHub what it holds of a repository, and write that as JSON: names and ages of stored secrets,\n" +
			"never a value; what guards environments and the manifest's branch; keys, webhooks, runners, alerts.\n" +
			"Only reads. What couldn't be read is on stderr and in the file, each source with what it needs.\n" +
			metadataToken + " is an App's token or a personal one; without it GITHUB_TOKEN has to do, which\n" +
			"in a job may read next to no settings. Exit: 0 written · 2 a flag is wrong · 3 the repository itself\n" +
			"or a required source couldn't be read.",
		Example: "  curfew inventory --repository acme/web -o inventory.json\n  curfew inventory --organization --cache .cache/curfew.json > inventory.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.repository, "repository", "", "`OWNER/NAME`; GITHUB_REPOSITORY unless said")
	flags.StringVar(&f.branch, "branch", "", "the manifest's branch, whose protection is read; the default `BRANCH` unless said")
	flags.BoolVar(&f.organization, "organization", false, "ask for what its organisation holds as well, and who is in the owners' teams")
	flags.StringVar(&f.manifest, "manifest", manifest.Path, "the manifest `FILE`, whose owners' teams are asked for with --organization")
	flags.StringVar(&f.policy, "org-policy", "", "with --organization, ask for the owners that the manifest takes from this policy: curfew/org.yml in\n`DIR`, or a file")
	flags.IntVar(&f.maxRequests, "max-requests", github.MaxRequests, "make at most `N` requests of the repository, and as many of its organisation")
	flags.StringVar(&f.cache, "cache", "", "keep answers in `FILE`: what hasn't changed then costs nothing of the rate limit")
	flags.StringArrayVar(&f.require, "require", nil, "exit 3 where this `SOURCE` could not be read; repeatable")
	flags.StringVarP(&f.out, "out", "o", "", "write to `FILE` instead of stdout")
	return cmd
}

func (f *inventoryFlags) run(ctx context.Context, env *Env) error {
	wanted, err := f.wanted(env)
	if err != nil {
		return err
	}
	client, cache, err := f.client(env)
	if err != nil {
		return err
	}
	inv, err := client.Inventory(ctx, wanted)
	if err != nil && ctx.Err() == nil {
		return usageError("%w", err)
	} else if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	if err := f.tell(ctx, env, client, inv); err != nil {
		return err
	}
	if ok, why := inv.Has("repository", ""); !ok {
		return &exitError{ExitUnfinished, fmt.Errorf("no inventory of %s: %s", wanted.Repository, why)}
	}
	if err := f.write(ctx, env, inv); err != nil {
		return err
	}
	if err := f.keep(cache); err != nil {
		return &exitError{ExitUnfinished, err}
	}
	return f.verdict(inv)
}

// wanted reads the flags.
func (f *inventoryFlags) wanted(env *Env) (github.Wanted, error) {
	w := github.Wanted{Repository: repositoryOf(env, f.repository), Branch: f.branch, Organization: f.organization, MaxRequests: f.maxRequests, Now: env.Now()}
	if w.Repository == "" {
		return w, usageError("which repository? expected --repository OWNER/NAME or GITHUB_REPOSITORY")
	}
	if w.MaxRequests < 1 {
		return w, usageError("--max-requests: expected a number above 0, not %d", w.MaxRequests)
	}
	for _, name := range f.require {
		if !slices.Contains(inventory.Names(), name) {
			return w, usageError("--require: there is no source %q: expected one of %s", name, strings.Join(inventory.Names(), ", "))
		}
	}
	if !f.organization {
		return w, nil
	}
	if _, err := os.Stat(f.manifest); errors.Is(err, fs.ErrNotExist) && (f.optional || f.manifest == manifest.Path) {
		return w, nil // a repository without one has no owners to ask for
	}
	m, p, err := readManifest(f.manifest, f.policy)
	if err != nil {
		return w, err
	}
	w.Teams, w.People = owners(m, p)
	return w, nil
}

// owners lists the manifest's, and those of the policy's that the manifest names.
func owners(m *manifest.Manifest, p *manifest.Policy) (teams, people []string) {
	named := slices.Collect(maps.Keys(m.Owners))
	for _, id := range m.Identities {
		named = append(named, id.Owner)
	}
	for _, e := range m.Exceptions {
		named = append(named, e.Owner)
	}
	for _, id := range named {
		owner, ok := m.OwnerOf(id, p)
		switch {
		case !ok:
		case owner.Team != "":
			teams = append(teams, owner.Team)
		default:
			people = append(people, owner.Person)
		}
	}
	for _, entry := range m.BreakGlass { // who used and who reviewed it is judged by who is in its teams
		for _, handle := range append(slices.Clone(entry.Activators), entry.Review.By) {
			if strings.Contains(handle, "/") {
				teams = append(teams, handle)
			}
		}
	}
	slices.Sort(teams)
	slices.Sort(people)
	return slices.Compact(teams), slices.Compact(people)
}

// tell writes on stderr what wasn't checked, and what it cost.
func (f *inventoryFlags) tell(ctx context.Context, env *Env, client *github.Client, inv *inventory.Inventory) error {
	var b strings.Builder
	for _, s := range inv.Unread() {
		fmt.Fprintf(&b, "not checked: %s: %s\n", printableLine(s.Title()), printableLine(s.Reason()))
	}
	sent, counted := client.Cost()
	fmt.Fprintf(&b, "%s, %d counted against the rate limit\n", count(sent, "request", "requests"), counted)
	safe, err := scan.Mask(ctx, b.String(), nil)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	_, err = env.Stderr.Write([]byte(disarm(safe)))
	return err
}

// write writes the inventory. Names and titles are people's words: one that looks like a credential is masked.
func (f *inventoryFlags) write(ctx context.Context, env *Env, inv *inventory.Inventory) error {
	_, src, err := scan.MaskInventory(ctx, inv)
	if err != nil {
		return &exitError{ExitUnfinished, err}
	}
	if f.out == "" {
		_, err = env.Stdout.Write([]byte(disarm(string(src))))
	} else {
		err = writeFile(".", f.out, src)
	}
	if err != nil {
		return &exitError{ExitUnfinished, fmt.Errorf("write the inventory: %w", err)}
	}
	return nil
}

// keep writes the cache, for its owner alone.
func (f *inventoryFlags) keep(cache *github.Cache) error {
	if f.cache == "" {
		return nil
	}
	src, err := cache.Bytes()
	if err == nil {
		err = writeFileFor(".", f.cache, src, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the cache: %w", err)
	}
	return nil
}

// verdict fails where what was required wasn't read.
func (f *inventoryFlags) verdict(inv *inventory.Inventory) error {
	for _, s := range inv.Unread() {
		if slices.Contains(f.require, s.Name) {
			return &exitError{ExitUnfinished, fmt.Errorf("%s is required and wasn't checked: %s", s.Title(), s.Reason())}
		}
	}
	return nil
}
