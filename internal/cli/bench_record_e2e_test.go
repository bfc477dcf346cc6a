//go:build e2e

package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

// BenchmarkRecord times exec with a real Vault with and without --record, side by side: a command that prints nothing, and one that prints
// 8 MB in lines of 80 characters. Only by make bench-lease: it prints a table of docs/performance.md, and no time fails it.
func BenchmarkRecord(b *testing.B) {
	s := newSite(b)
	rows := []struct{ name, child string }{
		{"a command that prints nothing", "true"},
		{"a command that prints 8 MB", `yes "2026-11-23T20:41:07Z INFO compiled one more module of the shop, warnings: none" | head -c 8000000`},
	}
	plain, recorded := make([][]time.Duration, len(rows)), make([][]time.Duration, len(rows))
	exec := func(args ...string) time.Duration {
		cmd := s.command("exec", append([]string{"--grant", "deploy/vault"}, args...)...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = io.Discard, &errs
		begin := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatalf("%v\n%s", err, &errs)
		}
		return time.Since(begin)
	}
	for b.Loop() {
		for i, row := range rows {
			plain[i] = append(plain[i], exec("--", "sh", "-c", row.child))
			recorded[i] = append(recorded[i], exec("--record", "--", "sh", "-c", row.child))
		}
	}
	b.ReportMetric(0, "ns/op") // of all together says nothing
	fmt.Printf("\n| What | without | with `--record` | over |\n|---|---|---|---|\n")
	for i, row := range rows {
		fmt.Printf("| %s | %s ms | %s ms | **%s ms** |\n", row.name, quartiles(plain[i]), quartiles(recorded[i]), quartiles(differences(recorded[i], plain[i])))
	}
}
