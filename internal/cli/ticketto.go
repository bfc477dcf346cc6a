package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/curfew-ci/curfew/internal/github"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// ticketTarget is the tracker that --to names.
type ticketTarget struct {
	backend ticket.Backend
	place   func(owner string, o manifest.Owner) (project, why string)
	close   func() error
}

// filesPrefix begins the --to of a folder.
const filesPrefix = "files:"

func isFiles(to string) bool { return strings.HasPrefix(to, filesPrefix) }

// open opens the tracker. Its address is the organisation's to say, so that no change to a repository can send a token
// elsewhere.
func (f *ticketFlags) open(env *Env, in *ticket.Input) (*ticketTarget, error) {
	options := tracker.Options{Client: newClient(), Now: env.Now}
	var systems manifest.Systems
	if in.Policy != nil {
		systems = in.Policy.Systems
	}
	switch {
	case isFiles(f.to):
		return f.openFiles(env, strings.TrimPrefix(f.to, filesPrefix))
	case f.to == "github":
		return f.openGitHub(env, in.Repository, systems.GitHub)
	case f.to == "jira":
		return f.openJira(env, options, systems.Jira)
	case f.to == "servicenow":
		return openServiceNow(env, options, systems.ServiceNow)
	case f.to == "webhook":
		return f.openWebhook(env, options, systems.Webhook)
	case f.to == "ssf":
		return f.openSSF(env, options, systems.SSF)
	}
	return nil, usageError("--to: expected files:DIR, github, jira, servicenow, webhook or ssf, not %q", f.to)
}

func nothing() error { return nil }

// noPlaces are those of a tracker that all tickets go to.
func noPlaces(string, manifest.Owner) (project, why string) { return "", "" }

// openFiles opens a folder. A dry run makes none: it is empty then.
func (f *ticketFlags) openFiles(env *Env, dir string) (*ticketTarget, error) {
	if dir == "" {
		return nil, usageError("--to files:DIR: which folder?")
	}
	if _, err := os.Lstat(dir); f.dryRun && errors.Is(err, fs.ErrNotExist) {
		return &ticketTarget{tracker.NewFiles(emptyStore{}, env.Now), noPlaces, nothing}, nil
	}
	folder, err := ledger.OpenFolder(dir)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	return &ticketTarget{tracker.NewFiles(folder, env.Now), noPlaces, folder.Close}, nil
}

// emptyStore holds nothing and takes nothing.
type emptyStore struct{ ledger.Store }

// List implements ledger.Store.
func (emptyStore) List(context.Context, string, string, int) ([]string, error) { return nil, nil }

func secretOf(env *Env, name string) redact.Secret { return redact.New([]byte(env.Getenv(name))) }

func (f *ticketFlags) openJira(env *Env, o tracker.Options, at *manifest.System) (*ticketTarget, error) {
	if at == nil {
		return nil, errNoPolicy("jira")
	}
	b, err := tracker.NewJira(tracker.JiraOptions{
		Options: o, URL: at.URL, Projects: at.Projects, Type: f.jiraType, Resolution: f.resolution,
		Email: env.Getenv("JIRA_EMAIL"), Token: secretOf(env, "JIRA_TOKEN"),
	})
	if err != nil {
		return nil, usageError("--to jira: %w", err)
	}
	place := func(owner string, m manifest.Owner) (project, why string) {
		if m.Tickets != nil {
			project = m.Tickets.Jira
		}
		return project, unplaced(owner, "jira", project, at.Projects)
	}
	return &ticketTarget{b, place, nothing}, nil
}

// openGitHub opens the issues of the repository, and of those that the policy names. The address of the API is the
// platform's to say, as for all that asks it.
func (f *ticketFlags) openGitHub(env *Env, repository string, at *manifest.System) (*ticketTarget, error) {
	o := github.IssuesOptions{Repository: repository, Public: f.publicIssues}
	if at != nil {
		o.Others = at.Projects
	}
	client, err := github.New(github.Config{
		API: env.Getenv("GITHUB_API_URL"), Token: secretOf(env, "GITHUB_TOKEN"), Agent: "curfew/" + Version(), Now: env.Now,
	})
	if err != nil {
		return nil, usageError("--to github: %w", err)
	}
	b, err := github.NewIssues(client, o)
	if err != nil {
		return nil, usageError("--to github: %w", err)
	}
	place := func(owner string, m manifest.Owner) (project, why string) {
		if m.Tickets == nil || m.Tickets.GitHub == "" || strings.EqualFold(m.Tickets.GitHub, repository) {
			return repository, ""
		}
		return m.Tickets.GitHub, unplaced(owner, "github", m.Tickets.GitHub, o.Others)
	}
	return &ticketTarget{b, place, nothing}, nil
}

func openServiceNow(env *Env, o tracker.Options, at *manifest.System) (*ticketTarget, error) {
	if at == nil {
		return nil, errNoPolicy("servicenow")
	}
	b, err := tracker.NewServiceNow(tracker.ServiceNowOptions{
		Options: o, URL: at.URL, Groups: at.Projects, User: env.Getenv("SERVICENOW_USER"), Token: secretOf(env, "SERVICENOW_TOKEN"),
	})
	if err != nil {
		return nil, usageError("--to servicenow: %w", err)
	}
	place := func(owner string, m manifest.Owner) (project, why string) {
		if m.Tickets != nil {
			project = m.Tickets.ServiceNow
		}
		return project, unplaced(owner, "servicenow", project, at.Projects)
	}
	return &ticketTarget{b, place, nothing}, nil
}

// openRecord opens the folder that keeps what was delivered.
func (f *ticketFlags) openRecord(env *Env) (*ticketTarget, *tracker.Files, error) {
	record, err := f.openFiles(env, f.record)
	if err != nil {
		return nil, nil, err
	}
	files, ok := record.backend.(*tracker.Files)
	if !ok {
		return nil, nil, &exitError{ExitUnfinished, errors.New("--record: no folder")}
	}
	return record, files, nil
}

func (f *ticketFlags) openWebhook(env *Env, o tracker.Options, at *manifest.Webhook) (*ticketTarget, error) {
	if at == nil {
		return nil, errNoPolicy("webhook")
	}
	record, files, err := f.openRecord(env)
	if err != nil {
		return nil, err
	}
	b, err := tracker.NewWebhook(o, at.URL, secretOf(env, "WEBHOOK_SECRET"), files)
	if err != nil {
		return nil, errors.Join(usageError("--to webhook: %w", err), record.close())
	}
	return &ticketTarget{b, noPlaces, record.close}, nil
}

// errNoPolicy says that the address of a tracker isn't the command line's to give.
func errNoPolicy(system string) error {
	return usageError("--to %s: nobody says where it is: name its url under systems.%s of the organisation's policy, and give that by --org-policy", system, system)
}

// unplaced says why an owner has no place in a tracker.
func unplaced(owner, system, project string, allowed []string) string {
	switch {
	case owner == "":
		return "nobody owns it: give its identity, or its exception, an owner in the manifest"
	case project == "":
		return fmt.Sprintf("owner %q has no place in %s: give it one by `tickets: { %s: … }` in the manifest", owner, system, system)
	case !slices.Contains(allowed, project):
		return fmt.Sprintf("%s isn't under systems.%s.projects of the organisation's policy", project, system)
	}
	return ""
}
