package posture

import "testing"

func TestSecretsContextWhole(t *testing.T) {
	const step = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "
	const whole = " high the whole secrets context is read: the runner is sent every secret of the repository and its organisation" +
		" | name each secret that is needed, `${{ secrets.NAME }}`, in the env of the step that needs it"
	const computed = " medium a secret is read by a computed name in job \"a\": the runner is sent every secret, since any may be meant" +
		" | name the secrets, `${{ secrets.NAME }}`; a choice between some can be written `${{ cond && secrets.A || secrets.B }}`"
	cases{
		{"toJSON", step + `f ${{ toJSON(secrets) }}`, []string{"example.yml:6:27" + whole}},
		{"filter", step + `f ${{ join(secrets.*, ',') }}`, []string{"example.yml:6:25" + whole}},
		{"computed", step + `f ${{ secrets[matrix.x] }}`, []string{"example.yml:6:20" + computed}},
		{"literal index", step + `f ${{ secrets['A'] }} ${{ secrets.B }}`, nil},
		{"another context", step + `f ${{ toJSON(github) }} ${{ toJSON(vars) }}`, nil},
		{"not in an expression", step + `f toJSON(secrets)`, nil},
	}.run(t, "secrets-context-whole")
}

func TestUnredactedSecret(t *testing.T) {
	const step = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: "
	const end = " is taken apart with fromJSON: the log masks the secret as it is stored, not its parts" +
		" | store each part as a secret of its own, or mask each with `::add-mask::` in a step before its first use"
	cases{
		{"part", step + `f ${{ fromJSON(secrets.sa).x }}`, []string{"example.yml:6:29 medium SA" + end}},
		{"within another call", step + `f ${{ format('{0}', FromJson(secrets.SA || '{}').x) }}`, []string{"example.yml:6:43 medium SA" + end}},
		{"whole", step + `f ${{ fromJSON(vars.X)[0] }} ${{ format('{0}', secrets.SA) }} ${{ toJSON(secrets.SA) }}`, nil},
		{"all", step + `f ${{ fromJSON(toJSON(secrets)) }}`, nil},
	}.run(t, "unredacted-secret")
}
