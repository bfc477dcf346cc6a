package policy

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// functions lists what a policy may use of OPA's built-in functions, with the operators that the
// compiler makes of syntax. It is a list of what is allowed, so that a later OPA brings in nothing by
// itself. What isn't here reaches out of the process, isn't the same at every call or on every machine
// (a time zone is a file of the machine's), takes a time or memory that no deadline can stop, or has no
// use in judging facts.
func functions() []string {
	return strings.Fields(`
		eq assign equal neq lt lte gt gte internal.member_2 internal.member_3 internal.template_string
		plus minus mul div rem abs ceil floor round
		and or union intersection
		count sum product max min sort
		array.concat array.flatten array.reverse array.slice
		object.filter object.get object.keys object.remove object.subset object.union object.union_n
		concat contains endswith indexof indexof_n lower replace split sprintf startswith substring upper
		trim trim_left trim_prefix trim_right trim_space trim_suffix
		strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse strings.split_n
		regex.find_all_string_submatch_n regex.find_n regex.is_valid regex.match regex.replace regex.split
		glob.match glob.quote_meta
		is_array is_boolean is_null is_number is_object is_set is_string type_name
		format_int to_number numbers.range numbers.range_step
		json.is_valid json.marshal json.unmarshal
		base64.decode base64.encode base64.is_valid base64url.decode base64url.encode hex.decode hex.encode
		crypto.sha256
		semver.compare semver.is_valid
		time.now_ns time.parse_duration_ns time.parse_rfc3339_ns
		walk`)
}

// insteadOf says what to do without a function that a policy may not use.
func insteadOf(name string) string {
	switch {
	case name == "print" || name == "trace":
		return "a policy has no output but its answer; say why in data.curfew.lease.deny"
	case strings.HasPrefix(name, "time."):
		return "time zones are files of the machine's; input.time has the date, the weekday and the hour in UTC"
	}
	return "a policy judges its input and reaches nothing else; docs/policy.md lists the functions that it may use"
}

// capabilities are what the parser and the compiler may know: Rego version 1, the functions of the list,
// and no host from which a schema could be fetched.
func capabilities() *ast.Capabilities {
	allowed := &ast.Capabilities{
		Features: []string{ast.FeatureRegoV1, ast.FeatureKeywordsInRefs, ast.FeatureTemplateStrings},
		AllowNet: []string{},
	}
	for _, name := range functions() {
		if b, ok := ast.BuiltinMap[name]; ok { // a test says that OPA knows them all
			allowed.Builtins = append(allowed.Builtins, b)
		}
	}
	return allowed
}
