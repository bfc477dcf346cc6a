package manifest

import (
	"maps"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/manifest/form"
)

// patterns reports every glob, and every literal with a "*": it matches only itself.
func (f *faulter) patterns(ptr string, x *Identity) {
	f.pattern(ptr+"/runs-as/workflow", x.RunsAs.Workflow)
	f.pattern(ptr+"/runs-as/job", x.RunsAs.Job)
	for _, name := range slices.Sorted(maps.Keys(x.Claims)) {
		f.pattern(ptr+"/claims"+Pointer(name), x.Claims[name])
	}
}

func (f *faulter) pattern(ptr string, m Match) {
	if m.IsGlob() {
		f.report(FaultGlob, ptr, "the pattern "+quote(m.Glob)+" matches names that nobody has listed", "list the values, if they are known")
	}
	for _, literal := range m.Any {
		if strings.Contains(literal, "*") {
			f.report(FaultGlob, ptr, quote(literal)+" is a literal, in which \"*\" matches only itself", "write {glob: "+quote(literal)+"} if a pattern is meant")
		}
	}
}

// names looks for claims and permissions that are nearly, but not quite, the platform's.
func (f *faulter) names(ptr string, x *Identity) {
	for _, name := range slices.Sorted(maps.Keys(x.Claims)) {
		if near := misspelt(name, form.Named("claim").Known); near != "" {
			f.report(FaultName, ptr+"/claims"+Pointer(name), "no platform's token has a claim "+quote(name)+": nothing matches it", "write "+near)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.Token)) {
		if near := misspelt(name, form.Named("scope").Known); near != "" {
			f.report(FaultName, ptr+"/token"+Pointer(name), "no GITHUB_TOKEN has a permission "+quote(name), "write "+near)
		}
	}
}

// misspelt is the known name that name was probably meant to be; "" where it is known itself or far
// from all, as what a platform adds later would be.
func misspelt(name string, known []string) string {
	if slices.Contains(known, name) {
		return ""
	}
	return Nearest(name, known)
}

// tokenForGrants looks for identities that could never ask for what they are granted.
func (f *faulter) tokenForGrants(ptr string, x *Identity) {
	_, onGitHub := x.Claims[claimRepositoryID]
	if len(x.Grants) > 0 && onGitHub && !x.Token["id-token"].Covers(Write) {
		f.report(FaultContradiction, ptr+"/token", "the identity has grants, but its token may not fetch the ID token that leases need",
			"add id-token: write to token")
	}
}
