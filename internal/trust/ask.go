package trust

import (
	"errors"
	"regexp"
	"strings"
)

// errTerraform is why Terraform's files aren't compared: they say what somebody means to apply.
var errTerraform = errors.New("this is Terraform's, and only what was applied counts")

// fromTerraform reports whether a text is HCL, or what `terraform show -json` writes. A provider may have a tag of the same name as the
// latter's field.
func fromTerraform(src []byte) bool {
	block := regexp.MustCompile(`(?m)^(?:resource|data|module|provider|terraform|variable|locals|output)\b[^\n:]*\{\s*$`)
	field := regexp.MustCompile(`"terraform_version"\s*:`)
	return block.Match(src) || field.Match(src)
}

// Shown are the commands of the provider's own tools that write what is deployed; nil where there are none. What they write
// is what Deployed reads, but for npm's, which is for a person.
func (d Document) Shown() []string {
	switch b := d.body.(type) {
	case *policy:
		return []string{"aws iam get-role --role-name " + shellWord(b.role.name)}
	case *vaultRole:
		return []string{"vault read -format=json " + shellWord(d.Target)}
	case *gcp:
		provider := "projects/" + b.project + "/locations/global/workloadIdentityPools/" + b.pool + "/providers/" + b.provider
		return []string{
			"gcloud iam workload-identity-pools providers describe " + shellWord(provider) + " --format json",
			"gcloud iam service-accounts get-iam-policy " + shellWord(b.account) + " --format json",
		}
	case *azure:
		return []string{"az ad app federated-credential list --id " + shellWord(b.client) + " --output json"}
	case *kubernetes:
		return []string{"kubectl --namespace " + shellWord(b.namespace) + " get rolebinding " + shellWord(b.role) + " --output yaml"}
	case *stsPolicy:
		repository, path, _ := strings.Cut(d.Target, ":")
		return []string{"gh api " + shellWord("repos/"+repository+"/contents/"+path) + " --header 'Accept: application/vnd.github.raw'"}
	case *registry:
		if b.kind.name == "npm" {
			return []string{"npm trust list " + shellWord(b.pkg)}
		}
	}
	return nil
}
