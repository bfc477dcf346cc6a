package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/inventory"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/scan"
)

// Proof is how a Leftover stands.
type Proof string

// The proofs.
const (
	StillThere   Proof = "still there"
	NotLooked    Proof = "not looked at" // what would show it wasn't read
	Gone         Proof = "gone"
	EntitledNow  Proof = "in the manifest again"
	NobodyProves Proof = "confirm by hand" // nothing that curfew reads shows it
)

const (
	freshFor = 24 * time.Hour  // how old an inventory may be to prove anything
	maxSkew  = 5 * time.Minute // by which clocks may differ
)

// proof says how something that is said to be left stands.
func (in *Input) proof(l Leftover) Proof {
	if entitled(l, in.entitlements()) {
		return EntitledNow
	}
	there, read := in.held(l)
	switch {
	case strings.HasPrefix(string(l.Kind), grantPrefix), l.Kind == LeftoverKind(manifest.StoreFile):
		return NobodyProves
	case l.secret() && in.used(l.Name), read && there:
		return StillThere
	case !read, l.secret() && !in.searched():
		return NotLooked
	}
	return Gone
}

// entitlements are those that hold: none of a repository that is archived, or that has no manifest.
func (in *Input) entitlements() *manifest.Manifest {
	if in.Archived || in.Manifest == nil {
		return &manifest.Manifest{}
	}
	return in.Manifest
}

// secret reports whether it is a stored secret.
func (l Leftover) secret() bool {
	switch manifest.StoreKind(l.Kind) {
	case manifest.StoreActions, manifest.StoreActionsEnv, manifest.StoreActionsOrg, manifest.StoreDependabot, manifest.StoreCodespaces:
		return true
	}
	return false
}

// used reports whether the scan found a job that reads a secret of that name. Without an exception for it each is found.
func (in *Input) used(name string) bool {
	return slices.ContainsFunc(in.Result.Findings, func(f finding.Finding) bool {
		return f.Credential != nil && strings.EqualFold(f.Credential.Secret, name)
	})
}

// searched reports whether the scan read all workflows, by a manifest, so that a job that reads a secret was found.
func (in *Input) searched() bool {
	r := in.Result
	for _, s := range []scan.Source{scan.Workflows, scan.Entitlements} {
		if !slices.Contains(r.Checked.Sources, s) || slices.ContainsFunc(r.NotChecked, func(n scan.NotChecked) bool { return n.Source == s }) {
			return in.Archived // where nothing runs any more
		}
	}
	return true
}

// held reports whether the platform has it, and whether that is known.
func (in *Input) held(l Leftover) (there, read bool) {
	inv := in.Inventory
	if inv == nil {
		return false, false
	}
	if age := in.Now.Sub(inv.Taken); age > freshFor || age < -maxSkew {
		return false, false
	}
	switch l.Kind {
	case leftEnvironment:
		return hasEnvironment(inv, l.Name), has(inv, "environments", "")
	case leftDeployKey:
		there := slices.ContainsFunc(inv.DeployKeys, func(k inventory.DeployKey) bool { return k.Fingerprint == l.In })
		return there, has(inv, "deploy-keys", "")
	case leftSource:
		return false, in.Archived && has(inv, l.Name, l.In) // otherwise what is in it isn't on the list
	case LeftoverKind(manifest.StoreActionsEnv):
		if has(inv, "environments", "") && !hasEnvironment(inv, l.In) {
			return false, true // with its environment
		}
		return hasSecret(inv, l, inventory.Actions, inventory.OfEnvironment), has(inv, "environment-secrets", l.In)
	case LeftoverKind(manifest.StoreActions):
		return hasSecret(inv, l, inventory.Actions, inventory.OfRepository), has(inv, "secrets", "")
	case LeftoverKind(manifest.StoreActionsOrg):
		return hasSecret(inv, l, inventory.Actions, inventory.OfOrganization), has(inv, "organization-secrets", "")
	case LeftoverKind(manifest.StoreDependabot):
		return hasSecret(inv, l, inventory.Dependabot, inventory.OfRepository), has(inv, "dependabot-secrets", "")
	case LeftoverKind(manifest.StoreCodespaces):
		return hasSecret(inv, l, inventory.Codespaces, inventory.OfRepository), has(inv, "codespaces-secrets", "")
	}
	return false, false
}

func has(inv *inventory.Inventory, source, of string) bool {
	ok, _ := inv.Has(source, of)
	return ok
}

func hasEnvironment(inv *inventory.Inventory, name string) bool {
	return slices.ContainsFunc(inv.Environments, func(e inventory.Environment) bool { return strings.EqualFold(e.Name, name) })
}

// hasSecret reports whether there is a secret of that name which reaches the repository, or may.
func hasSecret(inv *inventory.Inventory, l Leftover, store inventory.Store, scope inventory.Scope) bool {
	return slices.ContainsFunc(inv.Secrets, func(s inventory.Secret) bool {
		return s.Store == store && s.Scope == scope && strings.EqualFold(s.Name, l.Name) && strings.EqualFold(s.Environment, l.In) &&
			(s.Here == nil || *s.Here)
	})
}

// stored is what an inventory shows of a repository that nothing runs in any more, and of what it doesn't show that.
func stored(inv *inventory.Inventory) []Leftover {
	var out []Leftover
	for _, s := range inv.Secrets {
		kind := LeftoverKind(s.Store)
		switch s.Scope {
		case inventory.OfEnvironment:
			kind = LeftoverKind(manifest.StoreActionsEnv)
		case inventory.OfOrganization:
			continue // of others as well
		}
		out = append(out, Leftover{kind, s.Environment, s.Name})
	}
	for _, e := range inv.Environments {
		out = append(out, Leftover{Kind: leftEnvironment, Name: e.Name})
	}
	for _, k := range inv.DeployKeys {
		out = append(out, Leftover{leftDeployKey, k.Fingerprint, k.Title})
	}
	for _, source := range []string{"secrets", "dependabot-secrets", "codespaces-secrets", "environments", "deploy-keys"} {
		if !has(inv, source, "") {
			out = append(out, Leftover{Kind: leftSource, Name: source})
		}
	}
	for _, e := range inv.Environments {
		if !has(inv, "environment-secrets", e.Name) {
			out = append(out, Leftover{leftSource, e.Name, "environment-secrets"})
		}
	}
	return out
}
