package usage

import (
	"fmt"
	"strings"
	"testing"
)

// TestBounds: what a hostile repository multiplies by reuse neither exhausts memory nor goes unsaid.
func TestBounds(t *testing.T) {
	var called, root strings.Builder
	called.WriteString("on: workflow_call\npermissions: {}\nenv:\n")
	for i := range 2000 {
		fmt.Fprintf(&called, "  V%d: ${{ secrets.S%d }}\n", i, i)
	}
	called.WriteString("jobs:\n")
	root.WriteString("on: push\npermissions: {}\njobs:\n")
	for i := range 2000 {
		fmt.Fprintf(&called, "  j%d: { runs-on: x, steps: [] }\n", i)
		fmt.Fprintf(&root, "  c%d: { uses: ./.github/workflows/called.yml, secrets: inherit }\n", i)
	}
	repo := Collect(parse(root.String()+"-- .github/workflows/called.yml --\n"+called.String()), knowledge(t))
	reads, nameless := 0, 0
	for _, j := range repo.Jobs {
		reads += len(j.Secrets)
		if len(j.Secrets) > 0 && j.Secrets[0].Name == "" {
			nameless++
		}
	}
	if reads > maxCopies+2*4000 {
		t.Errorf("%d reads were kept", reads)
	}
	if nameless == 0 || len(repo.Skipped) == 0 {
		t.Errorf("%d jobs read something unknown, %d places are said to be skipped", nameless, len(repo.Skipped))
	}
}

func TestDeepActions(t *testing.T) {
	src := "on: push\njobs: { j: { runs-on: x, steps: [{ uses: ./a0 }] } }\n"
	for i := range 9 {
		src += fmt.Sprintf("-- a%d/action.yml --\nruns:\n  using: composite\n  steps:\n%s", i,
			strings.Repeat(fmt.Sprintf("    - uses: ./a%d\n", i+1), 20))
	}
	src += "-- a9/action.yml --\nruns: { using: composite, steps: [{ run: npm publish }] }\n"
	repo := Collect(parse(src), knowledge(t))
	if len(repo.Skipped) == 0 {
		t.Error("20 to the 9th steps were followed, or nothing says that they weren't")
	}
}
