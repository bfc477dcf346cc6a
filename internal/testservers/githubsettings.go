package testservers

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// settings are what an inventory lists of a repository or an organisation, by the end of its address: a list's items,
// or one document.
type settings map[string]any

// Add puts an item on a list of a repository, such as "actions/secrets" or "environments/production/secrets". It has
// the members that GitHub describes; what is left out and is always there is filled in.
func (g *GitHub) Add(repo int64, list string, items ...map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].add(list, items)
}

// AddOrg puts an item on a list of an organisation, such as "actions/secrets" or "installations".
func (g *GitHub) AddOrg(org, list string, items ...map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.organisation(org).add(list, items)
}

// Set lays down a document of a repository, such as "actions/permissions/workflow"; nil takes it away.
func (g *GitHub) Set(repo int64, document string, v map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.repos[repo].set(document, v)
}

// SetOrg lays down a document of an organisation.
func (g *GitHub) SetOrg(org, document string, v map[string]any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.organisation(org).set(document, v)
}

func (g *GitHub) organisation(login string) settings {
	if g.orgs[login] == nil {
		g.orgs[login] = settings{}
	}
	return g.orgs[login]
}

func (s settings) add(list string, items []map[string]any) {
	all, _ := s[list].([]map[string]any)
	s[list] = slices.Concat(all, items)
}

func (s settings) set(document string, v map[string]any) {
	delete(s, document)
	if v != nil {
		s[document] = v
	}
}

// wrapped says by which member an answer holds a list; lists that aren't here are bare arrays.
func wrapped(list string) (member string, is bool) {
	switch last := list[strings.LastIndex(list, "/")+1:]; last {
	case "secrets", "variables", "environments", "runners", "installations":
		return last, true
	case "organization-secrets", "organization-variables":
		return strings.TrimPrefix(last, "organization-"), true
	case "runner-groups":
		return "runner_groups", true
	case "deployment-branch-policies":
		return "branch_policies", true
	case "keys", "hooks", "teams", "alerts", "rulesets", "personal-access-tokens", "personal-access-token-requests":
		return "", true
	}
	return "", strings.HasPrefix(list, "rules/branches/")
}

// jobMay reports whether a job's token reads it; of secrets and settings it reads nothing.
func jobMay(setting string) bool {
	return setting == "environments" || setting == "codeowners/errors" || strings.HasPrefix(setting, "rules/branches/") || strings.HasPrefix(setting, "rulesets/")
}

func (g *GitHub) sendSetting(w http.ResponseWriter, r *http.Request, repo *hosted) {
	setting := r.PathValue("setting")
	below, isBelow := strings.CutPrefix(setting, "environments/")
	switch {
	case repo == nil, isBelow && !repo.has(path.Dir(below)):
		refuse(w, http.StatusNotFound)
	case r.Header.Get("Authorization") != "Bearer "+g.Metadata && !jobMay(setting):
		refuse(w, http.StatusForbidden)
	default:
		g.sendAny(w, r, repo.settings, setting)
	}
}

// has reports whether a repository has an environment.
func (h *hosted) has(environment string) bool {
	all, _ := h.settings["environments"].([]map[string]any)
	return slices.ContainsFunc(all, func(e map[string]any) bool { return e["name"] == environment })
}

func (g *GitHub) sendOrgSetting(w http.ResponseWriter, r *http.Request) {
	switch of, ok := g.orgs[r.PathValue("org")]; {
	case !ok:
		refuse(w, http.StatusNotFound)
	case r.Header.Get("Authorization") != "Bearer "+g.Metadata:
		refuse(w, http.StatusForbidden)
	default:
		g.sendAny(w, r, of, r.PathValue("setting"))
	}
}

func (g *GitHub) sendAny(w http.ResponseWriter, r *http.Request, of settings, setting string) {
	if member, isList := wrapped(setting); isList {
		items, _ := of[setting].([]map[string]any)
		g.sendPage(w, r, member, items)
		return
	}
	document, ok := of[setting].(map[string]any)
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+g.Metadata && strings.HasPrefix(setting, "rulesets/") {
		document = maps.Clone(document)
		delete(document, "bypass_actors") // GitHub tells those only to who may change the ruleset
	}
	sendJSON(w, document)
}

// sendPage sends the page of a list that is asked for, with a link to the next one.
func (g *GitHub) sendPage(w http.ResponseWriter, r *http.Request, member string, items []map[string]any) {
	most := map[bool]int{true: 30, false: 100}[member == "variables"]
	number := func(name string, unless int) int {
		if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && n > 0 {
			return n
		}
		return unless
	}
	size, page := min(number("per_page", 30), most), number("page", 1)
	from := min((page-1)*size, len(items))
	to := min(from+size, len(items))
	if to < len(items) {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf("<%s%s?%s>; rel=\"next\"", g.URL, r.URL.EscapedPath(), query.Encode()))
	}
	said := slices.Clone(items[from:to])
	if said == nil {
		said = []map[string]any{}
	}
	if member == "" {
		sendJSON(w, said)
		return
	}
	sendJSON(w, map[string]any{"total_count": len(items), member: said})
}

// sendBranch sends a branch. It is protected where "branches/NAME/protection" was set.
func (g *GitHub) sendBranch(w http.ResponseWriter, r *http.Request, repo *hosted) {
	branch := r.PathValue("branch")
	if repo == nil || repo.branches[branch] == "" {
		refuse(w, http.StatusNotFound)
		return
	}
	_, protected := repo.settings["branches/"+branch+"/protection"]
	sendJSON(w, map[string]any{
		"name": branch, "protected": protected, "commit": map[string]any{"sha": repo.branches[branch]}, "protection": map[string]any{"enabled": protected},
	})
}

// sendBranches lists the branches, or those that are protected.
func (g *GitHub) sendBranches(w http.ResponseWriter, r *http.Request, repo *hosted) {
	if repo == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	said := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(repo.branches)) {
		_, protected := repo.settings["branches/"+name+"/protection"]
		if protected || r.URL.Query().Get("protected") != "true" {
			said = append(said, map[string]any{"name": name, "protected": protected, "commit": map[string]any{"sha": repo.branches[name]}})
		}
	}
	g.sendPage(w, r, "", said)
}

func (g *GitHub) sendUser(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody's
	login, ok := g.users[id]
	if !ok {
		refuse(w, http.StatusNotFound)
		return
	}
	sendJSON(w, map[string]any{"login": login, "id": id, "user_view_type": "private"}) // which is described by more members than what strangers see
}
