//go:build e2e

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const gitlabCloudManifest = `version: 1
extends: acme/.github
owners:
  web: { team: "@acme/web" }
defaults: { limits: none }
identities:
  deploy:
    owner: web
    purpose: Deploy the web
    privilege: low
    expires: "2099-06-01"
    runs-as: { workflow: .gitlab-ci.yml, job: deploy }
    claims:
      project_id: "987654"
      ci_config_ref_uri: gitlab.com/acme/web//.gitlab-ci.yml@refs/heads/main
      ref_path: refs/heads/main
      ref_protected: "true"
      environment: production
      pipeline_source: push
    grants:
      aws:
        aws: { role: "ROLE", audience: sts.amazonaws.com, region: us-east-1, endpoint: "MINIO" }
        ttl: 15m
        narrow: policies/releases.json
        when: always
`

// gitlabDeploy puts an object into each bucket by what it is handed, with AWS' own tool where there is one.
const gitlabDeploy = `#!/bin/sh
set -u
printf %s "$AWS_SESSION_TOKEN" >"$KEPT"
for bucket in releases backups; do
  if [ -n "$AWS_TOOL" ]; then
    if "$AWS_TOOL" --endpoint-url "$MINIO" s3api put-object --bucket "$bucket" --key "$CI_COMMIT_SHA" --body deploy.sh >/dev/null
    then answer=200; else answer=403; fi
  else
    answer=$(curl -sS -o /dev/null -w '%{http_code}' --aws-sigv4 "aws:amz:$AWS_REGION:s3" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
      -H "x-amz-security-token: $AWS_SESSION_TOKEN" -T deploy.sh "$MINIO/$bucket/$CI_COMMIT_SHA")
  fi
  echo "$bucket answers $answer"
done
env
echo "session=$AWS_SESSION_TOKEN"
`

// newGitLabCloud is the template's job that deploys to AWS, with a real STS and S3, whose role the session policy narrows to one bucket of two.
func newGitLabCloud(t *testing.T, tool string) (*gitlabSite, *cloud) {
	t.Helper()
	s := newSite(t)
	c := s.newCloud(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*"]}]}`, "releases", "backups")
	g := s.onGitLab(map[string]string{
		".github/curfew.yml":     strings.NewReplacer("ROLE", c.role, "MINIO", c.URL).Replace(gitlabCloudManifest),
		"policies/releases.json": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::releases/*"]}]}`,
		"deploy.sh":              gitlabDeploy,
	})
	g.begin(c, tool)
	return g, c
}

// begin begins another one of the project's jobs.
func (g *gitlabSite) begin(c *cloud, tool string) {
	g.t.Helper()
	g.start("deploy")
	g.env = append(g.env, "MINIO="+c.URL, "AWS_TOOL="+tool, "AWS_EC2_METADATA_DISABLED=true")
}

// TestE2EGitLabCloud runs the template's job that deploys to AWS: its script has a session for the job's own ID token, narrowed as the
// manifest says, none of the job's tokens, and the records say until when the session lives.
func TestE2EGitLabCloud(t *testing.T) {
	for name, tool := range map[string]string{"as AWS signs": "", "by AWS' tool": os.Getenv("CURFEW_AWS")} {
		t.Run(name, func(t *testing.T) {
			if tool == "" && strings.HasPrefix(name, "by") {
				t.Skip("SKIPPED: CURFEW_AWS names no aws: run make e2e")
			}
			g, c := newGitLabCloud(t, tool)
			out, err := g.script(lines(t, g.job, "script")...)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			session, err := os.ReadFile(filepath.Join(g.temp, "kept"))
			if err != nil {
				t.Fatal(err)
			}
			end := sessionEnd(t, string(session))
			for _, has := range []string{
				"releases answers 200\n", "backups answers 403\n", "session=[redacted]", "AWS_SECRET_ACCESS_KEY=[redacted]", "DEPLOY_TO=here",
				"expire-only until " + end.Format(time.RFC3339), "aren't sealed",
			} {
				if !strings.Contains(out, has) {
					t.Errorf("%s isn't in\n%s", has, out)
				}
			}
			for _, not := range []string{"ID_TOKEN", "CI_JOB_TOKEN", "eyJ", "revoked", string(session)} {
				if strings.Contains(out, not) {
					t.Errorf("%s is in\n%s", not, out)
				}
			}
			if _, ok := c.has(t, "/releases/"+g.commit); !ok {
				t.Error("nothing was deployed")
			}
			if _, ok := c.has(t, "/backups/"+g.commit); ok {
				t.Error("the session policy doesn't hold")
			}
			if out, err := g.script(lines(t, template(t).Get(".curfew lease"), "after_script")...); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			all := g.recordsIn(filepath.Join(g.clone, "curfew-ledger"))
			if types(all) != "intent issued expire-only" || !all[2].Credential.NotAfter.Equal(end) || all[1].Task.Attempt != 33344455566 {
				t.Errorf("records %s: %+v", types(all), all)
			}
		})
	}
}

// TestE2EGitLabCloudDenied: a job that isn't the manifest's gets no session from a role that would give it one: a merge request's pipeline, an
// unprotected branch, another environment, configuration or project. Nor does one that was given no token for AWS.
func TestE2EGitLabCloudDenied(t *testing.T) {
	g, c := newGitLabCloud(t, "")
	usual := g.claims
	for claim, value := range map[string]string{
		"pipeline_source": "merge_request_event", "ref_protected": "false", "environment": "staging",
		"ci_config_ref_uri": "gitlab.com/acme/web//other.yml@refs/heads/main", "project_id": "987655",
	} {
		g.claims = map[string]any{}
		for name, v := range usual {
			g.claims[name] = v
		}
		g.claims[claim] = value
		g.begin(c, "")
		g.refused(c, claim)
	}
	g.claims = usual
	g.begin(c, "")
	for i, v := range g.env {
		if strings.HasPrefix(v, "CURFEW_ID_TOKEN_AWS=") {
			g.env[i] = "UNUSED="
		}
	}
	g.refused(c, "sts.amazonaws.com")
}

// refused expects that the job's script isn't run, and to be told why.
func (g *gitlabSite) refused(c *cloud, says string) {
	g.t.Helper()
	out, err := g.script(lines(g.t, g.job, "script")...)
	if err == nil || !strings.Contains(out, says) || strings.Contains(out, "answers") || strings.Contains(out, "eyJ") {
		g.t.Errorf("%s: %v\n%s", says, err, out)
	}
	if _, ok := c.has(g.t, "/releases/"+g.commit); ok {
		g.t.Errorf("%s: it deployed", says)
	}
}
