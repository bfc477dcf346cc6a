package manifest

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// diffRules says what each kind of difference means. A pattern that isn't here widens.
func diffRules() map[string]rule {
	rules := map[string]rule{
		"/extends":  extendsRule,
		"/mode":     modeRule,
		"/defaults": remark("what they mean is listed at each grant that they hold for"),

		"/owners/*?":         ownerPresence,
		"/owners/*/team":     remarkable("others certify, and get the tickets"),
		"/owners/*/person":   remarkable("others certify, and get the tickets"),
		"/owners/*/escalate": remark("others hear of missed deadlines"),
		"/owners/*/tickets":  remark("tickets go elsewhere"),

		"/exceptions/*?":             presence("a long-lived secret is lawful", "its secret isn't lawful any more"),
		"/exceptions/*/owner":        remarkable("others answer for it"),
		"/exceptions/*/reason":       remark("the reason reads otherwise"),
		"/exceptions/*/accepted-by":  remarkable("somebody else accepts the risk"),
		"/exceptions/*/rotate-every": longer("the secret may get older", "the secret must be rotated more often"),
		"/exceptions/*/expires":      later("the secret is lawful for longer", "the secret is lawful for a shorter time"),
	}
	maps.Copy(rules, identityRules("/identities/*"))
	maps.Copy(rules, grantRules("/identities/*/grants/*"))
	maps.Copy(rules, breakGlassRules("/break-glass/*"))
	return rules
}

func identityRules(p string) map[string]rule {
	return map[string]rule{
		p + "?":                 identityPresence,
		p + "/owner":            remarkable("others certify it"),
		p + "/purpose":          remark("it says otherwise what it is for"),
		p + "/kind":             kindRule,
		p + "/privilege":        privilegeRule,
		p + "/expires":          later("it holds for longer", "it holds for a shorter time"),
		p + "/sponsor":          sponsorRule,
		p + "/runs-as/workflow": matching("jobs are taken for it"),
		p + "/runs-as/job":      matching("jobs are taken for it"),
		p + "/claims":           claimsRule,
		p + "/token":            access("the job's GITHUB_TOKEN may do"),
		p + "/secrets":          entries("its job may read", "its job may not read any more", Widens),
		p + "/grants/*?":        grantPresence,
		p + "/grants/*/ttl":     longer("leases live longer", "leases live shorter"),
		p + "/grants/*/narrow":  narrowRule,
		p + "/grants/*/limits":  limitsRule,
		p + "/grants/*/when":    whenRule,
	}
}

// grantRules are those of providers' own fields that can be judged; the others name what is reached, and
// another name reaches something else.
func grantRules(p string) map[string]rule {
	rules := map[string]rule{
		p + "/vault/read":          readRule,
		p + "/github/repositories": entries("the token reaches", "the token doesn't reach any more", Widens),
		p + "/github/permissions":  access("the token may do"),
		p + "/gcp/scopes":          restriction,
		p + "/gcp/boundary":        narrowRule,
		p + "/oauth/scope":         restriction,
		p + "/oauth/resource":      restriction,
	}
	for _, provider := range []string{"aws", "gcp", "azure", "vault", "github", "oauth", "npm", "pypi", "crates", "kubernetes"} {
		rules[p+"/"+provider+"/as"] = remark("the credential is handed over in another way")
		rules[p+"/"+provider+"/names"] = remark("the credential is handed over under other names")
	}
	return rules
}

func breakGlassRules(p string) map[string]rule {
	return map[string]rule{
		p + "?":                 presence("emergency access is new", "this emergency access is gone"),
		p + "/grants":           entries("it opens", "it doesn't open any more", Widens),
		p + "/activators":       entries("it may be used by", "it may not be used any more by", Widens),
		p + "/requires":         entries("it asks for", "it doesn't ask any more for", Narrows),
		p + "/ttl":              longer("emergency leases live longer", "emergency leases live shorter"),
		p + "/max-uses/count":   more("it may be used more often", "it may be used less often"),
		p + "/max-uses/per":     shorter("it may be used more often", "it may be used less often"),
		p + "/review/within":    longer("its review has more time", "its review has less time"),
		p + "/review/by":        remarkable("others review its use"),
		p + "/review/on-missed": remarkable("a missed review means something else"),
	}
}

// remark is for what changes nothing that a job may do.
func remark(what string) rule {
	return func(a at) { a.say(Neutral, subjectOf(a.ptr)+": "+what) }
}

// remarkable is for what is neither more nor less, but matters.
func remarkable(what string) rule {
	return func(a at) {
		a.say(Widens, subjectOf(a.ptr)+" is now "+show(a.after)+", was "+show(a.before)+": "+what)
	}
}

// presence is for what is added or removed as a whole.
func presence(added, removed string) rule {
	return func(a at) {
		if a.after.IsValid() {
			a.say(Widens, subjectOf(a.ptr)+" is new: "+added)
			return
		}
		a.say(Narrows, subjectOf(a.ptr)+" is removed: "+removed)
	}
}

// ordered is for values of which more is wider.
func ordered(compare func(before, after reflect.Value) int, wider, narrower string) rule {
	return func(a at) {
		effect, what := Widens, wider
		if compare(a.before, a.after) > 0 {
			effect, what = Narrows, narrower
		}
		a.say(effect, subjectOf(a.ptr)+" is now "+show(a.after)+", was "+show(a.before)+": "+what)
	}
}

func number(v reflect.Value) int64 {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return 0
		}
		v = v.Elem()
	}
	return v.Int()
}

func byNumber(before, after reflect.Value) int {
	return int(min(max(number(before)-number(after), -1), 1))
}

func more(wider, narrower string) rule   { return ordered(byNumber, wider, narrower) }
func longer(wider, narrower string) rule { return ordered(byNumber, wider, narrower) }

func shorter(wider, narrower string) rule {
	return ordered(func(before, after reflect.Value) int { return byNumber(after, before) }, wider, narrower)
}

func later(wider, narrower string) rule {
	return ordered(func(before, after reflect.Value) int {
		return before.Interface().(Date).Compare(after.Interface().(Date))
	}, wider, narrower)
}

// entries is for lists in which each entry counts by itself. effect is that of one more.
func entries(added, removed string, effect Effect) rule {
	return func(a at) {
		before, after := texts(a.before), texts(a.after)
		contrary := map[Effect]Effect{Widens: Narrows, Narrows: Widens}[effect]
		for _, s := range after {
			if !slices.Contains(before, s) {
				a.say(effect, subjectOf(parent(a.ptr))+": "+added+" "+quote(s))
			}
		}
		for _, s := range before {
			if !slices.Contains(after, s) {
				a.say(contrary, subjectOf(parent(a.ptr))+": "+removed+" "+quote(s))
			}
		}
	}
}

// texts is a list of strings of whichever type.
func texts(v reflect.Value) []string {
	if !v.IsValid() {
		return nil
	}
	out := make([]string, v.Len())
	for i := range out {
		out[i] = v.Index(i).String()
	}
	return out
}

// access is for maps of permissions.
func access(what string) rule {
	return func(a at) {
		before, after := a.before.Interface().(map[string]Access), a.after.Interface().(map[string]Access)
		for _, scope := range keys(mergeKeys(before, after)) {
			was, is := before[scope], after[scope]
			subject := subjectOf(parent(a.ptr)) + ": " + what + " "
			switch {
			case was == is:
			case is == "":
				a.say(Narrows, subject+"less: "+scope+" is gone")
			case was == "":
				a.say(Widens, subject+"more: "+scope+": "+string(is)+" is new")
			case is.Covers(was):
				a.say(Widens, subject+"more: "+scope+" is now "+string(is)+", was "+string(was))
			default:
				a.say(Narrows, subject+"less: "+scope+" is now "+string(is)+", was "+string(was))
			}
		}
	}
}

func mergeKeys[V any](a, b map[string]V) map[string]V {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]V{}
	}
	maps.Copy(out, b)
	return out
}

// subjectOf names what stands at a pointer, as a person would: ttl of grant "deploy/prod".
func subjectOf(ptr string) string {
	names := strings.Split(strings.TrimPrefix(ptr, "/"), "/")
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	for i := range names {
		names[i] = unescape.Replace(names[i])
	}
	whole, rest := "", names
	switch {
	case len(names) >= 4 && names[0] == "identities" && names[2] == "grants":
		whole, rest = "grant "+quote(names[1]+"/"+names[3]), names[4:]
	case len(names) >= 2 && names[0] != "defaults":
		kind := map[string]string{"identities": "identity", "exceptions": "exception", "owners": "owner", "break-glass": "break-glass"}[names[0]]
		whole, rest = kind+" "+quote(names[1]), names[2:]
	}
	what := strings.Join(rest, ".")
	switch {
	case what == "":
		return whole
	case whole == "":
		return what
	}
	return what + " of " + whole
}
