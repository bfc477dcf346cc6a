package github

import (
	"encoding/json"
	"net/url"
)

// result is one of a run of curfew's own, with what tells its alert from others.
type result struct {
	rule        string
	at          alertPlace
	message     string
	fingerprint string // curfew's
	owner       string
	by          *silencer // nil where it counts
	told        bool      // its file says of each result whether it is silenced
}

// silencer is what silences a finding.
type silencer struct {
	kind, reason, until string
}

// alertPlace is where an alert shows.
type alertPlace struct {
	Path        string `json:"path"`
	StartLine   int    `json:"start_line"`
	StartColumn int    `json:"start_column"`
	EndLine     int    `json:"end_line"`
	EndColumn   int    `json:"end_column"`
}

// ownPrint is the fingerprint of curfew's among a result's.
const ownPrint = "curfew/v1"

// readResult reads a result as internal/report writes it.
func readResult(src json.RawMessage) (result, error) {
	var in struct {
		RuleID  string `json:"ruleId"`
		Message struct {
			Text string `json:"text"`
		} `json:"message"`
		Locations []struct {
			Physical struct {
				Artifact struct {
					URI string `json:"uri"`
				} `json:"artifactLocation"`
				Region struct {
					StartLine   int `json:"startLine"`
					StartColumn int `json:"startColumn"`
					EndLine     int `json:"endLine"`
					EndColumn   int `json:"endColumn"`
				} `json:"region"`
			} `json:"physicalLocation"`
		} `json:"locations"`
		Prints     map[string]string `json:"partialFingerprints"`
		Properties struct {
			Owner string `json:"owner"`
		} `json:"properties"`
		Suppressions []struct {
			Justification string `json:"justification"`
			Properties    struct {
				By    string `json:"by"`
				Until string `json:"until"`
			} `json:"properties"`
		} `json:"suppressions"`
	}
	if err := json.Unmarshal(src, &in); err != nil {
		return result{}, err
	}
	r := result{told: in.Suppressions != nil, rule: in.RuleID, message: in.Message.Text, fingerprint: in.Prints[ownPrint], owner: in.Properties.Owner}
	if len(in.Locations) > 0 { // code scanning shows the first
		at, uri := in.Locations[0].Physical.Region, in.Locations[0].Physical.Artifact.URI
		path, err := url.PathUnescape(uri)
		if err != nil {
			path = uri
		}
		r.at = alertPlace{path, at.StartLine, at.StartColumn, at.EndLine, at.EndColumn}
	}
	for _, s := range in.Suppressions {
		r.by = &silencer{s.Properties.By, s.Justification, s.Properties.Until}
	}
	return r, nil
}
