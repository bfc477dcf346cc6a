package issuance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/gitrepo"
	"github.com/curfew-ci/curfew/internal/identity"
	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/manifest"
)

// signer is a developer's repository, whose git signs with a real key.
type signer struct {
	t   *testing.T
	dir string
	key string // the public one
}

func newSigner(t *testing.T, kind ...string) *signer {
	t.Helper()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("NOT TESTED against git verify-tag: there is no ssh-keygen on this machine")
	}
	s := &signer{t: t, dir: t.TempDir()}
	private := filepath.Join(t.TempDir(), "key")
	if out, err := exec.CommandContext(t.Context(), program, append([]string{"-q", "-N", "", "-f", private, "-t"}, kind...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	public, err := os.ReadFile(private + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	s.key = string(public)
	allowed := filepath.Join(s.dir, "allowed")
	if err := os.WriteFile(allowed, []byte("a@acme.example "+s.key), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("init", "-q")
	for name, value := range map[string]string{"gpg.format": "ssh", "user.signingkey": private, "gpg.ssh.allowedSignersFile": allowed} {
		s.must("config", name, value)
	}
	s.must("commit", "-q", "--allow-empty", "-m", "first")
	return s
}

// git runs git, and reports whether it said yes.
func (s *signer) git(stdin string, args ...string) (string, bool) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir, cmd.Stdin = s.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@acme.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@acme.example")
	out, err := cmd.Output()
	return strings.TrimSuffix(string(out), "\n"), err == nil
}

func (s *signer) must(args ...string) string {
	s.t.Helper()
	out, ok := s.git("", args...)
	if !ok {
		s.t.Fatalf("git %v: %s", args, out)
	}
	return out
}

// prove asks the prover for a tag of the repository, as a run for it would.
func (s *signer) prove(name, commit string) ([]manifest.Proof, error) {
	s.t.Helper()
	tree, err := gitrepo.Open(s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	w := newWorld(s.t)
	onTag(func(r *release) { r.ref, r.keys["keys/release.pub"] = "refs/tags/"+name, s.key })(w)
	w.job.claims["sha"] = commit
	claims, err := identity.ParseClaims("claims", toJSON(w.job.claims))
	if err != nil {
		s.t.Fatal(err)
	}
	who, err := identity.From(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	return issuance.SignedTag{Tags: issuance.RawTags(tree.TagObject)}.Prove(s.t.Context(), issuance.Case{
		Who: who, Now: start, Trigger: manifest.Trigger{SignedTag: &manifest.SignedTagTrigger{Keys: []string{"keys/release.pub"}}},
		File: w.gov.read,
	})
}

// TestGitSigns proves what git tag -s makes, and holds what isn't so to git verify-tag: whatever is proven
// here, git takes, too.
func TestGitSigns(t *testing.T) {
	for _, kind := range [][]string{{"ed25519"}, {"ecdsa", "-b", "256"}, {"rsa", "-b", "2048"}} {
		t.Run(kind[0], func(t *testing.T) {
			s := newSigner(t, kind...)
			commit := s.must("rev-parse", "HEAD")
			s.must("tag", "-s", "-m", "First release\n\nwith a text", "v1")
			s.must("tag", "-s", "-m", "nested", "nested", "v1")
			s.must("tag", "-a", "-m", "unsigned", "unsigned")
			s.must("tag", "light")
			proofs, err := s.prove("v1", commit)
			if err != nil || len(proofs) != 1 || *proofs[0].SignedTag != (manifest.TagProof{Ref: "refs/tags/v1", SHA: commit, Key: "keys/release.pub"}) {
				t.Fatalf("%+v, %v", proofs, err)
			}
			if _, ok := s.git("", "verify-tag", "v1"); !ok {
				t.Error("git doesn't verify it")
			}
			for _, name := range []string{"nested", "unsigned", "light", "none"} {
				if proofs, err := s.prove(name, commit); err == nil {
					t.Errorf("%s is proven: %+v", name, proofs)
				}
			}
			s.changed(commit, s.must("cat-file", "tag", "v1")+"\n")
		})
	}
}

// changed compares the verdicts on variants of a tag object.
func (s *signer) changed(commit, raw string) {
	payload, signature, err := issuance.SplitTag([]byte(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	variants := []string{
		raw, raw + "\n", raw + "x", raw[:len(raw)-1], string(payload), strings.Replace(raw, "tag v1", "tag changed", 1),
		strings.Replace(raw, "\n\n", "\ngpgsig x\n\n", 1), string(payload) + string(signature) + string(signature),
		string(payload) + "\n" + string(signature), strings.ReplaceAll(raw, "\n", "\r\n"), strings.Replace(raw, "AAAA", "AAAB", 1),
	}
	taken := 0
	for i, v := range variants {
		id, ok := s.git(v, "hash-object", "-t", "tag", "-w", "--literally", "--stdin")
		if !ok {
			s.t.Fatalf("git can't store variant %d", i)
		}
		for _, name := range []string{"v1", "changed"} {
			// git update-ref looks at what it refers to.
			if err := os.WriteFile(filepath.Join(s.dir, ".git/refs/tags", name), []byte(id+"\n"), 0o600); err != nil {
				s.t.Fatal(err)
			}
			if _, err := s.prove(name, commit); err != nil {
				continue
			}
			taken++
			if _, ok := s.git("", "verify-tag", name); !ok {
				s.t.Errorf("variant %d is proven, and git doesn't verify it", i)
			}
		}
	}
	if taken == 0 || taken > 4 {
		s.t.Errorf("%d variants are proven", taken)
	}
}
