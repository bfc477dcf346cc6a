package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench measures.
type bench struct {
	options
	repo     repository
	tools    tools
	work     string // a temporary folder
	progress io.Writer
	failed   int // contestants
}

// usage is what one process took, with its children.
type usage struct {
	cpu, wall time.Duration // cpu is user and system
	rss       int64         // bytes, of the largest process; 0 where the system doesn't say
	findings  int
}

// result is a contestant's runs, or why there are none.
type result struct {
	contestant
	runs   []usage
	reason string
}

// measure runs a job's contestants in turn, each round beginning with another. A contestant that fails once is out.
func (b *bench) measure(ctx context.Context, j job) ([]result, error) {
	results := make([]result, len(j.contestants))
	for i, c := range j.contestants {
		results[i].contestant = c
	}
	for round := range j.runs {
		for i := range results {
			r := &results[(i+round)%len(results)]
			if r.reason != "" {
				continue
			}
			u, err := b.once(ctx, r.contestant)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				r.reason = err.Error()
				b.failed++
				fmt.Fprintf(b.progress, "%s: %v\n", r.label, err)
				continue
			}
			r.runs = append(r.runs, u)
			fmt.Fprintf(b.progress, "%s, run %d of %d: %s CPU %.2f s, wall %.2f s\n", j.title, round+1, j.runs, r.label, u.cpu.Seconds(), u.wall.Seconds())
		}
	}
	return results, nil
}

// once runs a contestant to its end.
func (b *bench) once(ctx context.Context, c contestant) (usage, error) {
	stdout, err := os.Create(filepath.Join(b.work, "stdout"))
	if err != nil {
		return usage{}, err
	}
	defer stdout.Close() //nolint:errcheck // read by its name
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.tool.path, c.args...) //nolint:gosec // the programs to measure
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.work, stdout, &stderr
	begin := time.Now()
	err = cmd.Run()
	u := usage{wall: time.Since(begin)}
	if err != nil {
		return u, fmt.Errorf("%w: %s", err, lastLine(stderr.String()))
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.rss = peak(cmd.ProcessState)
	report := c.report
	if report == "" {
		report = stdout.Name()
	}
	u.findings, err = countFindings(report, c.ours)
	return u, err
}

// countFindings reads how many findings a report has: to see that a program did its work.
func countFindings(name string, ours bool) (int, error) {
	data, err := os.ReadFile(name) //nolint:gosec // in our temporary folder
	if err != nil {
		return 0, err
	}
	if ours {
		var report struct{ Findings json.RawMessage }
		if err := json.Unmarshal(data, &report); err != nil {
			return 0, fmt.Errorf("its report can't be read: %w", err)
		}
		data = report.Findings
	}
	var findings []struct{}
	if err := json.Unmarshal(data, &findings); err != nil {
		return 0, fmt.Errorf("its report can't be read: %w", err)
	}
	return len(findings), nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// spread is the median of runs, and between what they lie.
type spread struct{ median, low, high float64 }

func spreadOf(runs []usage, of func(usage) float64) spread {
	all := make([]float64, len(runs))
	for i, u := range runs {
		all[i] = of(u)
	}
	slices.Sort(all)
	n := len(all)
	return spread{(all[(n-1)/2] + all[n/2]) / 2, all[0], all[n-1]}
}
