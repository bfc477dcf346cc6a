package equality

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// blob is a version of a file, at one of its paths.
type blob struct {
	id, path string
	size     int64
}

// listBlobs asks git for all blobs that a repository's history reaches, each with one path.
func listBlobs(t *testing.T, repo string) []blob {
	t.Helper()
	paths := make(map[string]string)
	var ids bytes.Buffer
	for line := range strings.Lines(output(t, nil, repo, "rev-list", "--objects", "--all", "--missing=allow-any")) {
		id, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if _, known := paths[id]; !known && path != "" {
			paths[id] = path
			fmt.Fprintln(&ids, id)
		}
	}
	var out []blob
	for line := range strings.Lines(output(t, &ids, repo, "cat-file", "--batch-check=%(objecttype) %(objectname) %(objectsize)")) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[0] != "blob" {
			continue
		}
		size, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, blob{fields[1], paths[fields[1]], size})
	}
	return out
}

func output(t *testing.T, in io.Reader, repo string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", repo, "-c", "core.fsmonitor=false"}, args...)...)
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v", args[0], err)
	}
	return string(out)
}

// readBlobs has git read blobs, one after the other.
func readBlobs(repo string, blobs []blob, each func(b blob, text []byte)) error {
	cmd := exec.Command("git", "-C", repo, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() {
		w := bufio.NewWriter(in)
		for _, b := range blobs {
			fmt.Fprintln(w, b.id)
		}
		asked <- errors.Join(w.Flush(), in.Close())
	}()
	r := bufio.NewReaderSize(out, 1<<20)
	for _, b := range blobs {
		if _, err := r.ReadString('\n'); err != nil {
			return err
		}
		text := make([]byte, b.size+1)
		if _, err := io.ReadFull(r, text); err != nil {
			return err
		}
		each(b, text[:b.size])
	}
	return errors.Join(<-asked, cmd.Wait())
}
