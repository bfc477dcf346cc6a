package doctor

import (
	"strings"

	"github.com/curfew-ci/curfew/internal/trust"
)

// elsewhere is what a provider's owner compares by hand, since no token of this job may read it: who must look, where, and how.
func elsewhere(w *wanted, doc *trust.Document) Finding {
	who, look := lookAt(w, doc)
	return unchecked("needs "+who+": what it has must be what `curfew trust render --grant "+shell(w.name)+"` writes", look...)
}

// lookAt is who may see what is deployed, and by what.
func lookAt(w *wanted, doc *trust.Document) (who string, look []string) {
	check := "curfew trust check --grant " + shell(w.name)
	switch g := w.grant; {
	case g.AWS != nil:
		name := doc.Target[strings.LastIndexByte(doc.Target, '/')+1:]
		return "somebody who may read the role at AWS", []string{"aws iam get-role --role-name " + shell(name) + " --query Role.AssumeRolePolicyDocument | " + check + " -"}
	case g.GCP != nil:
		return "somebody who may read the pool and the service account at Google", []string{
			"gcloud iam workload-identity-pools providers describe " + shell(g.GCP.Provider) + " --format json | " + check + " -",
			"gcloud iam service-accounts get-iam-policy " + shell(g.GCP.ServiceAccount) + " --format json | " + check + " -",
		}
	case g.Azure != nil:
		return "somebody who may read the application at Entra", []string{"az ad app federated-credential list --id " + shell(g.Azure.Client) + " --output json | " + check + " -"}
	case g.Kubernetes != nil:
		namespace := g.Kubernetes.Namespace
		if namespace == "" {
			namespace = "default"
		}
		return "somebody who may read the API server's --authentication-config, and the namespace's bindings",
			[]string{check + " FILE, with the API server's file", "kubectl --namespace " + shell(namespace) + " get rolebindings --output yaml"}
	case g.GitHub != nil:
		repository, path, _ := strings.Cut(doc.Target, ":")
		return "somebody who may read " + repository, []string{"gh api " + shell("repos/"+repository+"/contents/"+path) + " --header 'Accept: application/vnd.github.raw' | " + check + " -"}
	case g.OAuth != nil:
		return "somebody who runs the authorization server", []string{"curfew trust render --grant " + shell(w.name)}
	}
	return "an owner of the package, on the page of its settings", []string{"curfew trust render --grant " + shell(w.name)}
}
