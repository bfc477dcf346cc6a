package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// errBusy says that a process writes to a file.
var errBusy = errors.New("a process writes to it")

// SealLeft seals the files of dir that nobody writes to any more and that nobody has sealed, as processes leave them that were
// killed or had no ID token, and returns their names. One that holds no record is left. A file is known to be done with by
// its lock; where the system has none that ends with its process, nothing is sealed here.
func SealLeft(ctx context.Context, dir *Folder, random io.Reader, tokens TokenSource) ([]string, error) {
	var sealed []string
	var faults []error
	names, err := unsealed(ctx, dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		err := sealLeft(ctx, dir, name, random, tokens)
		switch {
		case err == nil:
			sealed = append(sealed, name)
		case !errors.Is(err, errBusy) && !errors.Is(err, ErrExists) && !errors.Is(err, errEmpty):
			faults = append(faults, err)
		}
	}
	return sealed, errors.Join(faults...)
}

// errEmpty says that a file holds no record.
var errEmpty = errors.New("it holds no record")

// unsealed lists the files of records without a seal.
func unsealed(ctx context.Context, dir *Folder) ([]string, error) {
	var files []string
	seals := map[string]bool{}
	for after := ""; ; {
		names, err := dir.List(ctx, "", after, MaxList)
		if err != nil {
			return nil, fmt.Errorf("list the files of records: %w", err)
		}
		for _, name := range names {
			if file, ok := strings.CutSuffix(name, sealSuffix); ok {
				seals[file] = true
			} else if strings.HasSuffix(name, ".jsonl") && !strings.Contains(name, "/") {
				files = append(files, name)
			}
		}
		if len(names) < MaxList {
			break
		}
		after = names[len(names)-1]
	}
	var out []string
	for _, name := range files {
		if !seals[name] {
			out = append(out, name)
		}
	}
	return out, nil
}

func sealLeft(ctx context.Context, dir *Folder, name string, random io.Reader, tokens TokenSource) error {
	info, err := dir.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err != nil {
		return dir.wrap("seal", name, err)
	}
	if info.Size() == 0 {
		return errEmpty
	}
	file, err := dir.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return dir.wrap("seal", name, err)
	}
	defer file.Close() //nolint:errcheck // only locked
	if err := occupy(file); err != nil {
		return dir.wrap("seal", name, err)
	}
	return sealFile(ctx, dir, name, random, tokens)
}
