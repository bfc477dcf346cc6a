package planted

import (
	"encoding/base64"
	"slices"
	"strings"
)

// kind says how to make a credential. § in content marks its place.
type kind struct {
	detector string
	path     string
	content  string
	value    func(maker) string
}

// token makes values of a prefix, cut in two so that it isn't one in this file, and n random characters.
func token(prefix, rest string, n int, alphabet string) func(maker) string {
	return func(m maker) string { return prefix + rest + m.of(n, alphabet) }
}

func pem(label string) func(maker) string {
	return func(m maker) string { return m.pem(label, "\n") }
}

const env = "# settings\nexport SOME_NAME=§\n"

// catalogue lists all kinds.
func catalogue() []kind {
	return slices.Concat(platforms(), registries(), services(), unbranded())
}

// platforms: what hosts code, and clouds.
func platforms() []kind {
	return []kind{
		{"github-pat", "deploy.sh", env, token("gh", "p_", 36, alnum)},
		{"github-oauth", "deploy.sh", env, token("gh", "o_", 36, alnum)},
		{"github-app-token", "deploy.sh", env, token("gh", "s_", 36, alnum)},
		{"github-refresh-token", "deploy.sh", env, token("gh", "r_", 36, alnum)},
		{"github-fine-grained-pat", "deploy.sh", env, func(m maker) string {
			return "github" + "_pat_" + m.of(22, alnum) + "_" + m.of(59, alnum)
		}},
		{"github-app-token-stateless", "deploy.sh", env, func(m maker) string {
			return "gh" + "s_" + m.of(6, digits) + "_" + m.jwt(`{"iss":"github","iat":1760000000,"exp":1760003600}`)
		}},
		{"aws-access-token", ".github/workflows/deploy.yml", "env:\n  AWS_ACCESS_KEY_ID: §\n", token("AK", "IA", 16, upper+"234567")},
		{"aws-secret-access-key", "credentials", "[default]\naws_secret_access_key = §\n", token("", "", 40, base64Letters)},
		{"aws-session-token", "credentials", "[default]\naws_session_token = §\n", token("IQoJb3", "JpZ2lu", 200, base64Letters)},
		{"gcp-api-key", "app.ts", "init({ apiKey: \"§\" });\n", token("AI", "za", 35, alnum)},
		{
			"gcp-service-account-key", "key.json", "{\n  \"type\": \"service_account\",\n  \"private_key_id\": \"" + strings.Repeat("0123456789abcdef", 3)[:40] + "\",\n  \"private_key\": \"§\"\n}\n",
			func(m maker) string { return m.pem("PRIVATE "+"KEY", `\n`) + `\n` },
		},
		{"google-oauth-refresh-token", "firebase.sh", "firebase deploy --token \"§\"\n", token("1/", "/0", 60, urlLetters)},
		{"google-oauth-client-secret", "oauth.json", "{\"client_secret\":\"§\"}\n", token("GOC", "SPX-", 28, alnum)},
		{"google-oauth-access-token", "call.sh", env, token("ya", "29.", 120, urlLetters)},
		{"azure-ad-client-secret", "login.sh", "az login --password '§'\n", func(m maker) string { return m.of(3, alnum) + "8" + "Q~" + m.of(34, alnum) }},
		{"azure-storage-key", "app.config", "AccountName=dev;AccountKey=§;EndpointSuffix=x\n", func(m maker) string { return m.of(86, base64Letters) + "==" }},
		{"azure-devops-personal-access-token", "feed.sh", env, func(m maker) string { return m.of(76, alnum) + "AZ" + "DO" + m.of(4, alnum) }},
		{"azure-identifiable-key", "bus.sh", env, func(m maker) string { return m.of(52, alnum) + "JQ" + "QJ9" + m.of(27, alnum) }},
		{"azure-shared-access-signature", "upload.sh", "azcopy 'https://x.blob.core.windows.net/c?sv=2024-11-04&ss=b&se=2027-01-01&sig=§'\n", func(m maker) string { return m.of(43, alnum) + "%3D" }},
		{"cloudflare-token", "wrangler.sh", env, token("cf", "ut_", 48, alnum)},
		{"digitalocean-pat", "doctl.sh", env, token("dop", "_v1_", 64, hexDigits)},
		{"heroku-api-key-v2", "heroku.sh", env, token("HRKU", "-AA", 58, alnum)},
		{"hashicorp-tf-api-token", ".terraformrc", "credentials \"app.terraform.io\" {\n  token = \"§\"\n}\n", func(m maker) string {
			return m.of(14, alnum) + ".atlas" + "v1." + m.of(67, alnum)
		}},
	}
}

// registries: what publishes packages, and what keeps secrets.
func registries() []kind {
	return []kind{
		{"vault-service-token", "vault.sh", env, token("hv", "s.", 95, alnum)},
		{"vault-batch-token", "vault.sh", env, token("hv", "b.", 150, alnum)},
		{"vault-root-token", "vault.sh", env, token("hv", "s.", 24, alnum)},
		{"openbao-batch-token", "bao.sh", env, token("b.AAA", "AAQ", 140, urlLetters)},
		{"vault-unseal-key", "init.log", "Unseal Key 1: §\n", func(m maker) string { return m.of(44, base64Letters) }},
		{"vault-approle-secret-id", "login.hcl", "secret_id = \"§\"\n", maker.uuid},
		{"npm-access-token", "publish.sh", env, token("np", "m_", 36, alnum)},
		{"npmrc-auth", ".npmrc", "//registry.example.org/:_authToken=§\n", maker.uuid},
		{"pypi-upload-token", ".pypirc", "[pypi]\npassword = §\n", token("pypi-AgEIcHl", "waS5vcmc", 160, urlLetters)},
		{"testpypi-upload-token", ".pypirc", "[testpypi]\npassword = §\n", token("pypi-AgENdGVz", "dC5weXBpLm9yZw", 160, urlLetters)},
		{"rubygems-api-token", "credentials.yml", ":rubygems_api_key: §\n", token("rubygems", "_", 48, hexDigits)},
		{"crates-io-token", "credentials.toml", "[registry]\ntoken = \"§\"\n", token("ci", "o", 32, alnum)},
		{"crates-io-trusted-publishing-token", "publish.sh", env, token("cio", "_tp_", 32, alnum)},
		{"nuget-api-key", "publish.ps1", "dotnet nuget push x.nupkg -k §\n", token("oy", "2", 43, base36)},
		{"docker-hub-personal-access-token", "login.sh", "echo § | docker login --password-stdin\n", token("dckr", "_pat_", 27, alnum)},
		{"docker-hub-organization-access-token", "login.sh", "echo § | docker login --password-stdin\n", token("dckr", "_oat_", 32, alnum)},
		{"docker-config-auth", "config.json", "{\"auths\": {\"registry.example.org\": {\"auth\": \"§\"}}}\n", func(m maker) string {
			return base64.StdEncoding.EncodeToString([]byte("robot:" + m.of(30, alnum)))
		}},
	}
}

// services: what pipelines call.
func services() []kind {
	return []kind{
		{"gitlab-pat", "mirror.sh", env, token("gl", "pat-", 20, alnum)},
		{"slack-bot-token", "notify.sh", env, func(m maker) string {
			return "xo" + "xb-" + m.of(12, "123456789") + "-" + m.of(12, "123456789") + "-" + m.of(24, alnum)
		}},
		{"slack-webhook-url", "notify.sh", "curl -d x §\n", func(m maker) string {
			return "https://hooks.slack" + ".com/services/T" + m.of(8, upper+digits) + "/B" + m.of(10, upper+digits) + "/" + m.of(24, alnum)
		}},
		{"stripe-access-token", "pay.rb", "Stripe.api_key = \"§\"\n", token("sk", "_live_", 32, alnum)},
		{"sendgrid-api-token", "mail.sh", env, token("S", "G.", 66, alnum)},
		{"anthropic-api-key", "agent.sh", env, func(m maker) string { return "sk-ant" + "-api03-" + m.of(93, alnum) + "AA" }},
		{"anthropic-oauth-token", "agent.sh", env, token("sk-ant", "-oat01-", 95, alnum)},
		{"openai-api-key", "agent.sh", env, func(m maker) string { return "sk" + "-proj-" + m.of(74, alnum) + "T3Blbk" + "FJ" + m.of(74, alnum) }},
		{"tailscale-key", "net.sh", env, func(m maker) string { return "tskey" + "-auth-k" + m.of(11, alnum) + "-" + m.of(32, alnum) }},
		{"circleci-token", "ci.sh", env, func(m maker) string { return "CCIP" + "AT_" + m.of(22, alnum) + "_" + m.of(40, hexDigits) }},
		{"buildkite-token", "ci.sh", env, token("bk", "ua_", 40, base36)},
		{"bitbucket-app-password", "ci.sh", env, token("AT", "BB", 32, alnum)},
		{"bitwarden-access-token", "ci.sh", "export BWS_ACCESS_TOKEN=§\n", func(m maker) string {
			return "0." + m.uuid() + "." + m.of(30, alnum) + ":" + m.of(22, base64Letters) + "=="
		}},
		{"supabase-access-token", "ci.sh", env, token("sb", "p_", 40, hexDigits)},
	}
}

// unbranded: what many services use: JWTs, private keys, logins in files.
func unbranded() []kind {
	return []kind{
		{"jwt", "call.sh", env, func(m maker) string { return m.jwt(`{"sub":"robot","iat":1700000000}`) }},
		{"kubernetes-service-account-token", "kubeconfig", "users:\n- name: ci\n  user:\n    token: §\n", func(m maker) string {
			return m.jwt(`{"iss":"kubernetes/serviceaccount","sub":"system:serviceaccount:ci:deployer"}`)
		}},
		{"private-key", "id_rsa", "§\n", pem("RSA PRIVATE " + "KEY")},
		{"putty-private-key", "key.ppk", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 2\n§\nPrivate-MAC: 00\n", func(m maker) string {
			return m.of(64, base64Letters) + "\n" + m.of(43, base64Letters) + "="
		}},
		{"minisign-secret-key", "minisign.key", "untrusted comment: minisign encrypted secret key\n§\n", token("RWRT", "Y0Iy", 200, base64Letters)},
		{"age-secret-key", "keys.txt", "# created: today\n§\n", token("AGE-SECRET", "-KEY-1", 58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")},
		{"netrc-password", ".netrc", "machine git.example.org\n  login robot\n  password §\n", token("", "", 20, alnum)},
		{"url-credentials", "remote.sh", "git clone https://robot:§@git.acme.internal/x.git\n", token("", "", 24, alnum)},
		{"curl-auth-user", "call.sh", "curl -u \"§\" https://api.example.org\n", func(m maker) string { return "robot:" + m.of(20, alnum) }},
		{"curl-auth-header", "call.sh", "curl -H \"Authorization: Basic §\" https://api.example.org\n", token("", "", 40, alnum)},
		{"generic-api-key", "app.py", "api_secret = \"§\"\n", func(m maker) string { return m.of(11, alnum) + "7" + m.of(28, alnum) }},
	}
}
