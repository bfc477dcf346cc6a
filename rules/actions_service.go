package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/yamltree"
)

func (r *reader) service(id string, n *yamltree.Node) {
	s := &Service{ID: id}
	r.fields(n, map[string]func(*yamltree.Node){
		"title":     r.text(&s.Title),
		"kind":      r.kind(&s.Kind),
		"owners":    r.list(&s.Owners),
		"names":     r.list(&s.Names),
		"hosts":     r.list(&s.Hosts),
		"elsewhere": r.list(&s.Elsewhere),
		"instead":   r.text(&s.Instead),
		"source":    r.text(&s.Source),
		"reviewed":  r.day(&s.Reviewed),
		"variables": r.pairs(func(name string, v *yamltree.Node) { r.variable(s, name, v) }),
		"commands":  r.each(func(v *yamltree.Node) { r.command(s, v) }),
		"actions":   r.each(func(v *yamltree.Node) { r.action(s, v) }),
	})
	if s.Title == "" || s.Kind == "" || s.Source == "" || s.Reviewed == "" {
		r.fault(n, "title, kind, source and reviewed must all be there")
	}
	for _, a := range s.Actions {
		if a.Reviewed == "" {
			a.Reviewed = s.Reviewed
		}
	}
	for _, glob := range s.Names {
		r.of.names = append(r.of.names, nameGlob{glob, s})
	}
	r.of.Services = append(r.of.Services, s)
}

func (r *reader) kind(to *Kind) func(*yamltree.Node) {
	return func(n *yamltree.Node) {
		*to = Kind(n.Value)
		if !slices.Contains([]Kind{Cloud, Forge, Registry, Signing, Access, Plain}, *to) {
			r.fault(n, "expected cloud, forge, registry, signing, access or service")
		}
	}
}

func (r *reader) variable(s *Service, name string, n *yamltree.Node) {
	v := &Variable{Service: s, Name: strings.ToUpper(name), Holds: Holds(n.Value)}
	if v.Holds != HoldsCredential && v.Holds != HoldsIdentifier && v.Holds != HoldsOIDC {
		r.fault(n, "expected credential, identifier or oidc")
	}
	if r.of.variables[v.Name] != nil {
		r.fault(n, "%s is another service's too", name)
	}
	s.Variables = append(s.Variables, v)
	r.of.variables[v.Name] = v
	if strings.HasSuffix(v.Name, "*") {
		r.of.prefixes = append(r.of.prefixes, v)
	}
}

func (r *reader) command(s *Service, n *yamltree.Node) {
	c := &Command{Service: s}
	r.fields(n, map[string]func(*yamltree.Node){
		"run":     r.text(&c.Run),
		"with":    r.list(&c.With),
		"without": r.list(&c.Without),
		"login":   r.flag(&c.Login),
		"by-host": r.flag(&c.ByHost),
		"publish": r.text(&c.Publish),
		"token":   r.list(&c.Token),
	})
	if c.Run == "" || !c.Login && !c.ByHost && c.Publish == "" {
		r.fault(n, "expected run, and one of login, by-host and publish")
	}
	s.Commands = append(s.Commands, c)
}

func (r *reader) action(s *Service, n *yamltree.Node) {
	a := &Action{Service: s}
	r.fields(n, map[string]func(*yamltree.Node){
		"uses":          r.list(&a.Uses),
		"source":        r.text(&a.Source),
		"reviewed":      r.day(&a.Reviewed),
		"credentials":   r.list(&a.Credentials),
		"identifiers":   r.list(&a.Identifiers),
		"github-token":  r.list(&a.GitHubToken),
		"runs-commands": r.flag(&a.RunsCommands),
		"logins":        r.each(func(v *yamltree.Node) { r.login(a, v) }),
		"publishes":     r.each(func(v *yamltree.Node) { r.publish(a, v) }),
		"app-token":     func(v *yamltree.Node) { r.appToken(a, v) },
	})
	for _, slug := range a.Uses {
		if slug != strings.ToLower(slug) || strings.Count(slug, "/") < 1 || r.of.actions[slug] != nil {
			r.fault(n, "%q: expected owner/repo in lower case, once in all files", slug)
		}
		r.of.actions[slug] = a
	}
	if len(a.Uses) == 0 {
		r.fault(n, "uses is missing")
		return
	}
	if a.Source == "" {
		repo := strings.SplitN(a.Uses[0], "/", 3)
		a.Source = "https://github.com/" + repo[0] + "/" + repo[1]
	}
	s.Actions = append(s.Actions, a)
}

func (r *reader) login(a *Action, n *yamltree.Node) {
	l := &Login{Service: a.Service, Target: map[string]string{}}
	service := a.Service.ID
	r.fields(n, map[string]func(*yamltree.Node){
		"service": r.text(&service),
		"when":    r.conditions(&l.When),
		"static":  r.list(&l.Static),
		"oidc": func(v *yamltree.Node) {
			l.ByOIDC = true
			if v.Value != "always" {
				r.conditions(&l.OIDC)(v)
			}
		},
		"target": r.pairs(func(name string, v *yamltree.Node) {
			var input string
			r.text(&input)(v)
			l.Target[name] = input
		}),
		"duration": func(v *yamltree.Node) { r.duration(l, v) },
		"instead":  r.text(&l.Instead),
	})
	if len(l.Static) == 0 && !l.ByOIDC {
		r.fault(n, "expected static, oidc or both")
	}
	a.Logins = append(a.Logins, l)
	file := r.file
	r.later = append(r.later, func() {
		if l.Service = r.of.Service(service); l.Service == nil {
			r.file = file
			r.fault(n, "no service is called %q", service)
		} else if l.Instead == "" {
			l.Instead = l.Service.Instead
		}
	})
}

func (r *reader) appToken(a *Action, n *yamltree.Node) {
	a.AppToken = &AppToken{}
	r.fields(n, map[string]func(*yamltree.Node){
		"app":          r.list(&a.AppToken.App),
		"permissions":  r.text(&a.AppToken.Permissions),
		"repositories": r.text(&a.AppToken.Repositories),
		"owner":        r.text(&a.AppToken.Owner),
	})
	if len(a.AppToken.App) == 0 || a.AppToken.Permissions == "" || a.AppToken.Repositories == "" || a.AppToken.Owner == "" {
		r.fault(n, "app, permissions, repositories and owner must all be there")
	}
}

func (r *reader) duration(l *Login, n *yamltree.Node) {
	l.Duration = &Duration{Unit: time.Second}
	r.fields(n, map[string]func(*yamltree.Node){
		"input":   r.text(&l.Duration.Input),
		"unit":    r.length(&l.Duration.Unit),
		"suffix":  r.text(&l.Duration.Suffix),
		"default": r.length(&l.Duration.Default),
	})
	if l.Duration.Input == "" {
		r.fault(n, "input is missing")
	}
}

func (r *reader) publish(a *Action, n *yamltree.Node) {
	p := &Publish{}
	r.fields(n, map[string]func(*yamltree.Node){
		"registry": r.text(&p.Registry),
		"when":     r.conditions(&p.When),
		"token":    r.list(&p.Token),
	})
	if p.Registry == "" {
		r.fault(n, "registry is missing")
	}
	a.Publishes = append(a.Publishes, p)
}
