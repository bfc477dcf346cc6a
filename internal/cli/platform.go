package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/scan"
)

// client makes one by the environment's tokens, with what the cache's file holds.
func (f *inventoryFlags) client(env *Env) (*github.Client, *github.Cache, error) {
	cache, err := f.readCache()
	if err != nil {
		return nil, nil, usageError("--cache: %w", err)
	}
	job, metadata := redact.New([]byte(env.Getenv("GITHUB_TOKEN"))), redact.New([]byte(env.Getenv(metadataToken)))
	if job.Len() == 0 {
		job = metadata
	}
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: job, Metadata: metadata, Agent: "curfew/" + Version(), Cache: cache, Now: env.Now,
	})
	if err != nil {
		return nil, nil, usageError("%w or %s", err, metadataToken)
	}
	return client, cache, nil
}

// readCache reads the cache's file, where there is one.
func (f *inventoryFlags) readCache() (*github.Cache, error) {
	if f.cache == "" {
		return github.NewCache(), nil
	}
	file, err := os.Open(f.cache)
	if errors.Is(err, fs.ErrNotExist) {
		return github.NewCache(), nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // only read
	cache, err := github.ReadCache(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.cache, err)
	}
	return cache, nil
}

// live takes an inventory for a scan; nil where none is asked for. One that can't be taken ends the scan: what was to be
// judged isn't. The teams whose members are asked for are those of the manifest at dir.
func (f *scanFlags) live(ctx context.Context, env *Env, dir string, search scan.Search) (*inventory.Inventory, error) {
	switch {
	case f.organization && !f.github:
		return nil, usageError("--organization says what --github asks for as well: add --github")
	case !f.github && f.inventory == "":
		return nil, nil
	case search.Diff != "" || search.Staged || search.Text != nil:
		return nil, usageError("--inventory and --github judge what the platform holds, and --diff, --staged and PATH \"-\" secrets alone: give one of both")
	case !f.github:
		return nil, nil
	case f.inventory != "":
		return nil, usageError("--github takes an inventory and --inventory names one: give one of both")
	}
	of := inventoryFlags{
		repository: f.repository, maxRequests: github.MaxRequests, organization: f.organization,
		manifest: filepath.Join(dir, f.manifest), policy: f.orgPolicy, optional: true,
	}
	policy, err := scan.ReadPolicy(f.orgPolicy)
	if err != nil {
		return nil, &exitError{ExitUsage, err}
	}
	if policy != nil && policy.Guard != nil { // whose branch is to be guarded, where it isn't the default one
		if name, ok := strings.CutPrefix(policy.Guard.Ref, "refs/heads/"); ok {
			of.branch = name
		}
	}
	wanted, err := of.wanted(env)
	if err != nil {
		return nil, err
	}
	client, _, err := of.client(env)
	if err != nil {
		return nil, err
	}
	inv, err := client.Inventory(ctx, wanted)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	if ok, why := inv.Has("repository", ""); !ok {
		return nil, &exitError{ExitUnfinished, fmt.Errorf("no inventory of %s: %s", wanted.Repository, why)}
	}
	return inv, nil
}
