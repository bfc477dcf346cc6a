package posture

import "testing"

// TestAppKeyAdvice: whoever stores an App's key is told how to do without the key, not to do what he does already.
func TestAppKeyAdvice(t *testing.T) {
	const workflow = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: "
	const advice = "use the job's GITHUB_TOKEN with the `permissions:` that it needs where that will do; where it won't, let octo-sts hold the App's key" +
		" and exchange the job's ID token for the App's token"
	cases{
		{
			"GitHub's own action", workflow + "actions/create-github-app-token@v2\n        with: { app-id: 1, private-key: \"${{ secrets.APP_PRIVATE_KEY }}\" }", []string{
				"example.yml:8:46 high APP_PRIVATE_KEY is read by job \"a\", and there is no manifest that entitles anything to it | " + advice +
					"; or run `curfew init`, which writes .github/curfew.yml from what the workflows use today",
			},
		},
	}.run(t, "secret-unentitled")
	cases{
		{
			"somebody's", workflow + "tibdex/github-app-token@v2\n        with: { app_id: 1, private_key: \"${{ secrets.APP_PRIVATE_KEY }}\" }", []string{
				"example.yml:8:41 medium GitHub credential APP_PRIVATE_KEY is handed to tibdex/github-app-token, an action of tibdex that documents it | " + advice +
					"; at least pin tibdex/github-app-token to a commit; or register APP_PRIVATE_KEY as an exception of the job's identity, with an owner and an end",
			},
		},
	}.run(t, "third-party-credential")
}
