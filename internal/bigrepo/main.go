// Bigrepo makes repositories that are hard to search: a history of as much text as is asked for, or files that are hostile each
// in its own way. Made-up credentials stand in them, and it says how many. `make bench-memory` runs it.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bigrepo:", err)
		os.Exit(1)
	}
}

// run makes what the arguments ask for.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bigrepo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	into := flags.String("into", "", "make it in this new `FOLDER`")
	text := flags.Int64("text", 5_000_000_000, "write a history of `N` bytes of text in all its versions")
	hostile := flags.Bool("hostile", false, "write hostile files instead")
	blob := flags.Int64("blob", 2<<30, "with -hostile: the size of the largest file, `N` bytes of zeros")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *into == "" {
		return errors.New("where to? try: -into FOLDER")
	}
	if err := os.Mkdir(*into, 0o750); err != nil {
		return err
	}
	if err := git(ctx, *into, "init", "--quiet", "--initial-branch", "main"); err != nil {
		return err
	}
	write := history(*text)
	if *hostile {
		write = hostiles(*blob)
	}
	said, err := fastImport(ctx, *into, write)
	if err != nil {
		return err
	}
	if *hostile {
		err = git(ctx, *into, "reset", "--quiet", "--hard", "main")
	}
	fmt.Fprintln(stdout, said)
	return err
}

// fastImport gives git fast-import what write writes, in the format of git-fast-import(1). Nothing is compressed twice: a version
// is stored as what differs from the one written before it. said tells what was made.
func fastImport(ctx context.Context, repo string, write func(*bufio.Writer) (said string, err error)) (said string, err error) {
	cmd := exec.CommandContext(ctx, "git", "-C", repo, "fast-import", "--quiet", "--done") //nolint:gosec // a folder that the user names
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	w := bufio.NewWriterSize(in, 1<<20)
	said, err = write(w)
	if err == nil {
		_, err = w.WriteString("done\n")
	}
	return said, errors.Join(err, w.Flush(), in.Close(), cmd.Wait())
}

func git(ctx context.Context, repo string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", repo}, args...)...) //nolint:gosec // arguments of our own
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", args[0], err, out)
	}
	return nil
}
