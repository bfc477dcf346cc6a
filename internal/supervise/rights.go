package supervise

import (
	"slices"
	"strings"
)

// Right is a variable that gives whoever reads it rights of the job's own. Where the name ends with "*" there may be several
// that begin with it.
type Right struct{ Name, Why string }

// names reports whether it is of the variable of a name.
func (r Right) names(name string) bool {
	if begin, several := strings.CutSuffix(r.Name, "*"); several {
		return strings.HasPrefix(key(name), key(begin))
	}
	return key(name) == key(r.Name)
}

// Rights lists the variables that a command doesn't get unless it is told to keep them. The command has a credential of
// its own: with these it could get any other. Addresses that are of no use without a token aren't listed
// (ACTIONS_RUNTIME_URL, ACTIONS_RESULTS_URL, VAULT_ADDR), nor GITHUB_ENV and its kin, which name files that every
// process of the job can write anyway. GitLab's id_tokens have names of the job's choice: of those only curfew's own are known
// here, and who starts a command knows the others by what they hold.
func Rights() []Right { return slices.Concat(platformRights(), cloudRights(), otherRights()) }

// platformRights are those that the CI platform gives a job.
func platformRights() []Right {
	return []Right{
		{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GitHub: mints the job's ID token for any audience"},
		{"ACTIONS_ID_TOKEN_REQUEST_URL", "GitHub: where that token is minted; it names the run"},
		{"ACTIONS_RUNTIME_TOKEN", "GitHub: writes the job's caches and artifacts, which later jobs trust"},
		{"GITHUB_TOKEN", "GitHub: the job's own permissions"},
		{"GH_TOKEN", "GitHub: the same, by the name that gh reads first"},
		{"GITHUB_ENTERPRISE_TOKEN", "GitHub: the same, on an enterprise server"},
		{"GH_ENTERPRISE_TOKEN", "GitHub: the same, on an enterprise server, by gh's name"},
		{"CURFEW_ID_TOKEN*", "GitLab: the job's ID tokens, curfew's and those for providers"},
		{"CI_JOB_TOKEN", "GitLab: the job's own permissions"},
		{"CI_REPOSITORY_URL", "GitLab: holds the job's token"},
		{"CI_REGISTRY_PASSWORD", "GitLab: the job's token, for the container registry"},
		{"CI_DEPENDENCY_PROXY_PASSWORD", "GitLab: the job's token, for the dependency proxy"},
		{"CI_DEPLOY_PASSWORD", "GitLab: a deploy token"},
		{"CI_JOB_JWT", "GitLab before 17: an ID token"},
		{"CI_JOB_JWT_V1", "GitLab before 17: an ID token"},
		{"CI_JOB_JWT_V2", "GitLab before 17: an ID token"},
		{"BUILDKITE_AGENT_ACCESS_TOKEN", "Buildkite: the agent's rights, ID tokens among them"},
		{"BUILDKITE_AGENT_JOB_API_TOKEN", "Buildkite: changes the job's environment"},
		{"CIRCLE_OIDC_TOKEN", "CircleCI: an ID token"},
		{"CIRCLE_OIDC_TOKEN_V2", "CircleCI: an ID token"},
		{"BITBUCKET_STEP_OIDC_TOKEN", "Bitbucket: an ID token"},
		{"SYSTEM_ACCESSTOKEN", "Azure Pipelines: the job's own permissions"},
	}
}

// cloudRights are logins at clouds, by the names of their tools, their SDKs and Terraform.
func cloudRights() []Right {
	return []Right{
		{"AWS_ACCESS_KEY_ID", "AWS: the job's own login; half of it would be taken together with half of another"},
		{"AWS_SECRET_ACCESS_KEY", "AWS: the job's own login"},
		{"AWS_SESSION_TOKEN", "AWS: the job's own login"},
		{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS: a token that logs in to roles"},
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS: gives the container's role to who asks"},
		{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS: gives the container's role to who asks"},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS: what that asks for"},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS: where what that asks for stands"},
		{"GOOGLE_APPLICATION_CREDENTIALS", "Google Cloud: a file with a key, or that mints tokens"},
		{"GOOGLE_GHA_CREDS_PATH", "Google Cloud: the same file, by google-github-actions/auth's name"},
		{"CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", "Google Cloud: the same file, by gcloud's name"},
		{"CLOUDSDK_AUTH_ACCESS_TOKEN", "Google Cloud: the job's own login"},
		{"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "Google Cloud: where that stands"},
		{"GOOGLE_OAUTH_ACCESS_TOKEN", "Google Cloud: the job's own login, by Terraform's name"},
		{"GOOGLE_CREDENTIALS", "Google Cloud: a key, or a file with one, by Terraform's name"},
		{"GOOGLE_CLOUD_KEYFILE_JSON", "Google Cloud: the same"},
		{"GCLOUD_KEYFILE_JSON", "Google Cloud: the same"},
		{"AZURE_FEDERATED_TOKEN_FILE", "Azure: a token that logs in"},
		{"AZURE_ACCESS_TOKEN", "Azure: the job's own login"},
		{"AZURE_CLIENT_SECRET", "Azure: the job's own login"},
		{"AZURE_CLIENT_CERTIFICATE_PATH", "Azure: a certificate with its key, which the SDKs would take first"},
		{"AZURE_PASSWORD", "Azure: a user's password"},
		{"ARM_CLIENT_SECRET", "Azure: the same, by Terraform's name"},
		{"ARM_CLIENT_CERTIFICATE", "Azure: a certificate with its key, by Terraform's name"},
		{"ARM_CLIENT_CERTIFICATE_PATH", "Azure: where that stands"},
		{"ARM_OIDC_TOKEN", "Azure: a token that logs in, by Terraform's name"},
		{"ARM_OIDC_TOKEN_FILE_PATH", "Azure: where that stands"},
		{"ARM_OIDC_REQUEST_TOKEN", "Azure: mints the job's ID token, by Terraform's name"},
	}
}

// otherRights are logins where approvals, secrets, clusters and packages are.
func otherRights() []Right {
	return []Right{
		{"JIRA_TOKEN", "Jira: where tickets approve jobs"},
		{"SERVICENOW_TOKEN", "ServiceNow: where change requests approve jobs"},
		{"VAULT_TOKEN", "Vault, OpenBao: the job's own login"},
		{"BAO_TOKEN", "OpenBao: the job's own login"},
		{"KUBECONFIG", "Kubernetes: a file with a login, or that names one"},
		{"KUBE_CONFIG_PATH", "Kubernetes: the same file, by Terraform's name"},
		{"KUBE_CONFIG_PATHS", "Kubernetes: several such files"},
		{"KUBE_TOKEN", "Kubernetes: the job's own login, by Terraform's name"},
		{"KUBE_PASSWORD", "Kubernetes: the same"},
		{"KUBE_CLIENT_KEY_DATA", "Kubernetes: a certificate's key"},
		{"NODE_AUTH_TOKEN", "npm: publishes, by the name that setup-node's .npmrc reads"},
		{"NPM_TOKEN", "npm: the same"},
		{"TWINE_PASSWORD", "PyPI: uploads, by twine's name"},
		{"UV_PUBLISH_TOKEN", "PyPI: the same, by uv's name"},
		{"UV_PUBLISH_PASSWORD", "PyPI: the same"},
		{"CARGO_REGISTRY_TOKEN", "crates.io: publishes"},
		{"CARGO_REGISTRIES_CRATES_IO_TOKEN", "crates.io: the same"},
		{"OAUTH_ACCESS_TOKEN", "a server's access token, as a lease hands it over"},
	}
}
