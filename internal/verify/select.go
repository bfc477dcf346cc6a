package verify

import (
	"fmt"
	"slices"
	"strings"
)

// minFingerprint is how many hex digits of a fingerprint name one finding.
const minFingerprint = 8

// Select reads what the user asked to be verified: names parted by commas, each "all", a service ("github"),
// a detector ("github-pat") or the first 8 or more hex digits of a finding's fingerprint. The function it
// returns says whether a finding is among them; a finding's fingerprint may have an algorithm before it
// ("sha256:…"). The fingerprints' digits are returned as well. An unknown name is an error that lists those that
// there are.
func (v *Verifier) Select(spec string) (asked func(detector, fingerprint string) bool, prints []string, err error) {
	var detectors []string
	for name := range strings.SplitSeq(spec, ",") {
		name = strings.TrimSpace(name)
		more := v.detectors(name)
		switch {
		case len(more) > 0:
			detectors = append(detectors, more...)
		case isFingerprint(name):
			prints = append(prints, bareFingerprint(name))
		default:
			return nil, nil, fmt.Errorf("can't verify %q: expected all, a service, a detector or at least %d hex digits of a finding's id; %s",
				name, minFingerprint, v.names())
		}
	}
	return func(detector, fingerprint string) bool {
		if slices.Contains(detectors, detector) {
			return true
		}
		return slices.ContainsFunc(prints, func(p string) bool { return strings.HasPrefix(bareFingerprint(fingerprint), p) })
	}, prints, nil
}

// detectors lists the detectors that a name stands for.
func (v *Verifier) detectors(name string) []string {
	var out []string
	for _, p := range v.providers {
		switch {
		case name == "all" || name == p.name:
			out = append(out, p.detectors...)
		case slices.Contains(p.detectors, name):
			out = append(out, name)
		}
	}
	return out
}

// names says what can be verified.
func (v *Verifier) names() string {
	var services, detectors []string
	for _, p := range v.providers {
		if len(p.detectors) > 1 || p.detectors[0] != p.name {
			services = append(services, p.name)
		}
		detectors = append(detectors, p.detectors...)
	}
	slices.Sort(services)
	slices.Sort(detectors)
	return "services: " + strings.Join(services, ", ") + "; detectors: " + strings.Join(detectors, ", ")
}

func isFingerprint(s string) bool {
	s = bareFingerprint(s)
	return len(s) >= minFingerprint && strings.Trim(s, "0123456789abcdef") == ""
}

// bareFingerprint is a fingerprint's digits, in lower case.
func bareFingerprint(s string) string {
	return strings.TrimPrefix(strings.ToLower(s), "sha256:")
}
