package github

import (
	"encoding/json"
	"errors"
	"fmt"
)

// sarifRun is the little of a run by which code scanning files it.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type sarifRun struct {
	Tool struct {
		Driver struct {
			Name string `json:"name"`
		} `json:"driver"`
	} `json:"tool"`
	AutomationDetails struct {
		ID string `json:"id"`
	} `json:"automationDetails"`
	Results     []json.RawMessage `json:"results"`
	Invocations []struct {
		Successful *bool `json:"executionSuccessful"`
	} `json:"invocations"`
	Provenance []struct {
		Revision string `json:"revisionId"`
	} `json:"versionControlProvenance"`
}

// fileOfRun is a run, and a file that has it alone.
type fileOfRun struct {
	Run
	file    []byte
	results []result // of curfew's own runs
}

// readRuns reads what a SARIF file holds, and holds it against the limits.
func readRuns(sarif []byte, silenced bool) ([]fileOfRun, error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(sarif, &file); err != nil {
		return nil, fmt.Errorf("read the SARIF file: %w", err)
	}
	var version string
	var raw []json.RawMessage
	if err := errors.Join(readMember(file["version"], &version), readMember(file["runs"], &raw)); err != nil {
		return nil, fmt.Errorf("read the SARIF file: %w", err)
	}
	if version != "2.1.0" {
		return nil, fmt.Errorf("the file's SARIF version is %q: expected 2.1.0", version)
	}
	if n := len(raw); n == 0 || n > maxRuns {
		return nil, fmt.Errorf("the SARIF file has %d runs: code scanning takes 1 to %d", n, maxRuns)
	}
	type analysis struct{ tool, category string }
	seen := map[analysis]bool{}
	runs := make([]fileOfRun, 0, len(raw))
	for i := range raw {
		run, err := readRun(raw[i], i+1, silenced)
		if err != nil {
			return nil, err
		}
		key := analysis{run.Tool, run.Category}
		if seen[key] {
			return nil, fmt.Errorf("two runs of the SARIF file have tool %q and category %q: code scanning would keep one", run.Tool, run.Category)
		}
		seen[key] = true
		switch {
		case run.file == nil && len(raw) == 1:
			run.file = sarif // as it is
		case run.file == nil:
			run.file = raw[i]
			fallthrough
		default:
			if run.file, err = aloneIn(file, run.file); err != nil {
				return nil, fmt.Errorf("split the SARIF file: %w", err)
			}
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// readMember reads a member that may be missing.
func readMember(src json.RawMessage, v any) error {
	if src == nil {
		return nil
	}
	return json.Unmarshal(src, v)
}

// readRun reads the n-th run of a file. Its file is nil where the run is sent as it is.
func readRun(src json.RawMessage, n int, silenced bool) (fileOfRun, error) {
	var r sarifRun
	if err := json.Unmarshal(src, &r); err != nil {
		return fileOfRun{}, fmt.Errorf("read run %d of the SARIF file: %w", n, err)
	}
	run := fileOfRun{Run: Run{Tool: r.Tool.Driver.Name, Category: category(r.AutomationDetails.ID), Results: len(r.Results)}}
	for _, inv := range r.Invocations {
		run.Partial = run.Partial || inv.Successful != nil && !*inv.Successful
	}
	for _, p := range r.Provenance {
		run.Commit = p.Revision
	}
	switch {
	case run.Tool == "":
		return run, fmt.Errorf("run %d of the SARIF file names no tool", n)
	case run.Results > maxRunResults:
		return run, fmt.Errorf("run %d of the SARIF file has %d results, code scanning takes %d: scan fewer paths at once", n, run.Results, maxRunResults)
	case run.Tool != Tool:
		return run, nil
	}
	err := run.read(src, r.Results, silenced)
	if err != nil {
		err = fmt.Errorf("read run %d of the SARIF file: %w", n, err)
	}
	return run, err
}

// read reads the results of a run of curfew's own, and takes the silenced ones out unless they are wanted.
func (f *fileOfRun) read(src json.RawMessage, raw []json.RawMessage, silenced bool) error {
	kept := []json.RawMessage{}
	for _, one := range raw {
		r, err := readResult(one)
		if err != nil {
			return err
		}
		f.results = append(f.results, r)
		if r.by != nil {
			f.Silenced++
		}
		if !r.told {
			f.Untold++
		}
		if r.by == nil || silenced {
			kept = append(kept, one)
		}
	}
	if len(kept) == len(raw) {
		return nil
	}
	var all map[string]json.RawMessage
	err := json.Unmarshal(src, &all)
	if err == nil {
		all["results"], err = json.Marshal(kept)
	}
	if err == nil {
		f.Results = len(kept)
		f.file, err = json.Marshal(all)
	}
	return err
}

// hide masks the words of the silenced results.
func (f *fileOfRun) hide(mask func(string) (string, error)) error {
	for i := range f.results {
		r := &f.results[i]
		if r.by == nil || mask == nil {
			continue
		}
		for _, s := range []*string{&r.owner, &r.by.kind, &r.by.reason} {
			masked, err := mask(*s)
			if err != nil {
				return err
			}
			*s = masked
		}
	}
	return nil
}

// aloneIn is file with run as its only one.
func aloneIn(file map[string]json.RawMessage, run json.RawMessage) ([]byte, error) {
	alone := make(map[string]any, len(file))
	for name, src := range file {
		alone[name] = src
	}
	alone["runs"] = []json.RawMessage{run}
	return json.Marshal(alone)
}
