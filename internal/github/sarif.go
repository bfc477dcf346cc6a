package github

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// What code scanning takes in one upload; above the result limit it keeps the 5,000 gravest of a run.
// https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads
const (
	maxGzipBytes  = 10 << 20
	maxRuns       = 20
	maxRunResults = 25_000
)

var (
	validName   = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	validCommit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	validRef    = regexp.MustCompile(`^refs/(heads/.+|tags/.+|pull/[0-9]+/(merge|head))$`)
)

// Upload is one SARIF file and the commit that it speaks of.
type Upload struct {
	Owner, Repo string
	Commit      string // full id, lower case hex
	Ref         string // refs/heads/…, refs/tags/…, refs/pull/N/merge or refs/pull/N/head
	SARIF       []byte // as it is, uncompressed
}

// Parcel is an Upload that was checked and packed: what a dry run shows and Send sends.
type Parcel struct {
	Upload
	Runs  []Run
	Bytes int // compressed
	body  string
}

// Run is one run of a SARIF file. Tool and Category together name the analysis whose alerts the
// upload replaces.
type Run struct {
	Tool     string
	Category string // automationDetails.id up to its last slash
	Results  int
}

// Pack checks u against what code scanning takes and compresses it, so that a dry run fails where the
// upload would.
func Pack(u Upload) (*Parcel, error) {
	switch {
	case !validName.MatchString(u.Owner), !validName.MatchString(u.Repo), u.Repo == ".", u.Repo == "..":
		return nil, fmt.Errorf("%q is no repository: expected owner/name", u.Owner+"/"+u.Repo)
	case !validCommit.MatchString(u.Commit):
		return nil, fmt.Errorf("%q is no commit: expected its full id in lower case hex", u.Commit)
	case !validRef.MatchString(u.Ref):
		return nil, fmt.Errorf("%q is no ref that code scanning takes: expected refs/heads/…, refs/tags/… or refs/pull/N/merge", u.Ref)
	}
	runs, err := readRuns(u.SARIF)
	if err != nil {
		return nil, err
	}
	packed, err := compress(u.SARIF)
	if err != nil {
		return nil, fmt.Errorf("compress the SARIF file: %w", err)
	}
	if len(packed) > maxGzipBytes {
		return nil, fmt.Errorf("the SARIF file has %d bytes compressed, code scanning takes %d: scan fewer paths at once", len(packed), maxGzipBytes)
	}
	return &Parcel{Upload: u, Runs: runs, Bytes: len(packed), body: base64.StdEncoding.EncodeToString(packed)}, nil
}

// sarifFile is the little of a SARIF file by which code scanning files it.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type sarifFile struct {
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name string `json:"name"`
			} `json:"driver"`
		} `json:"tool"`
		AutomationDetails struct {
			ID string `json:"id"`
		} `json:"automationDetails"`
		Results []json.RawMessage `json:"results"`
	} `json:"runs"`
}

// readRuns reads what a SARIF file holds, and holds it against the limits.
func readRuns(sarif []byte) ([]Run, error) {
	var file sarifFile
	if err := json.Unmarshal(sarif, &file); err != nil {
		return nil, fmt.Errorf("read the SARIF file: %w", err)
	}
	if file.Version != "2.1.0" {
		return nil, fmt.Errorf("the file's SARIF version is %q: expected 2.1.0", file.Version)
	}
	if n := len(file.Runs); n == 0 || n > maxRuns {
		return nil, fmt.Errorf("the SARIF file has %d runs: code scanning takes 1 to %d", n, maxRuns)
	}
	type analysis struct{ tool, category string }
	seen := map[analysis]bool{}
	runs := make([]Run, 0, len(file.Runs))
	for i, r := range file.Runs {
		run := Run{Tool: r.Tool.Driver.Name, Category: category(r.AutomationDetails.ID), Results: len(r.Results)}
		key := analysis{run.Tool, run.Category}
		switch {
		case run.Tool == "":
			return nil, fmt.Errorf("run %d of the SARIF file names no tool", i+1)
		case seen[key]:
			return nil, fmt.Errorf("two runs of the SARIF file have tool %q and category %q: code scanning would keep one", run.Tool, run.Category)
		case run.Results > maxRunResults:
			return nil, fmt.Errorf("run %d of the SARIF file has %d results, code scanning takes %d: scan fewer paths at once", i+1, run.Results, maxRunResults)
		}
		seen[key] = true
		runs = append(runs, run)
	}
	return runs, nil
}

// category is id up to its last slash; what follows names the single run.
func category(id string) string {
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		return id[:i]
	}
	return ""
}

func compress(b []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
