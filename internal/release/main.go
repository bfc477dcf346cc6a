// Release does of a release what goreleaser doesn't: it puts all files of one into a folder, writes the table by which the
// action knows what it may run, and holds a tag, a folder and a table to each other. docs/release.md tells the whole way.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// options are the command line's; each verb uses some of them.
type options struct {
	version, commit, tag, branch string
	from, into, in, table        string
	binary, notices              string
}

// run does what the first argument names, in the folder in which it runs.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	verbs := map[string]func(options) error{
		"ready":   func(o options) error { return ready(ctx, ".", o.version, runtime.Version()) },
		"notices": func(o options) error { return notices(ctx, ".", o.into) },
		"gather":  func(o options) error { return gather(o.from, o.notices, o.into, o.version, o.commit) },
		"check":   func(o options) error { return check(o.table, o.in) },
		"tagged":  func(o options) error { return tagged(ctx, stdout, ".", o.tag, o.branch) },
		"sizes":   func(o options) error { return sizes(stdout, o.binary) },
	}
	if len(args) == 0 || verbs[args[0]] == nil {
		return errors.New("expected a verb: ready, notices, gather, check, tagged or sizes")
	}
	o, err := parse(args[0], args[1:], stderr)
	if err != nil {
		return err
	}
	return verbs[args[0]](o)
}

// parse reads the flags of a verb. Those that it doesn't know are errors, and so are those that it lacks.
func parse(verb string, args []string, stderr io.Writer) (options, error) {
	var o options
	all := map[string]struct {
		value *string
		usage string
	}{
		"version": {&o.version, "the release's `VERSION`, as in 1.2.3"},
		"commit":  {&o.commit, "the full `COMMIT` that it is built of"},
		"tag":     {&o.tag, "the `TAG` that is checked out"},
		"branch":  {&o.branch, "the `BRANCH` that the tag must be on"},
		"from":    {&o.from, "goreleaser's `FOLDER`"},
		"notices": {&o.notices, "the `FILE` of the notices"},
		"into":    {&o.into, "the release's `FOLDER`, made anew; the `FILE` of the notices"},
		"in":      {&o.in, "the release's `FOLDER`"},
		"table":   {&o.table, "the table's `FILE`"},
		"binary":  {&o.binary, "a `BINARY` for Linux with its symbols"},
	}
	needs := map[string][]string{
		"ready":   {"version"},
		"notices": {"into"},
		"gather":  {"from", "notices", "into", "version", "commit"},
		"check":   {"table", "in"},
		"tagged":  {"tag", "branch"},
		"sizes":   {"binary"},
	}[verb]
	flags := flag.NewFlagSet("release "+verb, flag.ContinueOnError)
	flags.SetOutput(stderr)
	for _, name := range needs {
		flags.StringVar(all[name].value, name, "", all[name].usage)
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%s takes no arguments: %q", verb, flags.Arg(0))
	}
	for _, name := range needs {
		if *all[name].value == "" {
			return o, fmt.Errorf("%s needs -%s: %s", verb, name, all[name].usage)
		}
	}
	return o, nil
}
