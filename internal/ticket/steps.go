package ticket

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/curfew-ci/curfew/internal/finding"
)

//go:embed revoke.md
var revokePage string

// Steps say how to end one kind of credential.
type Steps struct {
	Title     string
	Detectors []string // that find it; a trailing "*" stands for any ending
	Names     []string // parts of names of stored secrets
	Word      bool     // its provider can be asked whether it is dead
	Session   bool     // it is what a login came to, not what somebody logs in with
	Docs      string   // the provider's page
	Steps     []string

	wordSaid bool
}

// AllSteps reads revoke.md; the last of them are for what no other is for. Its errors can only come from that file.
func AllSteps() ([]*Steps, error) { return parseSteps(revokePage) }

func parseSteps(page string) ([]*Steps, error) {
	var all []*Steps
	for i, line := range strings.Split(page, "\n") {
		title, begins := strings.CutPrefix(line, "## ")
		if begins {
			all = append(all, &Steps{Title: title})
			continue
		}
		if len(all) == 0 || line == "" {
			continue
		}
		if err := all[len(all)-1].take(line); err != nil {
			return nil, fmt.Errorf("revoke.md:%d: %w", i+1, err)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("revoke.md: no kind of credential")
	}
	for _, s := range all {
		if s.Docs == "" || len(s.Steps) == 0 || !s.wordSaid {
			return nil, fmt.Errorf("revoke.md: %s: expected word:, docs: and steps", s.Title)
		}
	}
	return all, nil
}

// take reads one line of a section.
func (s *Steps) take(line string) error {
	key, value, _ := strings.Cut(line, ": ")
	switch key {
	case "detectors":
		s.Detectors = strings.Fields(value)
		return nil
	case "names":
		s.Names = strings.Fields(value)
		return nil
	case "word":
		s.Word, s.wordSaid = value == "yes", value == "yes" || value == "no"
		return nil
	case "session":
		s.Session = value == "yes"
		return nil
	case "docs":
		s.Docs = value
		if u, err := url.Parse(value); err != nil || u.Scheme != "https" {
			return errors.New("docs: expected an address, https://…")
		}
		return nil
	}
	number, step, ok := strings.Cut(line, ". ")
	if !ok || number != strconv.Itoa(len(s.Steps)+1) {
		return errors.New("expected detectors:, names:, word:, docs: or the next step")
	}
	s.Steps = append(s.Steps, step)
	return nil
}

// StepsFor are the steps for a credential; those for any other where its kind isn't known.
func StepsFor(c *finding.Credential) (*Steps, error) {
	all, err := AllSteps()
	if err != nil {
		return nil, err
	}
	return stepsFor(c, all), nil
}

// stepsFor are the steps for a credential; nil for none.
func stepsFor(c *finding.Credential, all []*Steps) *Steps {
	if c == nil {
		return nil
	}
	best, length := all[len(all)-1], 0
	for _, s := range all {
		if n := s.fits(c); n > length {
			best, length = s, n
		}
	}
	return best
}

// fits is how much of c's detector or name s names; 0 for nothing.
func (s *Steps) fits(c *finding.Credential) int {
	n := 0
	for _, d := range s.Detectors {
		start, open := strings.CutSuffix(d, "*")
		if c.Detector == d || open && strings.HasPrefix(c.Detector, start) {
			n = max(n, len(start))
		}
	}
	for _, name := range s.Names {
		if c.Secret != "" && strings.Contains(strings.ToUpper(c.Secret), name) {
			n = max(n, len(name))
		}
	}
	return n
}

// named are the steps of that title; nil for none.
func named(title string, all []*Steps) *Steps {
	for _, s := range all {
		if s.Title == title {
			return s
		}
	}
	return nil
}
