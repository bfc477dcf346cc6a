package architecture

import "slices"

// plan is the house as it is meant to stand. Paths are import paths below the module's, so
// "internal/cli"; third-party packages are named by their module's path.
type plan struct {
	module string
	// levels lists the rooms from the ground up. A room may import rooms of lower levels only, never one
	// of its own level.
	levels [][]string
	// narrow lists rooms that may import less than everything below them: exactly these.
	narrow map[string][]string
	// importers says who may import a third-party module; what isn't listed may be imported by nobody.
	importers map[string][]string
	// reach says which packages of outside() a room may import; the others get bytes, an fs.FS or an
	// interface.
	reach map[string][]string
	// clocks lists the rooms that may ask for the time; the others are told.
	clocks []string
	// environment lists the rooms that may name os.Getenv and its kin; cli and action are handed it.
	environment []string
}

// house is the plan of this project; ARCHITECTURE.md tells it in words.
func house() plan {
	return plan{
		module: "github.com/curfew-ci/curfew",
		levels: [][]string{
			{"internal/source", "internal/redact", "internal/delta", "internal/sshsig", "internal/markup", "internal/ownership", "docs"},
			{"internal/finding", "internal/courier", "internal/jsontree", "internal/yamltree", "internal/gitrepo/odb", "internal/secret/engine", "internal/unpack", "internal/supervise"},
			{"rules", "internal/identity", "internal/inventory", "internal/manifest/form", "internal/recording"},
			{"internal/manifest", "internal/workflow", "internal/secret", "internal/gitrepo", "internal/oidc", "internal/policy", "internal/ledger", "internal/artifact"},
			{"internal/usage", "internal/history", "internal/verify", "internal/lease", "internal/trust", "internal/manifest/splice", "internal/attest"},
			{"internal/posture", "internal/suppress", "internal/draft", "internal/issuance", "internal/certify", "internal/revoke"},
			{"internal/scan", "internal/governance", "internal/orgstore", "internal/custody", "internal/doctor"},
			{"internal/report"},
			{"internal/ticket"},
			{"internal/github", "internal/action", "internal/tracker"},
			{"internal/cli"},
			{"cmd/curfew"},
			{"internal/testservers/openapi"},
			// Nobody builds on these: what writes the docs, and what is for tests alone.
			{"internal/architecture", "internal/readme", "internal/rulesdoc", "internal/docsite", "internal/manifest/schemagen", "internal/secret/planted", "internal/secret/equality", "internal/corpus", "internal/testservers", "internal/testservers/openapi/prune"},
			// What measures, and what makes releases.
			{"internal/benchsecrets", "internal/bigrepo", "internal/release"},
		},
		narrow: map[string][]string{
			"internal/redact":          {},
			"docs":                     {},
			"internal/source":          {},
			"internal/delta":           {},
			"internal/courier":         {"internal/redact"},
			"internal/sshsig":          {},
			"internal/markup":          {},
			"internal/ownership":       {},
			"internal/unpack":          {},
			"internal/gitrepo/odb":     {"internal/delta"},
			"internal/secret/engine":   {"internal/delta"},
			"internal/architecture":    {},
			"internal/readme":          {},
			"internal/rulesdoc":        {"rules"},
			"internal/docsite":         {},
			"internal/secret/planted":  {},
			"internal/secret/equality": {},
			"internal/corpus":          {},
			"internal/testservers":     {"internal/testservers/openapi"},
			"internal/benchsecrets":    {},
			"internal/bigrepo":         {"internal/secret/planted"},
			"internal/release":         {},
			"internal/finding":         {"internal/source"},
			"internal/jsontree":        {"internal/source"},
			"internal/yamltree":        {"internal/source"},
			"internal/manifest/form":   {},
			"internal/manifest/splice": {"internal/manifest", "internal/source", "internal/yamltree"},
			"internal/certify":         {"internal/attest", "internal/ledger", "internal/manifest", "internal/manifest/splice", "internal/markup", "internal/source"},
			"internal/identity":        {"internal/jsontree"},
			"internal/inventory":       {"internal/jsontree", "internal/source"},
			"rules":                    {"internal/finding", "internal/yamltree"},
			"internal/artifact":        {"internal/courier", "internal/redact"},
			"internal/oidc":            {"internal/courier", "internal/identity", "internal/jsontree", "internal/redact"},
			"internal/policy":          {"rules", "internal/identity", "internal/inventory", "internal/manifest/form", "internal/recording"},
			"internal/ledger":          {"internal/courier", "internal/identity", "internal/jsontree", "internal/redact", "internal/source"},
			"internal/trust":           {"internal/source", "internal/identity", "internal/jsontree", "internal/manifest", "internal/yamltree"},
			"internal/governance":      {"internal/gitrepo", "internal/identity", "internal/issuance", "internal/manifest", "internal/policy"},
			"internal/github":          {"internal/redact", "internal/certify", "internal/courier", "internal/gitrepo/odb", "internal/governance", "internal/identity", "internal/inventory", "internal/issuance", "internal/manifest", "internal/ticket", "internal/workflow"},
			"internal/lease":           {"internal/courier", "internal/identity", "internal/jsontree", "internal/manifest", "internal/redact"},
			"internal/revoke":          {"internal/courier", "internal/redact", "internal/verify"},
			"internal/supervise":       {"internal/redact"},
			"internal/recording":       {"internal/jsontree", "internal/markup", "internal/redact"},
			"internal/ticket":          {"rules", "internal/courier", "internal/finding", "internal/inventory", "internal/ledger", "internal/manifest", "internal/markup", "internal/scan"},
			"internal/tracker":         {"internal/courier", "internal/finding", "internal/issuance", "internal/jsontree", "internal/ledger", "internal/manifest", "internal/redact", "internal/ticket"},
			"internal/custody":         {"internal/issuance", "internal/lease", "internal/ledger", "internal/manifest", "internal/redact"},
			"internal/attest":          {"internal/inventory", "internal/ledger", "internal/manifest"},
			"internal/doctor":          {"internal/attest", "internal/identity", "internal/issuance", "internal/lease", "internal/manifest", "internal/policy", "internal/redact", "internal/trust"},
			"internal/orgstore":        {"internal/attest", "internal/identity", "internal/issuance", "internal/lease", "internal/ledger", "internal/manifest", "internal/redact"},
			"internal/issuance":        {"internal/attest", "internal/courier", "internal/identity", "internal/lease", "internal/ledger", "internal/manifest", "internal/policy", "internal/redact", "internal/sshsig"},
			"cmd/curfew":               {"internal/cli"},

			"internal/testservers/openapi":       {},
			"internal/testservers/openapi/prune": {},
		},
		importers: map[string][]string{
			"github.com/getkin/kin-openapi":         {"internal/testservers/openapi"},
			"github.com/google/go-github/v62":       {"internal/github"},
			"github.com/hmarr/codeowners":           {"internal/ownership"},
			"github.com/open-policy-agent/opa":      {"internal/policy"},
			"github.com/owenrumney/go-sarif/v2":     {"internal/report"},
			"github.com/rhysd/actionlint":           {"internal/workflow"},
			"github.com/sethvargo/go-githubactions": {"internal/action"},
			"github.com/spf13/cobra":                {"internal/cli"},
			"github.com/spf13/pflag":                {"internal/cli"},
			"github.com/rs/zerolog":                 {"internal/secret"}, // gitleaks' own logger, to silence it
			"github.com/spf13/viper":                {"internal/secret"}, // gitleaks' own reader of its rules
			"github.com/zricethezav/gitleaks/v8":    {"internal/secret", "internal/secret/engine"},
			"github.com/klauspost/compress":         {"internal/gitrepo/odb"},
			"github.com/mattn/go-runewidth":         {"internal/report"},
			"github.com/pelletier/go-toml/v2":       {"internal/secret", "internal/verify"}, // what is built in; recipes, with their places
			"github.com/yuin/goldmark":              {"internal/docsite"},
			"golang.org/x/mod":                      {"internal/ledger"},
			"golang.org/x/sync":                     {"internal/history", "internal/posture", "internal/scan", "internal/secret"},
			"golang.org/x/term":                     {"internal/cli"},
			"gopkg.in/yaml.v3":                      {"internal/yamltree"},
		},
		reach: map[string][]string{
			"internal/gitrepo":            {"os", "os/exec", "syscall"},
			"internal/gitrepo/odb":        {"os", "syscall"},
			"internal/courier":            {"net", "net/http"},
			"internal/oidc":               {"net", "net/http"},
			"internal/supervise":          {"os", "os/exec", "os/signal", "syscall"},
			"internal/verify":             {"net/http"},
			"internal/revoke":             {"net/http"},
			"internal/lease":              {"net/http"},
			"internal/tracker":            {"net/http"},
			"internal/artifact":           {"net/http"},
			"internal/custody":            {"os"},
			"internal/ledger":             {"net/http", "os", "syscall"},
			"internal/scan":               {"os"},
			"internal/github":             {"net", "net/http"},
			"internal/action":             {"os"},
			"internal/cli":                {"net/http", "os"}, // the proxy that the environment names
			"internal/manifest/schemagen": {"os"},
			"internal/rulesdoc":           {"os"},
			"internal/docsite":            {"os"},
			"internal/corpus":             {"os"},
			"internal/testservers":        {"net", "net/http", "os", "os/exec"},
			"internal/benchsecrets":       {"os", "os/exec", "os/signal", "syscall"},
			"internal/bigrepo":            {"os", "os/exec", "os/signal"},
			"internal/release":            {"os", "os/exec", "os/signal"},
			"cmd/curfew":                  {"os", "os/signal", "syscall"},

			"internal/testservers/openapi":       {"net/http"},
			"internal/testservers/openapi/prune": {"os"},
		},
		clocks:      []string{"internal/github", "internal/testservers", "internal/oidc", "internal/verify", "internal/benchsecrets", "cmd/curfew"},
		environment: []string{"cmd/curfew", "internal/corpus", "internal/testservers", "internal/testservers/openapi/prune"},
	}
}

// level is the index of room's level, or -1 where the plan doesn't know it.
func (p plan) level(room string) int {
	return slices.IndexFunc(p.levels, func(rooms []string) bool { return slices.Contains(rooms, room) })
}

// compare returns where the plan and the rooms that were found differ.
func (p plan) compare(found []string) []string {
	var faults []string
	for _, room := range found {
		if p.level(room) < 0 {
			faults = append(faults, "room "+room+" isn't in the plan: give it a level in internal/architecture")
		}
	}
	for _, room := range slices.Concat(p.levels...) {
		if !slices.Contains(found, room) {
			faults = append(faults, "the plan has room "+room+", the tree hasn't: take it out of internal/architecture")
		}
	}
	return faults
}

// mayImport reports whether room from may import room to.
func (p plan) mayImport(from, to string) bool {
	if only, ok := p.narrow[from]; ok {
		return slices.Contains(only, to)
	}
	return p.level(to) >= 0 && p.level(to) < p.level(from)
}

// outside lists the standard library's packages that reach out of the process.
func outside() []string {
	return []string{"io/ioutil", "log", "net", "net/http", "os", "os/exec", "os/signal", "plugin", "syscall"}
}

// vagueNames lists package names that say nothing.
func vagueNames() []string {
	return []string{"base", "common", "helper", "helpers", "lib", "misc", "shared", "util", "utils"}
}
