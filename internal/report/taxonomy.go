package report

import (
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v2/sarif"

	"github.com/curfew-ci/curfew/rules"
)

// taxonomyTable gathers the lists of weaknesses that a run's rules point to, with the entries in use.
type taxonomyTable struct{ components []sarifTaxonomy }

// relate adds what tags name and returns a rule's relationships to it. A rule is one case of the
// broader weakness, so it is relevant to it rather than the same.
func (t *taxonomyTable) relate(tags []string) []sarifRelationship {
	var rels []sarifRelationship
	for _, tag := range tags {
		x, ok := rules.LookupTag(tag)
		if !ok {
			continue
		}
		list, _, _ := strings.Cut(tag, "/")
		at := t.component(list)
		rels = append(rels, sarifRelationship{
			Target: sarifTarget{
				ID:        x.ID,
				Index:     t.components[at].taxon(x),
				Component: sarifComponent{t.components[at].Name, at},
			},
			Kinds: []string{"relevant"},
		})
	}
	return rels
}

// component finds the taxonomy that tags begin with list, adding it where it is new.
func (t *taxonomyTable) component(list string) int {
	all := rules.Taxonomies()
	known := all[slices.IndexFunc(all, func(x rules.Taxonomy) bool { return x.ID == list })]
	if at := slices.IndexFunc(t.components, func(c sarifTaxonomy) bool { return c.Name == known.Name }); at >= 0 {
		return at
	}
	c := sarifTaxonomy{}
	c.Name = known.Name
	c.Version = ref(known.Version)
	c.InformationURI = ref(known.URL)
	c.ShortDescription = text(known.Name + ", version " + known.Version + ".")
	t.components = append(t.components, c)
	return len(t.components) - 1
}

// taxon finds x in the component, adding it where it is new.
func (c *sarifTaxonomy) taxon(x rules.Taxon) int {
	at := slices.IndexFunc(c.Taxa, func(d *sarif.ReportingDescriptor) bool { return d.ID == x.ID })
	if at >= 0 {
		return at
	}
	c.Taxa = append(c.Taxa, &sarif.ReportingDescriptor{
		ID: x.ID, Name: ref(x.Name), ShortDescription: text(x.Name + "."), HelpURI: ref(x.URL),
	})
	return len(c.Taxa) - 1
}

func (t *taxonomyTable) references() []sarifComponent {
	var refs []sarifComponent
	for i, c := range t.components {
		refs = append(refs, sarifComponent{c.Name, i})
	}
	return refs
}
