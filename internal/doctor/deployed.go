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
	for _, command := range doc.Shown() {
		look = append(look, command+" | "+check+" -")
	}
	switch g := w.grant; {
	case g.AWS != nil:
		return "somebody who may read the role at AWS", look
	case g.GCP != nil:
		return "somebody who may read the pool and the service account at Google", look
	case g.Azure != nil:
		return "somebody who may read the application at Entra", look
	case g.Kubernetes != nil:
		return "somebody who may read the API server's --authentication-config, and the namespace's bindings, all of which count", append(look, check+" FILE, with the API server's file")
	case g.GitHub != nil:
		repository, _, _ := strings.Cut(doc.Target, ":")
		return "somebody who may read " + repository, look
	case g.OAuth != nil:
		return "somebody who runs the authorization server", []string{"curfew trust render --grant " + shell(w.name)}
	}
	return "an owner of the package, on the page of its settings", append([]string{"curfew trust render --grant " + shell(w.name)}, doc.Shown()...)
}
