package identity

import "strings"

// Subject is a token's subject. The formats are:
//
//	repo:OWNER/REPO:CONTEXT            by names, which can be recycled
//	repo:OWNER@ID/REPO@ID:CONTEXT      by names and ids: the default for repositories created, renamed
//	                                   or transferred after 2026-07-15
//	project_path:GROUP/…/PROJECT:CONTEXT
//
// A ":" within a value is written "%3A".
type Subject struct {
	Scheme    string // "repo" or "project_path"
	Owner     string // account, or group with its subgroups
	OwnerID   string // "" in a subject by names
	Project   string
	ProjectID string // "" in a subject by names
	Context   string // the rest as it stands: "ref:refs/heads/main", "environment:production", "pull_request"
}

// ParseSubject reads a subject; false where it has none of the formats, as customised ones may.
func ParseSubject(sub string) (Subject, bool) {
	scheme, rest, _ := strings.Cut(sub, ":")
	if scheme != "repo" && scheme != "project_path" {
		return Subject{}, false
	}
	path, context, ok := strings.Cut(rest, ":")
	slash := strings.LastIndexByte(path, '/')
	if !ok || context == "" || slash <= 0 || slash == len(path)-1 {
		return Subject{}, false
	}
	s := Subject{Scheme: scheme, Owner: path[:slash], Project: path[slash+1:], Context: context}
	if scheme == "project_path" {
		return s, true
	}
	if strings.Contains(s.Owner, "/") {
		return Subject{}, false
	}
	if !strings.Contains(path, "@") {
		return s, true
	}
	var okOwner, okProject bool
	s.Owner, s.OwnerID, okOwner = cutID(s.Owner)
	s.Project, s.ProjectID, okProject = cutID(s.Project)
	return s, okOwner && okProject
}

// cutID splits NAME@ID.
func cutID(s string) (name, id string, ok bool) {
	name, id, _ = strings.Cut(s, "@")
	return name, id, name != "" && id != "" && strings.Trim(id, "0123456789") == ""
}

// Immutable reports whether the subject carries ids.
func (s Subject) Immutable() bool { return s.OwnerID != "" && s.ProjectID != "" }

// ByNames is the same subject without its ids.
func (s Subject) ByNames() Subject {
	s.OwnerID, s.ProjectID = "", ""
	return s
}

// String is the subject as the token has it.
func (s Subject) String() string {
	if s.Immutable() {
		return s.Scheme + ":" + s.Owner + "@" + s.OwnerID + "/" + s.Project + "@" + s.ProjectID + ":" + s.Context
	}
	return s.Scheme + ":" + s.Owner + "/" + s.Project + ":" + s.Context
}
