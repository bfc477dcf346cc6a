package cli

import (
	"net/url"
	"regexp"

	"github.com/curfew-ci/curfew/internal/scan"
)

// repositoryForm is what a repository may be called: it stands in results and tickets, and tells them apart.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._-]{1,100}){1,4}$`)

// repositoryOf is OWNER/NAME by a flag, else the job's own; "" where neither says.
func repositoryOf(env *Env, flag string) string {
	if flag != "" {
		return flag
	}
	return env.Getenv(ciOf(env).project)
}

// scanJobOf is what the job says of itself. What is no name is left out: it would stand in the result.
func scanJobOf(env *Env) scan.Job {
	c := ciOf(env)
	j := scan.Job{Repository: repositoryOf(env, ""), RepositoryID: env.Getenv(c.projectID), Ref: c.ref(env), Commit: env.Getenv(c.commit)}
	if !repositoryForm.MatchString(j.Repository) {
		j.Repository, j.RepositoryID = "", ""
	}
	if server, err := url.Parse(env.Getenv(c.server)); err == nil {
		j.Host = server.Hostname()
	}
	return j
}
