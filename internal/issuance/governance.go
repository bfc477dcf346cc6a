package issuance

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/policy"
)

// Governance is where what decides comes from: of every repository one commit, the tip of its protected
// branch, read by who the job is proven to be. What comes from the job's workspace instead says so.
type Governance interface {
	// Rules reads what decides over leases of a job. org is the repository of the organisation's policy that
	// the calling workflow is bound to, "" where it is bound to none. Where the manifest extends a policy,
	// that one is to be read; what isn't given denies.
	Rules(ctx context.Context, who identity.Identity, org string) (Rules, error)
	// File reads a file of the job's repository at a commit that Rules gave, by its path from the root.
	File(ctx context.Context, who identity.Identity, commit, path string) ([]byte, error)
}

// Rules is what decides, as bytes: they are read, and their digests taken, here.
type Rules struct {
	Manifest File
	Org      *File // the organisation's policy; nil where there is none
	// Workspace: some of it comes from a folder that the job's own steps can write, so that there need be no
	// commit. Nothing protects the manifest then, and a lease is denied where the organisation requires that.
	Workspace bool
	// OrgRego and RepoRego are policies in Rego, from the same commits; nil where there are none.
	OrgRego, RepoRego []policy.Module
	// Facts are those that say who is in which team, and who started the attempt and wrote the change. What the
	// token proves of the run, the triggers, the ledger, and what its collector attested of guard and certifications
	// are filled in here.
	Facts manifest.Facts
	// Unknown is why some of the facts could not be had. A denial tells it where one of them may be the reason; of who wrote
	// the change it is an ErrChangeAuthor.
	Unknown []error
}

// File is one file of a pinned commit.
type File struct {
	Path   string // as messages name it
	Commit string // hex; "" where it comes from a workspace
	Src    []byte
}

// rules is what decides, read.
type rules struct {
	Rules
	sum      string // of the bytes that were read
	manifest *manifest.Manifest
	org      *manifest.Policy
	policies policy.Set
	narrow   []byte // the session policy; nil for none
	file     []byte // what the provider's part of the grant names by its path; nil for none
}

// read gets and reads what decides.
func (w *way) read(ctx context.Context) (*rules, *DeniedError) {
	asked, cancel := w.limited(ctx)
	defer cancel()
	got, err := w.o.Governance.Rules(asked, w.who, w.req.Task.Org)
	if err != nil {
		return nil, denyFor(err, Reason{
			Code: CodeGovernance, Message: "what decides over leases can't be read", Expected: "the manifest at the tip of the protected branch",
			Fix: unreadFix(err),
		})
	}
	if denied := got.pinned(); denied != nil {
		return nil, denied
	}
	r := &rules{Rules: got, sum: got.sum()}
	if before := w.rules; before != nil && before.sum == r.sum { // which says all there is to read in them
		r.manifest, r.org, r.policies = before.manifest, before.org, before.policies
	} else if denied := r.parse(ctx, w.builtIn); denied != nil {
		return nil, denied
	}
	return r, w.readFiles(asked, r)
}

// unreadFix is what mends that something could not be read: a file that isn't there is no matter of rights.
func unreadFix(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "bring it into that repository's default branch: leases read nothing else, whatever the job's own branch has"
	}
	return Mended(err, "see that this machine reaches GitHub, through HTTPS_PROXY where there is a proxy; give the job contents: read and actions: read,"+
		" and the step GITHUB_TOKEN in env")
}

// parse reads manifest and policies.
func (r *rules) parse(ctx context.Context, builtIn func() (*policy.Policy, error)) *DeniedError {
	var faults manifest.Errors
	if r.manifest, faults = manifest.Parse(r.Manifest.Path, r.Manifest.Src); len(faults) > 0 {
		return unreadable(CodeManifest, faults)
	}
	if r.Org != nil {
		if r.org, faults = manifest.ParsePolicy(r.Org.Path, r.Org.Src); len(faults) > 0 {
			return unreadable(CodeOrg, faults)
		}
	}
	return r.compile(ctx, builtIn)
}

// sum is a digest of all that is parsed and compiled, with its paths: two of the same sum come to the same.
func (r *Rules) sum() string {
	h := sha256.New()
	add := func(s string) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s)))) // a hash takes every write
		h.Write([]byte(s))
	}
	for _, f := range []*File{&r.Manifest, r.Org} {
		add(strconv.FormatBool(f != nil))
		if f != nil {
			add(f.Path)
			add(string(f.Src))
		}
	}
	for _, modules := range [][]policy.Module{r.OrgRego, r.RepoRego} {
		add(strconv.FormatBool(modules != nil)) // none are left out, no modules are refused
		add(strconv.Itoa(len(modules)))
		for _, m := range modules {
			add(m.Path)
			add(string(m.Src))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// pinned denies where what decides isn't of one commit a repository, though no workspace explains it.
func (r *Rules) pinned() *DeniedError {
	files := []*File{&r.Manifest}
	if r.Org != nil {
		files = append(files, r.Org)
	}
	for _, f := range files {
		if hexOnly(f.Commit) != "" || r.Workspace && f.Commit == "" {
			continue
		}
		return deny(Reason{
			Code: CodeGovernance, Message: "what decides over leases isn't that of a pinned commit", Received: f.Path + " of " + strconv.Quote(f.Commit),
			Expected: "the hexadecimal digits of a commit", Fix: "report this as a fault of curfew's",
		})
	}
	return nil
}

// unreadable is all that is wrong with a file.
func unreadable(code string, faults manifest.Errors) *DeniedError {
	d := &DeniedError{cause: faults}
	for _, f := range faults[:min(len(faults), maxReasons)] {
		d.Reasons = append(d.Reasons, Reason{Code: code, Message: f.Message, Fix: f.Try, Place: f.Region.String()})
	}
	return d
}

// compile makes the policies. The built-in one is always among them.
func (r *rules) compile(ctx context.Context, builtIn func() (*policy.Policy, error)) *DeniedError {
	own, err := builtIn()
	if err != nil {
		return denyFor(err, Reason{Code: CodeRego, Message: "the built-in policy can't be compiled", Fix: "run the job again"})
	}
	r.policies = policy.Set{own}
	for _, p := range []struct {
		name    string
		modules []policy.Module
	}{{"organisation", r.OrgRego}, {"repository", r.RepoRego}} {
		if p.modules == nil {
			continue
		}
		compiled, err := policy.Compile(ctx, p.name, p.modules)
		if err != nil {
			return denyFor(err, Reason{
				Code: CodeRego, Message: "the " + p.name + "'s policy can't be compiled", Expected: "modules that docs/policy.md describes",
				Fix: "mend the policy at this place",
			})
		}
		r.policies = append(r.policies, compiled)
	}
	return nil
}

// maxFile bounds a file that a grant names, in bytes. STS takes far less of a session policy.
const maxFile = 64 << 10

// readFiles reads what the grant that is asked for names by paths: the session policy that narrows it, and a file of its
// provider's.
func (w *way) readFiles(ctx context.Context, r *rules) (denied *DeniedError) {
	id, name, _ := manifest.CutGrant(w.req.Grant)
	grant := r.manifest.Identities[id].Grants[name]
	at := manifest.Pointer("identities", id, "grants", name)
	if n := grant.Narrow; n != nil && !n.None && n.File != "" {
		r.narrow, denied = w.readFile(ctx, r, "the session policy that narrows the grant", n.File, at+"/narrow")
	}
	if key, path := grant.File(); path != "" && denied == nil {
		r.file, denied = w.readFile(ctx, r, "the file that the grant names as "+key, path, at+"/"+grant.Provider()+"/"+key)
	}
	return denied
}

// readFile reads one at the commit that the manifest is of.
func (w *way) readFile(ctx context.Context, r *rules, what, path, ptr string) ([]byte, *DeniedError) {
	src, err := w.o.Governance.File(ctx, w.who, r.Rules.Manifest.Commit, path)
	if err == nil && (len(src) == 0 || len(src) > maxFile) {
		err = fmt.Errorf("%d bytes", len(src))
	}
	if err != nil {
		return nil, denyFor(err, Reason{
			Code: CodeNarrow, Message: what + " can't be read", Expected: fmt.Sprintf("a file of 1 to %d bytes", maxFile),
			Fix: "commit " + path, Place: r.manifest.At(ptr).String(),
		})
	}
	return src, nil
}

// differs names what of the rules isn't what it was; "" where all is. A branch may move on meanwhile, as
// long as what decides stays the same.
func (r *rules) differs(from *rules) string {
	switch {
	case digest(r.Rules.Manifest.Src) != digest(from.Rules.Manifest.Src):
		return "the manifest"
	case (r.Org == nil) != (from.Org == nil), r.Org != nil && digest(r.Org.Src) != digest(from.Org.Src):
		return "the organisation's policy"
	case digest(r.narrow) != digest(from.narrow):
		return "the session policy"
	case digest(r.file) != digest(from.file):
		return "the file that the grant names"
	case r.policies.Digest() != from.policies.Digest():
		return "a policy in Rego"
	}
	return ""
}

func digest(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:])
}
