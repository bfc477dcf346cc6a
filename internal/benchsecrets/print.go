package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// heading says what is measured on what.
func (b *bench) heading(ctx context.Context) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Repository %s; curfew %s", filepath.Base(b.repo.path), b.tools.curfew.version)
	for _, t := range []tool{b.tools.gitleaks, b.tools.betterleaks} {
		if t.path != "" {
			fmt.Fprintf(&s, ", %s %s", t.name, t.version)
		}
	}
	git, err := exec.CommandContext(ctx, "git", "version").Output()
	if err == nil {
		fmt.Fprintf(&s, ", %s", strings.TrimSpace(string(git)))
	}
	fmt.Fprintf(&s, ".\nMeasured on %s: %s, %d cores, %s/%s, %s%s.\n", time.Now().UTC().Format(time.DateOnly), cpu(), runtime.NumCPU(),
		runtime.GOOS, runtime.GOARCH, runtime.Version(), load())
	s.WriteString("Medians, and in brackets the lowest and highest, of whole processes with their children, in alternating order.\n")
	for _, m := range b.tools.missing {
		fmt.Fprintf(&s, "\n%s.\n", strings.ToUpper(m[:1])+m[1:])
	}
	if b.repo.bare && !b.historyOnly {
		s.WriteString("\nThe working tree was not measured: the repository is bare.\n")
	}
	if b.repo.diff.files == 0 && !b.historyOnly {
		s.WriteString("\nA diff was not measured: no earlier commit differs from HEAD.\n")
	}
	return s.String()
}

// cpu is the processor's name.
func cpu() string {
	info, err := os.ReadFile("/proc/cpuinfo") // of Linux
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// load is what else the machine was doing.
func load() string {
	avg, err := os.ReadFile("/proc/loadavg") // of Linux
	if err != nil {
		return ""
	}
	minute, _, _ := strings.Cut(string(avg), " ")
	return ", load " + minute + " at the beginning"
}

// table renders a job's results, and the commands that gave them.
func table(j job, results []result) string {
	var s strings.Builder
	fmt.Fprintf(&s, "\n### %s\n\n| | CPU s | wall s | RSS MB | findings | CPU to curfew's |\n|---|---|---|---|---|---|\n", j.title)
	for _, r := range results {
		if r.reason != "" {
			fmt.Fprintf(&s, "| %s | failed: %s | | | | |\n", r.label, strings.ReplaceAll(r.reason, "|", `\|`))
			continue
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s | %d | %s |\n", r.label, seconds(r.runs, cpuOf), seconds(r.runs, wallOf),
			megabytes(r.runs), r.runs[0].findings, ratio(results, r))
	}
	s.WriteByte('\n')
	for _, r := range results {
		fmt.Fprintf(&s, "    %s %s\n", filepath.Base(r.tool.path), strings.Join(shorten(r.args), " "))
	}
	return s.String()
}

func cpuOf(u usage) float64  { return u.cpu.Seconds() }
func wallOf(u usage) float64 { return u.wall.Seconds() }

func seconds(runs []usage, of func(usage) float64) string {
	return spreadOf(runs, of).write(digits)
}

// digits writes seconds with as many places as the measuring is good for.
func digits(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.3f", s)
	case s < 100:
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.0f", s)
}

func megabytes(runs []usage) string {
	d := spreadOf(runs, func(u usage) float64 { return float64(u.rss) / 1e6 })
	if d.high == 0 {
		return "unknown"
	}
	return d.write(func(mb float64) string { return fmt.Sprintf("%.0f", mb) })
}

// write is the median, and the range where there is one.
func (d spread) write(number func(float64) string) string {
	if d.low == d.high {
		return number(d.median)
	}
	return number(d.median) + " (" + number(d.low) + "–" + number(d.high) + ")"
}

// ratio is how many times curfew's CPU time r took.
func ratio(results []result, r result) string {
	for _, own := range results {
		if !own.ours || own.reason != "" {
			continue
		}
		if base := spreadOf(own.runs, cpuOf).median; base > 0 {
			return fmt.Sprintf("%.1f×", spreadOf(r.runs, cpuOf).median/base)
		}
	}
	return "unknown"
}

// shorten leaves of absolute paths what tells them apart, so that a table can be published.
func shorten(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; filepath.IsAbs(a) {
			out[i] = filepath.Base(a)
		}
	}
	return out
}
