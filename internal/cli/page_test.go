package cli_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/cli"
)

// TestPage holds docs/cli.md against the program: each verb's help stands there once, word by word.
func TestPage(t *testing.T) {
	const file = "../../docs/cli.md"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	block := regexp.MustCompile("(?s)```text help curfew([^\n]*)\n.*?```")
	fresh := block.ReplaceAllStringFunc(string(page), func(old string) string {
		verb := block.FindStringSubmatch(old)[1]
		told[verb]++
		return "```text help curfew" + verb + "\n" + help(t, verb) + "```"
	})
	for _, verb := range cli.Verbs() {
		if told[verb] != 1 {
			t.Errorf("docs/cli.md tells of `curfew%s` %d times: give it one block, \"```text help curfew%s\"", verb, told[verb], verb)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(fresh), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(page), fresh); diff != "" {
		t.Errorf("docs/cli.md is stale: go test ./internal/cli -run TestPage -update (-page +help):\n%s", diff)
	}
}

func help(t *testing.T, verb string) string {
	t.Helper()
	var out bytes.Buffer
	code := cli.Run(context.Background(), cli.Env{
		Args: append(strings.Fields(verb), "--help"), Stdout: &out, Stderr: &out,
		Getenv: func(string) string { return "" },
	})
	if code != cli.ExitClean {
		t.Errorf("curfew%s --help: exit status %d\n%s", verb, code, &out)
	}
	return out.String()
}
