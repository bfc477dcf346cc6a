package testservers

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Alert is one of code scanning as it stands on a ref.
type Alert struct {
	Number           int
	State            string // open, dismissed, fixed
	Rule, Category   string
	Path             string
	Line             int
	Message          string
	Commit           string // of the last analysis that had it
	Reason, Comment  string // of its dismissal
	DismissedByHuman bool
}

// scanning is what code scanning has of a repository. What GitHub doesn't document of it is made up: an alert is a rule
// of a tool with one line hash in one file, has an instance for each ref and category, and one that was dismissed stays so.
type scanning struct {
	uploads []*analysis
	alerts  []*alert // by their numbers, from 1
}

// analysis is an upload, worked through or not.
type analysis struct {
	ref, commit string
	runs        []analyzed
	due         time.Time
	done        bool
	fault       string
}

// analyzed is the little of a run that counts.
type analyzed struct {
	Tool struct {
		Driver struct {
			Name string `json:"name"`
		} `json:"driver"`
	} `json:"tool"`
	AutomationDetails struct {
		ID string `json:"id"`
	} `json:"automationDetails"`
	Results []struct {
		RuleID  string `json:"ruleId"`
		Message struct {
			Text string `json:"text"`
		} `json:"message"`
		Locations []struct {
			Physical struct {
				Artifact struct {
					URI string `json:"uri"`
				} `json:"artifactLocation"`
				Region region `json:"region"`
			} `json:"physicalLocation"`
		} `json:"locations"`
		Prints map[string]string `json:"partialFingerprints"`
	} `json:"results"`
}

type region struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

// category is an id up to its last slash.
func (a *analyzed) category() string {
	id := a.AutomationDetails.ID
	return id[:max(strings.LastIndexByte(id, '/'), 0)]
}

func (g *GitHub) takeSARIF(w http.ResponseWriter, r *http.Request, repo *hosted) {
	var in struct {
		Commit string `json:"commit_sha"`
		Ref    string `json:"ref"`
		SARIF  []byte `json:"sarif"` // base64
	}
	var file struct {
		Runs []analyzed `json:"runs"`
	}
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	if err == nil {
		err = unzip(in.SARIF, &file)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	a := &analysis{ref: in.Ref, commit: in.Commit, runs: file.Runs, due: g.clock().Add(g.ScanLag)}
	for i := range a.runs {
		if g.Refuse != "" && a.runs[i].category() == g.Refuse {
			a.fault = "locationFromSarifResult: expected a physical location"
		}
	}
	repo.scanning.uploads = append(repo.scanning.uploads, a)
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": fmt.Sprintf("upload-%d", len(repo.scanning.uploads))}) // to memory
}

func unzip(src []byte, v any) error {
	r, err := gzip.NewReader(strings.NewReader(string(src)))
	if err != nil {
		return err
	}
	return json.NewDecoder(r).Decode(v)
}

func (g *GitHub) sendUpload(w http.ResponseWriter, r *http.Request, repo *hosted) {
	n := 0
	if _, err := fmt.Sscanf(r.PathValue("upload"), "upload-%d", &n); err != nil || repo == nil || n < 1 || n > len(repo.scanning.uploads) {
		refuse(w, http.StatusNotFound)
		return
	}
	repo.scanning.work(g.clock())
	switch a := repo.scanning.uploads[n-1]; {
	case !a.done:
		sendJSON(w, map[string]any{"processing_status": "pending"})
	case a.fault != "":
		sendJSON(w, map[string]any{"processing_status": "failed", "errors": []any{a.fault}})
	default:
		sendJSON(w, map[string]any{"processing_status": "complete", "analyses_url": "https://github.invalid/analyses"})
	}
}

// work works through the uploads that are due.
func (s *scanning) work(now time.Time) {
	for _, a := range s.uploads {
		if a.done || a.due.After(now) {
			continue
		}
		a.done = true
		seen := map[string]bool{}
		for i := range a.runs {
			key := a.runs[i].Tool.Driver.Name + "\x00" + a.runs[i].category()
			if seen[key] {
				a.fault = "multiple SARIF runs with the same category"
			}
			seen[key] = true
		}
		for i := range a.runs {
			if a.fault == "" {
				s.take(a, &a.runs[i])
			}
		}
	}
}

// take opens an alert for each result that has none, and fixes those of the category that have no result.
func (s *scanning) take(a *analysis, run *analyzed) {
	key := place{a.ref, run.category()}
	had := map[*alert]bool{}
	for _, res := range run.Results {
		at := res.Locations[0].Physical
		id := strings.Join([]string{run.Tool.Driver.Name, res.RuleID, at.Artifact.URI, res.Prints["primaryLocationLineHash"]}, "\x00")
		i := slices.IndexFunc(s.alerts, func(al *alert) bool { return al.id == id })
		if i < 0 {
			i = len(s.alerts)
			s.alerts = append(s.alerts, &alert{id: id, number: i + 1, tool: run.Tool.Driver.Name, rule: res.RuleID, at: map[place]*instance{}})
		}
		had[s.alerts[i]] = true
		s.alerts[i].at[key] = &instance{commit: a.commit, message: res.Message.Text, path: at.Artifact.URI, region: at.Region}
	}
	for _, al := range s.alerts {
		if is := al.at[key]; is != nil && !had[al] {
			is.fixed = true
		}
	}
}

// Alerts are those of a ref, by their numbers.
func (g *GitHub) Alerts(repo int64, ref string) []Alert {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].scanning.work(g.clock())
	var all []Alert
	for _, al := range g.repos[repo].scanning.alerts {
		where, is := al.on(ref)
		if is == nil {
			continue
		}
		out := Alert{
			Number: al.number, State: al.state(is), Rule: al.rule, Category: where.category, Path: is.path, Line: is.region.StartLine,
			Message: is.message, Commit: is.commit,
		}
		if d := al.dismissal; d != nil {
			out.Reason, out.Comment, out.DismissedByHuman = d.reason, d.comment, d.by != Bot
		}
		all = append(all, out)
	}
	return all
}

// places are where an alert is, sorted.
func (al *alert) places() []place {
	return slices.SortedFunc(maps.Keys(al.at), func(a, b place) int { return strings.Compare(a.ref+"\x00"+a.category, b.ref+"\x00"+b.category) })
}
