package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkStartupVersion is the time of the smallest thing that the binary can do.
func BenchmarkStartupVersion(b *testing.B) {
	measure(b, b.TempDir(), "version")
}

// BenchmarkStartupScan scans a repository of 14 workflows and 200 files, the size of a small service.
func BenchmarkStartupScan(b *testing.B) {
	dir := b.TempDir()
	for i := range 14 {
		write(b, filepath.Join(dir, ".github", "workflows", fmt.Sprintf("w%d.yml", i)), workflow(i))
	}
	for i := range 186 {
		write(b, filepath.Join(dir, "src", fmt.Sprintf("p%d", i%12), fmt.Sprintf("f%d.go", i)), code(i))
	}
	measure(b, dir, "scan", "--fail-on=never")
}

// measure runs the binary in dir and reports the median; b's own figure is the mean.
func measure(b *testing.B, dir string, args ...string) {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "curfew")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build curfew: %v\n%s", err, out)
	}
	start(b.Context(), b, binary, dir, args) // from here on it is in the page cache
	var times []time.Duration
	for b.Loop() {
		times = append(times, start(b.Context(), b, binary, dir, args))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
}

// start runs the binary once, to its end.
func start(ctx context.Context, b *testing.B, binary, dir string, args []string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = dir
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		b.Fatalf("curfew %v: exit status %d", args, code)
	}
	return took
}

func write(b *testing.B, name, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}

// workflow is a workflow with three jobs, some 60 lines.
func workflow(n int) string {
	text := fmt.Sprintf("name: W%d\non:\n  push:\n    branches: [main]\npermissions: {}\njobs:\n", n)
	for _, job := range []string{"build", "test", "publish"} {
		text += "  " + job + ":\n    runs-on: ubuntu-24.04\n    permissions:\n      contents: read\n    steps:\n" +
			"      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1\n"
		for i := range 5 {
			text += fmt.Sprintf("      - name: Step %d\n        run: make %s-%d\n        env:\n          LEVEL: ${{ github.event_name == 'push' && '1' || '0' }}\n", i, job, i)
		}
	}
	return text
}

// code is a Go file of some 3 kB.
func code(n int) string {
	text := fmt.Sprintf("package p%d\n\n", n%12)
	for i := range 40 {
		text += fmt.Sprintf("// f%d_%d adds %d to n and returns the sum.\nfunc f%d_%d(n int) int { return n + %d }\n\n", n, i, i, n, i, i)
	}
	return text
}
