package manifest

import "strconv"

// checkPolicy checks what no single field of an organisation's policy can say.
func (d *decoder) checkPolicy(p *Policy) {
	for _, name := range []TicketSystem{SystemJira, SystemServiceNow, SystemGitHub} {
		system := p.Systems.Get(name)
		if system == nil {
			continue
		}
		if at := Pointer("systems", string(name), "people"); name == SystemGitHub && d.has(at) {
			d.failKey(at, d.subject(Pointer("systems", string(name)))+` has "people": expected them for Jira and ServiceNow only`,
				"remove people: GitHub's tickets name its own users")
		}
		for i, project := range system.Projects {
			d.formAt(Pointer("systems", string(name), "projects", strconv.Itoa(i)), project, projectForm(name))
		}
	}
	for i := range p.Separation {
		ptr := Pointer("separation", strconv.Itoa(i))
		if d.has(ptr+"/is") && !d.has(ptr+"/never") {
			d.failKey(ptr+"/is", d.subject(ptr)+` has "is" without "never": expected the duty that it restricts`,
				"add never: approver, or remove is")
		}
	}
}
