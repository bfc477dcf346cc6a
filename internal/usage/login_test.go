package usage

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// steps is a job with the given steps, each a flow mapping, under env.
func steps(env string, list ...string) string {
	src := "on: push\npermissions: {}\nenv: {" + env + "}\njobs:\n  j:\n    runs-on: x\n    steps:\n"
	for _, s := range list {
		src += "      - " + s + "\n"
	}
	return src
}

// logins drops the lines of describe that tell of other things, and the places.
func logins(t *testing.T, src string) string {
	t.Helper()
	var out []string
	for line := range strings.SplitSeq(describe(Collect(parse(src), knowledge(t))), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "login") || strings.HasPrefix(line, "publish") {
			head, tail, _ := strings.Cut(line, " at ")
			_, tail, more := strings.Cut(tail, " ")
			if head = strings.TrimSpace(head); more {
				head += ": " + tail
			}
			out = append(out, head)
		}
	}
	return strings.Join(out, "\n")
}

func TestLogins(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"oidc": {
			steps("", `{uses: aws-actions/configure-aws-credentials@v6, with: {role-to-assume: "arn:r", aws-region: eu, role-duration-seconds: 900}}`),
			"login aws aws-actions/configure-aws-credentials: static [] oidc [role-to-assume] role=arn:r for 900s",
		},
		"static": {
			steps("", `{uses: AWS-Actions/configure-aws-credentials@v6, with: {aws-access-key-id: "${{ secrets.ID }}", aws-secret-access-key: "${{ secrets.KEY }}", role-to-assume: "arn:r"}}`),
			"login aws aws-actions/configure-aws-credentials: static [aws-access-key-id:ID aws-secret-access-key:KEY] oidc [] role=arn:r for 3600s",
		},
		"chained from another step": {
			steps("", `{uses: aws-actions/configure-aws-credentials@v6, with: {aws-access-key-id: "${{ steps.a.outputs.id }}", role-to-assume: "arn:r", role-chaining: "true"}}`),
			"",
		},
		"through env": {
			steps(`KEY: "${{ secrets.SA }}", WIP: projects/1`, `{uses: google-github-actions/auth@v3, with: {credentials_json: "${{ env.KEY }}"}}`,
				`{uses: google-github-actions/auth@v3, with: {workload_identity_provider: "${{ env.WIP }}", access_token_lifetime: 300s}}`),
			"login gcp google-github-actions/auth: static [credentials_json:SA] oidc [] for 3600s\n" +
				"login gcp google-github-actions/auth: static [] oidc [workload_identity_provider] provider=projects/1 for 300s",
		},
		"composed": {
			steps("", `{uses: azure/login@v2, with: {creds: '{"clientSecret":"${{ secrets.S }}","clientId":"${{ secrets.I }}"}'}}`),
			"login azure azure/login: static [creds:S+I] oidc []",
		},
		"managed identity": {
			steps("", `{uses: azure/login@v2, with: {auth-type: IDENTITY, client-id: a, tenant-id: b}}`),
			"",
		},
		"vault": {
			steps("", `{uses: hashicorp/vault-action@v3, with: {url: "https://v", method: jwt, role: ci}}`, `{uses: hashicorp/vault-action@v3, with: {url: "https://v", token: "${{ secrets.VT }}"}}`),
			"login vault hashicorp/vault-action: static [] oidc [method role] role=ci address=https://v\n" +
				"login vault hashicorp/vault-action: static [token:VT] oidc [] address=https://v",
		},
		"registry of a cloud": {
			steps("REG: 1.dkr.ecr.eu-west-1.amazonaws.com", `{uses: docker/login-action@v3, with: {registry: "${{ env.REG }}", username: "${{ secrets.ID }}", password: "${{ secrets.KEY }}"}}`),
			"login aws docker/login-action: static [password:KEY] oidc []",
		},
		"registry with the job's token": {
			steps("", `{uses: docker/login-action@v3, with: {registry: ghcr.io, username: a, password: "${{ secrets.GITHUB_TOKEN }}"}}`),
			"",
		},
		"environment": {
			steps(`AWS_SECRET_ACCESS_KEY: "${{ secrets.KEY }}", AWS_ACCESS_KEY_ID: "${{ secrets.ID }}"`, `{run: make}`),
			"login aws: static [AWS_SECRET_ACCESS_KEY:KEY AWS_ACCESS_KEY_ID:ID] oidc []",
		},
		"environment of a test server": {
			steps("", `{run: make, env: {AWS_SECRET_ACCESS_KEY: minioadmin}}`),
			"",
		},
		"environment for another maker's store": {
			steps("", `{run: make, env: {AWS_SECRET_ACCESS_KEY: "${{ secrets.R2 }}", AWS_ENDPOINT_URL: "https://x"}}`,
				`{run: aws s3 cp --endpoint-url https://x a b, env: {AWS_SECRET_ACCESS_KEY: "${{ secrets.R2 }}"}}`),
			"",
		},
		"environment by oidc": {
			steps(`ARM_USE_OIDC: true, ARM_CLIENT_ID: "${{ secrets.ID }}"`, `{run: terraform plan, env: {ARM_CLIENT_SECRET: "${{ secrets.S }}"}}`),
			"login azure: static [] oidc [ARM_USE_OIDC]\nlogin azure: static [ARM_CLIENT_SECRET:S] oidc []",
		},
		"commands": {
			steps("", `{run: "az login --service-principal -u ${{ secrets.ID }} -p $PW", env: {PW: "${{ secrets.PW }}"}}`,
				`{run: "az login --service-principal -u ${{ secrets.ID }} --federated-token $T"}`,
				`{run: "echo $PW | docker login acme.azurecr.io -u x --password-stdin", env: {PW: "${{ secrets.PW }}"}}`,
				`{run: "echo $PW2 | docker login acme.azurecr.io -u x --password-stdin", env: {PW: "${{ secrets.PW }}"}}`),
			"login azure: static [run:ID PW:PW] oidc []\nlogin azure: static [PW:PW] oidc []",
		},
		"publishing": {
			steps(`NODE_AUTH_TOKEN: "${{ secrets.NPM }}"`, `{run: npm publish}`, `{run: npm publish --dry-run}`, `{run: "# npm publish"}`, `{run: pnpm publish}`,
				`{uses: pypa/gh-action-pypi-publish@v1, with: {password: "${{ secrets.PYPI }}"}}`, `{uses: pypa/gh-action-pypi-publish@v1}`,
				`{run: "cd x && cargo publish"}`, `{run: my-npm publish; echo npm publisher}`),
			"publish npm: with [NODE_AUTH_TOKEN:NPM]\npublish npm: with [NODE_AUTH_TOKEN:NPM]\npublish pypi: with [password:PYPI]\npublish pypi\npublish crates",
		},
		"local action": {
			steps("", `{uses: ./deploy, with: {key: "${{ secrets.KEY }}"}}`, `{uses: ./deploy/, with: {Role: "arn:r"}}`) + `
-- deploy/action.yml --
inputs:
  key: {}
  id: { default: "${{ inputs.key }}" }
  role: {}
runs:
  using: composite
  steps:
    - uses: aws-actions/configure-aws-credentials@v6
      with: { aws-access-key-id: "${{ inputs.id }}", aws-secret-access-key: "${{ inputs.key }}", role-to-assume: "${{ inputs.role }}" }
`,
			"login aws aws-actions/configure-aws-credentials: static [aws-access-key-id:KEY aws-secret-access-key:KEY] oidc [] for 3600s\n" +
				"login aws aws-actions/configure-aws-credentials: static [] oidc [role-to-assume] role=arn:r for 3600s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := logins(t, c.src); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestInputsPlace(t *testing.T) {
	repo := Collect(parse(steps("", `{uses: ./deploy, with: {key: "${{ secrets.KEY }}"}}`)+`
-- deploy/action.yaml --
runs:
  using: composite
  steps:
    - run: vault login $T
      env: { T: "${{ inputs.key }}" }
`), knowledge(t))
	l := repo.Jobs[0].Logins[0]
	if got := l.Region.String() + " " + l.Static[0].Region.String(); got != "deploy/action.yaml:4:12 .github/workflows/ci.yml:8:38" {
		t.Errorf("the login stands in the action, its credential in the workflow: %s", got)
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]int{"3600": 3600, "3600s": 3600, " 15m ": 900, "1h": 3600, "soon": 0, "": 0} {
		if got := seconds(text, time.Second); got != want {
			t.Errorf("%q: %d seconds, want %d", text, got, want)
		}
	}
	if got := seconds("2", time.Hour); got != 7200 {
		t.Errorf("2 in hours: %d seconds", got)
	}
}

func TestGiven(t *testing.T) {
	repo := Collect(parse(`
on: push
permissions: {}
env: { WIDE: "${{ secrets.WIDE }}" }
jobs:
  j:
    runs-on: x
    steps:
      - uses: acme/a@v1
        with: { token: "${{ env.WIDE }}", own: "${{ github.token }}", plain: x }
        env: { KEY: "${{ secrets.KEY }}" }
      - uses: docker://acme/image
        env: { KEY: "${{ secrets.KEY }}" }
      - uses: ./local
        with: { key: "${{ secrets.KEY }}" }
      - run: make
        env: { KEY: "${{ secrets.KEY }}" }
  call:
    uses: acme/b/.github/workflows/c.yml@v1
    secrets: { token: "${{ secrets.MINE }}" }
-- local/action.yml --
runs:
  using: composite
  steps:
    - uses: acme/inner@v1
      with: { token: "${{ inputs.key }}" }
`), knowledge(t))
	got := ""
	for _, j := range repo.Jobs {
		for _, g := range j.Given {
			got += fmt.Sprintf("%s to %s at %s\n", inputs([]Input{g.Input}), g.To.Value.Value, g.Input.Region)
		}
	}
	want := `[token:WIDE] to acme/a@v1 at .github/workflows/ci.yml:4:14
[KEY:KEY] to acme/a@v1 at .github/workflows/ci.yml:11:21
[KEY:KEY] to docker://acme/image at .github/workflows/ci.yml:13:21
[token:KEY] to acme/inner@v1 at .github/workflows/ci.yml:15:22
[token:MINE] to acme/b/.github/workflows/c.yml@v1 at .github/workflows/ci.yml:20:23
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
