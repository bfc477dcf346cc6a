package engine

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/zricethezav/gitleaks/v8/config"
)

// pathWords are what gitleaks' patterns of paths are about, and what only looks like it.
var pathWords = []string{
	"/", "/", "/", ".", ".", "-", "_", "a", "B", "7", "3.11", "vendor/", "modules.txt", "/vendor/modules.txt", "/angular", "/plotly-2.js", "github.com", "golang.org/x", "bundle/", "ruby", "node_modules",
	"gitleaks.toml", "gitleaks_toml", ".png", ".PNG", ".jpeg", ".jpg", ".tiff", ".tif", ".otf", ".woff2", ".docx", ".pdf", ".v2", ".bin", "x.dll", ".gltf",
	"go.mod", "go.sum", "go.work", ".sum", "gradlew", ".bat", "gradle.lockfile", "mvnw.cmd", ".mvn/wrapper/MavenWrapperDownloader.java", "deno.lock",
	"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bower_components", "jquery", "-ui", ".min", ".js", ".map", "swagger", "javascript.json", "Pipfile", "poetry.lock",
	"/virtualenv/lib64/", "lib/python3.11", "/python/3.12/lib", "/vendor/k8s.io/", "/vendor/ruby/", "env", "virtualenv", "lib", "lib64", "python3", "python/3.10", "pkg-1.0.dist-info", ".gem", "verification-metadata.xml", "Database.refactorlog", "DatabaseXrefactorlog",
	".git", ".git/", ".php", ".tf", ".hcl", ".yml", ".yaml", "nuget.config", "NuGet.Config", ".p12", ".pfx", ".npmrc", "npmrc", ".jks", "debug.keystore", ".bks", ".bb", ".bbappend",
	"@octokit/auth-token/README.md", "\n", "é", "\xff", "\u212a", "boot\u017ftrap", "\u0130nc",
}

// What a set of patterns says of a path is what each pattern says by itself.
func TestPathSet(t *testing.T) {
	cfg := allRules(t)
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	matched := make(map[string]int)
	for seed := range uint64(60000) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var b strings.Builder
		for range rnd.IntN(7) {
			b.WriteString(pathWords[rnd.IntN(len(pathWords))])
		}
		path := b.String()
		var want []string
		for _, p := range e.paths.patterns {
			if p.compiled().MatchString(path) {
				want = append(want, p.text)
				matched[p.text]++
			}
		}
		var got []string
		for _, n := range e.paths.matching(path) {
			got = append(got, e.paths.patterns[n].text)
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", path, diff)
		}
		if want := slices.ContainsFunc(cfg.Allowlists, func(a *config.Allowlist) bool { return a.PathAllowed(path) }); e.LeavesOut(path) != want {
			t.Fatalf("%q: the library leaves it out: %v", path, want)
		}
	}
	for _, p := range e.paths.patterns {
		if matched[p.text] < 5 {
			t.Errorf("%s: %d matches show nothing", p.text, matched[p.text])
		}
	}
}

// Of paths that are a line of nothing remarkable, no regular expression is asked.
func TestPathSetAsksLittle(t *testing.T) {
	e := sharedEngine(t)
	for _, path := range []string{"Library/Homebrew/cmd/update-report.rb", "internal/secret/engine/engine.go", "README.md", "src/main/java/org/example/App.java"} {
		if some := e.paths.possible([]byte(path), nil, nil); len(some) > 0 {
			t.Errorf("%s: %s is asked", path, e.paths.patterns[some[0]].text)
		}
	}
}
