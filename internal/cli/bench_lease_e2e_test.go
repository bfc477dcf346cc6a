//go:build e2e

package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const benchManifest = siteIdentity + `      sts:
        aws: { role: "ROLE", audience: sts.amazonaws.com, region: us-east-1, endpoint: "MINIO" }
        ttl: 15m
        when: always
      vault:
        vault: { address: "VAULT", mount: jwt, role: deploy, audience: vault }
        ttl: 30m
        when: always
`

// BenchmarkLease times exec, from its start to its end, beside what a script would do without: curl asks for the ID token
// and makes the exchange, and the same child is started. Every round runs all of them, each time in another order, and
// what is reported is the median of the rounds and of their differences. Only by make bench-lease: it prints a table of
// docs/performance.md, and no time fails it.
func BenchmarkLease(b *testing.B) {
	s := newBenchSite(b)
	all := s.contenders()
	for i := range all {
		all[i].run() // what is run first is read from the disk, and a server's keys are fetched
	}
	times := make([][]time.Duration, len(all))
	for round := 0; b.Loop(); round++ {
		for i := range all {
			i = (i + round) % len(all)
			begin := time.Now()
			all[i].run()
			times[i] = append(times[i], time.Since(begin))
		}
	}
	b.ReportMetric(0, "ns/op") // of all together says nothing
	fmt.Printf("\n| What | curfew | beside it, in the same run | over |\n|---|---|---|---|\n")
	for i, c := range all {
		for _, peer := range c.peers {
			fmt.Printf("| %s | %s ms | %s: %s ms | **%s ms** |\n",
				c.name, quartiles(times[i]), all[peer].name, quartiles(times[peer]), quartiles(differences(times[i], times[peer])))
		}
	}
}

// contender is what is timed.
type contender struct {
	name  string
	run   func()
	peers []int // what it is held against
}

// benchSite is a site with a real STS beside Vault, and with a repository whose tip is the rules' commit.
type benchSite struct {
	*site
	cloud *cloud
	tips  []string // flags that name the rules by commits
	out   *os.File // of all that is run
}

func newBenchSite(b *testing.B) *benchSite {
	b.Helper()
	s := &benchSite{site: newSite(b)}
	s.Call(b, "DELETE", "sys/audit/file", "") // which is for tests that look into it
	s.cloud = s.newCloud(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]}]}`)
	s.file(".github/curfew.yml", strings.NewReplacer("ROLE", s.cloud.role, "MINIO", s.cloud.URL, "VAULT", s.URL).Replace(benchManifest))
	s.tips = []string{"--rules-from", ".@" + s.commit(s.dir), "--org-rules-from", "org@" + s.commit(filepath.Join(s.dir, "org"))}
	var err error
	if s.out, err = os.Create(filepath.Join(b.TempDir(), "out")); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.out.Close() })
	return s
}

// commit makes a repository of a folder and returns its tip.
func (s *benchSite) commit(dir string) string {
	s.t.Helper()
	git := func(args ...string) string {
		args = append([]string{"-C", dir, "-c", "user.name=bench", "-c", "user.email=bench@acme.example", "-c", "commit.gpgsign=false"}, args...)
		out, err := exec.CommandContext(s.t.Context(), "git", args...).Output()
		if err != nil {
			s.t.Fatalf("git %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-qm", "Rules")
	return git("rev-parse", "HEAD")
}

// quartiles are the median and, in brackets, between what the middle half of the times lies, in milliseconds.
func quartiles(of []time.Duration) string {
	sorted := slices.Sorted(slices.Values(of))
	at := func(quarter int) float64 { return float64(sorted[(len(sorted)-1)*quarter/4].Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f (%.1f–%.1f)", at(2), at(1), at(3))
}

// differences are how much longer each of a took than that of b in its round.
func differences(a, b []time.Duration) []time.Duration {
	out := make([]time.Duration, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}
