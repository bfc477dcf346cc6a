// Command prune takes from GitHub's description of its REST API what the tests hold themselves to.
//
//	npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
//	go run ./internal/testservers/openapi/prune package/generated/api.github.com.json \
//	    internal/testservers/openapi/testdata/operations.txt > internal/testservers/openapi/testdata/github.json
//
// The whole has 13 MB and takes seconds to load; what is left is told by operations.txt.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "prune:", err) // nobody is left to tell
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("expected the description's file and that of the operations")
	}
	whole, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	list, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	out, err := prune(whole, string(list))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out)
	return err
}
