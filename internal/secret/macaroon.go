package secret

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"time"
)

// pypi is what a token of PyPI says of itself.
type pypi struct {
	projects []string
	account  bool      // it counts for all of its user's projects
	expires  time.Time // zero where it has no end
	from     time.Time
}

// The caveats of PyPI: JSON lists that begin with one of these numbers (warehouse/macaroons/caveats).
const (
	caveatExpiration = 0
	caveatProject    = 1
)

// readPyPI reads the caveats of a PyPI token: "pypi-" and base64 of a macaroon in the second binary format
// (https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt): fields of a type, a length and
// bytes; a type of 0 ends a section, and an empty section the list of caveats.
func readPyPI(value string) (pypi, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(value, "pypi-"), "="))
	if err != nil || len(raw) == 0 || raw[0] != 2 {
		return pypi{}, false
	}
	const identifier = 2
	out := pypi{account: true}
	raw = raw[1:]
	for section, fields := 0, 0; len(raw) > 0; {
		kind, data, rest, ok := macaroonField(raw)
		if !ok {
			return pypi{}, false
		}
		raw = rest
		switch {
		case kind == 0 && fields == 0:
			return out, section > 0
		case kind == 0:
			section, fields = section+1, 0
			continue
		case kind == identifier && section > 0:
			out.caveat(data)
		}
		fields++
	}
	return pypi{}, false
}

// macaroonField takes the first field off raw. An end has no length.
func macaroonField(raw []byte) (kind uint64, data, rest []byte, ok bool) {
	kind, n := binary.Uvarint(raw)
	if n <= 0 {
		return 0, nil, nil, false
	}
	raw = raw[n:]
	if kind == 0 {
		return 0, nil, raw, true
	}
	size, n := binary.Uvarint(raw)
	if n <= 0 || size > uint64(len(raw)-n) { //nolint:gosec // n is at most the length
		return 0, nil, nil, false
	}
	return kind, raw[n : n+int(size)], raw[n+int(size):], true //nolint:gosec // no more than there is
}

// caveat takes in one restriction, in the present form or in the one before it.
func (p *pypi) caveat(text []byte) {
	var old struct {
		Permissions struct{ Projects []string }
	}
	if json.Unmarshal(text, &old) == nil && len(old.Permissions.Projects) > 0 {
		p.account, p.projects = false, append(p.projects, old.Permissions.Projects...)
		return
	}
	var list []json.RawMessage
	var number int
	if json.Unmarshal(text, &list) != nil || len(list) < 2 || json.Unmarshal(list[0], &number) != nil {
		return
	}
	switch number {
	case caveatExpiration:
		var end, begin float64
		if json.Unmarshal(list[1], &end) == nil && (p.expires.IsZero() || seconds(end).Before(p.expires)) {
			p.expires = seconds(end)
		}
		if len(list) > 2 && json.Unmarshal(list[2], &begin) == nil {
			p.from = seconds(begin)
		}
	case caveatProject:
		var names []string
		if json.Unmarshal(list[1], &names) == nil {
			p.account, p.projects = false, append(p.projects, names...)
		}
	default: // projects by their ids, a user, a publisher
		p.account = p.account && number > 2
	}
}

// lifetime is how long such a token lives.
func (p *pypi) lifetime() Lifetime {
	switch {
	case p.expires.IsZero():
		return LongLived
	case !p.from.IsZero() && p.expires.Sub(p.from) <= shortLife:
		return ShortLived
	}
	return Unknown
}

// macaroon tells what a PyPI token counts for.
func (s *says) macaroon(value string) {
	p, ok := readPyPI(value)
	switch {
	case !ok:
	case len(p.projects) > 0:
		s.add("project", strings.Join(p.projects, " "))
	case p.account:
		*s = append(*s, Fact{"scope", "all projects of its user"})
	}
}
