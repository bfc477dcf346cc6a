package trust

import (
	"slices"
	"time"

	"github.com/curfew-ci/curfew/internal/identity"
)

// Form is how a document is written.
type Form string

// The forms.
const (
	JSON      Form = "json"
	YAML      Form = "yaml"
	Text      Form = "text"
	GCloud    Form = "gcloud" // commands for a shell, as those of az are
	AzureCLI  Form = "az"
	Terraform Form = "terraform"
)

// AllForms lists the forms.
func AllForms() []Form { return []Form{JSON, YAML, Text, GCloud, AzureCLI, Terraform} }

// body is a document in each of its forms.
type body interface {
	// own is the form that the provider or its tools take.
	own() Form
	// data is what marshals to JSON: all that the document says.
	data() any
	// refusals is why a token with these claims isn't let in at now.
	refusals(claims identity.Claims, now time.Time) []Difference
}

// written is a body whose own form isn't JSON.
type written interface{ text() string }

// terraformed is a body that Terraform has resources for.
type terraformed interface {
	// terraform writes HCL under a resource's label, which is an identifier.
	terraform(w *hclWriter, label string)
}

// Forms lists the forms that the document can be written in: first the one that the provider takes.
func (d Document) Forms() []Form {
	forms := []Form{d.body.own()}
	if forms[0] != JSON {
		forms = append(forms, JSON)
	}
	if _, ok := d.body.(terraformed); ok {
		forms = append(forms, Terraform)
	}
	return forms
}

// Write writes the document in a form; false where it has none of that name.
func (d Document) Write(f Form) ([]byte, bool) {
	switch {
	case !slices.Contains(d.Forms(), f):
		return nil, false
	case f == JSON:
		return d.JSON(), true
	case f == Terraform:
		return d.Terraform(), true
	}
	text := d.body.(written).text() // whose own form isn't JSON is written
	if f == Text {
		return []byte(text), true
	}
	return []byte(d.comment() + text), true
}

// JSON is the document as the provider's own API takes it, where it is one text there: the trust policy for
// `aws iam update-assume-role-policy --policy-document`, the parameters for `vault write TARGET -`. Otherwise it is
// all that the document says, in one object.
func (d Document) JSON() []byte { return marshal(d.body.data()) }

// Terraform is the same in HCL: the provider's resources; nil where there are none.
func (d Document) Terraform() []byte {
	b, ok := d.body.(terraformed)
	if !ok {
		return nil
	}
	w := new(hclWriter)
	w.b.WriteString(d.comment())
	b.terraform(w, label(d.Grant))
	return w.b.Bytes()
}

// comment is one line that says whose document it is: what could end it is escaped.
func (d Document) comment() string {
	w := new(hclWriter)
	w.comment("grant " + d.Grant + ": " + d.Target)
	return w.b.String()
}
