package doctor

import (
	"context"
	"errors"
	"strconv"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/trust"
)

// audience is whether the job gets a token for just the grant's audience.
func (e *exam) audience(ctx context.Context, w *wanted) Finding {
	want := lease.Audience(&w.grant)
	if want == "" || issuance.IsReserved(want) {
		return wrong("the grant's audience can't be asked for: who gets a token for it could pass for this job before curfew itself",
			"give the grant the audience that the provider's trust names").with(Point{What: "audience", Received: strconv.Quote(want), Expected: "one of the provider's"})
	}
	if c := e.fetch(ctx, want); c.err != nil {
		return wrong("no ID token is given for the audience "+strconv.Quote(want)+": "+c.err.Error(),
			issuance.Mended(c.err, "see that the platform issues tokens for this audience, and that no step answers for it"))
	}
	return ok("a token is given for " + strconv.Quote(want) + " alone")
}

// document is what trust renders for a grant, with what it can't hold to.
func (e *exam) document(w *wanted) (*trust.Document, []trust.Gap) {
	docs, gaps := trust.Render(e.m, e.p, trust.Options{Grant: w.name})
	if len(docs) == 0 {
		return nil, gaps
	}
	return &docs[0], gaps
}

// trust is whether the rendered trust lets in the token that the job has for it.
func (e *exam) trust(ctx context.Context, w *wanted) Finding {
	doc, gaps := e.document(w)
	var points []Point
	for _, g := range gaps {
		points = append(points, Point{What: string(g.Kind) + ": " + g.Message, Fix: g.Fix, Place: g.Region.String()})
	}
	switch {
	case doc == nil:
		return wrong("`curfew trust render` has no document for it", "change the manifest so that it can be rendered").with(points...)
	}
	want := lease.Audience(&w.grant)
	if want == "" || issuance.IsReserved(want) {
		return unchecked("needs a token for the grant's audience").with(points...)
	}
	c := e.fetch(ctx, want)
	if c.err != nil {
		return unchecked("needs a token for the grant's audience").with(points...)
	}
	if differs := doc.Refusals(c.Claims, e.o.Now()); len(differs) > 0 {
		return wrong("what `curfew trust render` makes for "+doc.Target+" turns this job away",
			"run the job that the manifest means, or have the owner change the identity's claims").with(append(differences(differs), points...)...)
	}
	return ok("what `curfew trust render` makes for "+doc.Target+" lets this job in", points...)
}

func differences(all []trust.Difference) []Point {
	out := make([]Point, len(all))
	for i, d := range all {
		out[i] = Point{What: d.What, Received: d.Received, Expected: d.Expected}
	}
	return out
}

// deployed is whether what the provider has is what is rendered.
func (e *exam) deployed(ctx context.Context, w *wanted) Finding {
	doc, _ := e.document(w)
	switch {
	case doc == nil:
		return unchecked("needs a rendered document")
	case w.grant.Vault == nil:
		return elsewhere(w, doc)
	}
	role, err := e.o.Role(ctx, w.grant.Vault)
	var none *UncheckedError
	switch {
	case errors.As(err, &none):
		return unchecked(none.Why, none.Fix...)
	case errors.Is(err, lease.ErrNoRole):
		return wrong("there is no role "+doc.Target+": "+err.Error(), apply(w.name, doc))
	case errors.Is(err, lease.ErrNotAllowed):
		return unchecked("needs a token in VAULT_TOKEN that may read "+doc.Target+": "+err.Error(), "vault policy: path "+strconv.Quote(doc.Target)+` { capabilities = ["read"] }`)
	case err != nil:
		return unchecked("needs an answer of Vault's: " + err.Error())
	}
	compared, err := doc.Deployed(role)
	switch {
	case err != nil:
		return wrong(doc.Target+" can't be compared: "+err.Error(), apply(w.name, doc))
	case len(compared.Differences) > 0:
		return wrong(doc.Target+" isn't what `curfew trust render` makes", apply(w.name, doc)).with(differences(compared.Differences)...)
	}
	return ok(doc.Target + " is what `curfew trust render` makes, parameter by parameter")
}

// apply is how the owner deploys what is rendered.
func apply(grant string, doc *trust.Document) string {
	return "curfew trust render --grant " + shell(grant) + " | vault write " + shell(doc.Target) + " -"
}

// provider is whether the server answers at all.
func (e *exam) provider(ctx context.Context, w *wanted) Finding {
	var file []byte
	if key, path := w.grant.File(); path != "" {
		var err error
		if file, err = e.file(ctx, path); err != nil {
			return wrong("the file that the grant names as "+key+" can't be read: "+err.Error(), "commit "+path)
		}
		if err := lease.CheckFile(&w.grant, file); err != nil {
			return wrong("no lease can be had by the file that the grant names as "+key+": "+err.Error(), "mend "+path)
		}
	}
	said, err := e.o.Reach(ctx, &w.grant, file)
	if err != nil {
		return wrong("the provider can't be asked: "+err.Error(), "see that this machine's network, proxy and certificates lead there, and that the grant has the right address")
	}
	return ok(said)
}
