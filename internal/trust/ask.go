package trust

import (
	"bytes"
	"errors"
	"regexp"
)

// errTerraform is why Terraform's files aren't compared: they say what somebody means to apply.
var errTerraform = errors.New("this is Terraform's, and only what was applied counts")

// fromTerraform reports whether a text is HCL, or what `terraform show -json` writes.
func fromTerraform(src []byte) bool {
	block := regexp.MustCompile(`(?m)^(?:resource|data|module|provider|terraform|variable|locals|output)\b[^\n:]*\{\s*$`)
	return block.Match(src) || bytes.Contains(src, []byte(`"terraform_version"`))
}

// Shown is the command of the provider's own tool that writes what is deployed; "" where there is none. Of npm's that is for a
// person to read.
func (d Document) Shown() string {
	switch b := d.body.(type) {
	case *policy:
		return "aws iam get-role --role-name " + shellWord(b.role.name)
	case *vaultRole:
		return "vault read -format=json " + shellWord(d.Target)
	case *gcp:
		return "gcloud iam workload-identity-pools providers describe " + shellWord("projects/"+b.project+"/locations/global/workloadIdentityPools/"+b.pool+"/providers/"+b.provider) + " --format json"
	case *azure:
		return "az ad app federated-credential list --id " + shellWord(b.client) + " --output json"
	case *kubernetes:
		return "kubectl --namespace " + shellWord(b.namespace) + " get rolebinding " + shellWord(b.role) + " --output yaml"
	case *registry:
		if b.kind.name == "npm" {
			return "npm trust list " + shellWord(b.pkg)
		}
	}
	return ""
}
