package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// taken makes runs of a contestant from CPU times in milliseconds; wall is half of it, and memory as many MB.
func taken(ms ...int) []usage {
	var out []usage
	for _, n := range ms {
		d := time.Duration(n) * time.Millisecond
		out = append(out, usage{cpu: d, wall: d / 2, rss: int64(n) * 1e6, findings: 7})
	}
	return out
}

func TestTable(t *testing.T) {
	own := contestant{label: "curfew", tool: tool{path: "/x/bin/curfew"}, args: []string{"scan", "/x/brew", "--history"}, ours: true}
	peer := contestant{label: "gitleaks", tool: tool{path: "/y/gitleaks"}, args: []string{"git", "/x/brew"}}
	for _, tc := range []struct {
		name    string
		results []result
		want    string
	}{
		{
			"medians and ratio",
			[]result{
				{contestant: own, runs: taken(900, 500, 600)},
				{contestant: peer, runs: taken(7000, 5000, 130_000, 11_000)},
			},
			"| curfew | 0.600 (0.500–0.900) | 0.300 (0.250–0.450) | 600 (500–900) | 7 | 1.0× |\n" +
				"| gitleaks | 9.00 (5.00–130) | 4.50 (2.50–65.00) | 9000 (5000–130000) | 7 | 15.0× |\n",
		},
		{
			"one run",
			[]result{{contestant: own, runs: taken(500)}},
			"| curfew | 0.500 | 0.250 | 500 | 7 | 1.0× |\n",
		},
		{
			"ours failed",
			[]result{{contestant: own, reason: "exit status 2: a | b"}, {contestant: peer, runs: taken(500)}},
			"| curfew | failed: exit status 2: a \\| b | | | | |\n" + "| gitleaks | 0.500 | 0.250 | 500 | 7 | unknown |\n",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := "\n### History\n\n| | CPU s | wall s | RSS MB | findings | CPU to curfew's |\n|---|---|---|---|---|---|\n" + tc.want +
				"\n    curfew scan brew --history\n"
			if len(tc.results) > 1 {
				want += "    gitleaks git brew\n"
			}
			if diff := cmp.Diff(want, table(job{title: "History"}, tc.results)); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}
