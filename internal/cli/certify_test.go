package cli_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/curfew-ci/curfew/internal/ledger"
)

// leases writes records of leases: leases PLACE IDENTITY/GRANT=DAYS..., each so many days ago. PLACE is a folder of
// jobs' files, or what an export of a ledger would be where its name ends in .jsonl.
func leases(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: leases PLACE IDENTITY/GRANT=DAYS...")
	}
	dir, export := ts.MkAbs(args[0]), strings.HasSuffix(args[0], ".jsonl")
	if export {
		dir = filepath.Join(ts.Getenv("WORK"), "leases-of-"+args[0])
	}
	ts.Check(os.MkdirAll(dir, 0o700))
	for i, arg := range args[1:] {
		name, ago, _ := strings.Cut(arg, "=")
		days, err := strconv.Atoi(ago)
		ts.Check(err)
		at := today.AddDate(0, 0, -days)
		id, grant, _ := strings.Cut(name, "/")
		_, done, err := writeJob(dir, byte(i), at, []ledger.Record{{
			Plane: ledger.Issuance, Type: ledger.LeaseIssued, Outcome: ledger.Allow,
			Identity:   ledger.Identity{ID: id, RepositoryID: "987654", Grant: grant},
			Task:       ledger.Task{Actor: "alice"},
			Credential: &ledger.Credential{Provider: "vault", Issued: at, NotAfter: at.Add(15 * time.Minute), Revocable: ledger.ByToken},
			Decision:   &ledger.Decision{Engine: "manifest", Reasons: []string{}},
		}})
		ts.Check(err)
		ts.Check(done())
	}
	if !export {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	ts.Check(err)
	var all []byte
	for _, file := range files {
		lines, err := os.ReadFile(file)
		ts.Check(err)
		all = append(all, lines...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), all, 0o600))
}
