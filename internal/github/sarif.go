package github

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
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
)

// Tool is what curfew's own runs are called.
const Tool = "curfew"

// Upload is a SARIF file and the commit that it speaks of. Ref and commit belong together: code scanning takes the
// alerts for those of the ref's tip.
type Upload struct {
	Owner, Repo string
	Commit      string // full id, lower case hex
	Ref         string // refs/heads/…, refs/tags/…, refs/pull/N/merge or refs/pull/N/head
	SARIF       []byte // as it is, uncompressed
	// Silenced sends what curfew's runs have of silenced findings. Code scanning opens alerts of them as of any other, so
	// it is for who dismisses these.
	Silenced bool
	// Mask hides what looks like a credential in the words that dismissals would quote; nil hides nothing.
	Mask func(string) (string, error)
}

// Parcel is one run of an Upload that was checked and packed: what a dry run shows and Send sends. Each run is sent by
// itself, so that one which code scanning refuses keeps no other from coming through.
type Parcel struct {
	Owner, Repo string
	Commit, Ref string
	Run         Run
	Bytes       int // compressed
	body        string
	results     []result
}

// Run is one run of a SARIF file. Tool and Category together name the analysis whose alerts the
// upload replaces.
type Run struct {
	Tool     string
	Category string // automationDetails.id up to its last slash
	Results  int
	Silenced int // of Results, where they are sent, and else beside them
	// Untold counts results of curfew's that don't say whether they are silenced: the file has none that are.
	Untold int
	// Partial says that the run is of what was read in part only: it doesn't have all alerts that there are.
	Partial bool
	Commit  string // that was scanned; "" where the run doesn't say
}

// Pack checks u against what code scanning takes and compresses its runs, so that a dry run fails where the
// upload would.
func Pack(u Upload) ([]*Parcel, error) {
	if !validName.MatchString(u.Owner) || !validName.MatchString(u.Repo) || u.Repo == "." || u.Repo == ".." {
		return nil, fmt.Errorf("%q is no repository: expected owner/name", u.Owner+"/"+u.Repo)
	}
	if err := checkPlace(u.Ref, u.Commit); err != nil {
		return nil, err
	}
	runs, err := readRuns(u.SARIF, u.Silenced)
	if err != nil {
		return nil, err
	}
	parcels := make([]*Parcel, len(runs))
	for i := range runs {
		run, src := runs[i].Run, runs[i].file
		if err := runs[i].hide(u.Mask); err != nil {
			return nil, err
		}
		if run.Commit != "" && run.Commit != u.Commit {
			return nil, fmt.Errorf("the SARIF file is of commit %s, and the ref and commit to upload it to are %s and %s: name those of what was scanned; "+
				"of a pull request's head these are refs/pull/N/head and the head's commit", run.Commit, u.Ref, u.Commit)
		}
		packed, err := compress(src)
		if err != nil {
			return nil, fmt.Errorf("compress the SARIF file: %w", err)
		}
		if len(packed) > maxGzipBytes {
			return nil, fmt.Errorf("run %d of the SARIF file has %d bytes compressed, code scanning takes %d: scan fewer paths at once", i+1, len(packed), maxGzipBytes)
		}
		parcels[i] = &Parcel{
			Owner: u.Owner, Repo: u.Repo, Commit: u.Commit, Ref: u.Ref, Run: run,
			Bytes: len(packed), body: base64.StdEncoding.EncodeToString(packed), results: runs[i].results,
		}
	}
	return parcels, nil
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
