package verify

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// readPyPI reads what the token says of itself and sends nothing: PyPI's one address that takes a token is
// the one that uploads. A token is a macaroon: a location, an id, caveats that each narrow it, a signature.
// The caveats are those of https://github.com/pypi/warehouse/tree/main/warehouse/macaroons/caveats.
func readPyPI(_ context.Context, q *question) verdict {
	caveats, err := macaroonCaveats(strings.TrimPrefix(string(q.Value.Reveal()), "pypi-"))
	if err != nil {
		return unknown("not a whole token: " + err.Error())
	}
	v := unknown("PyPI answers no question about a token but an upload")
	for _, text := range caveats {
		c, ok := readCaveat(text)
		if !ok {
			v.Reason += "; it has a condition that curfew can't read"
			continue
		}
		v.Scopes = append(v.Scopes, c.scopes...)
		if !c.expires.IsZero() && (v.Expires.IsZero() || c.expires.Before(v.Expires)) {
			v.Expires = c.expires
		}
	}
	if !v.Expires.IsZero() && !q.now.Before(v.Expires) {
		v.Status, v.Reason = Dead, "by its own words it is over"
	}
	if len(v.Scopes) > 1 { // all must hold: what names projects is the narrower
		v.Scopes = slices.DeleteFunc(v.Scopes, func(s string) bool { return s == allProjects })
	}
	return v
}

const allProjects = "all projects of its user"

// caveat is what one caveat says in words.
type caveat struct {
	scopes  []string
	expires time.Time
}

// readCaveat reads one caveat: a list that starts with the kind's number, or an object as older tokens
// have it.
func readCaveat(text []byte) (c caveat, ok bool) {
	var old struct {
		Permissions json.RawMessage
		Exp         *int64
		ProjectIDs  []string `json:"project_ids"`
	}
	if json.Unmarshal(text, &old) == nil {
		return oldCaveat(old.Permissions, old.Exp, old.ProjectIDs)
	}
	var list []json.RawMessage
	var kind int
	if json.Unmarshal(text, &list) != nil || len(list) < 2 || json.Unmarshal(list[0], &kind) != nil {
		return c, false
	}
	switch kind {
	case 0: // not after, not before
		var at int64
		ok = json.Unmarshal(list[1], &at) == nil
		c.expires = time.Unix(at, 0).UTC()
	case 1:
		c.scopes, ok = strs("project ", list[1])
	case 2:
		c.scopes, ok = strs("project id ", list[1])
	case 3:
		ok = json.Unmarshal(list[1], new(string)) == nil
		c.scopes = []string{allProjects}
	case 4:
		ok = json.Unmarshal(list[1], new(string)) == nil
		c.scopes = []string{"projects of its trusted publisher"}
	}
	return c, ok
}

func oldCaveat(permissions json.RawMessage, exp *int64, ids []string) (caveat, bool) {
	var narrowed struct{ Projects json.RawMessage }
	switch {
	case string(permissions) == `"user"`:
		return caveat{scopes: []string{allProjects}}, true
	case json.Unmarshal(permissions, &narrowed) == nil && narrowed.Projects != nil:
		scopes, ok := strs("project ", narrowed.Projects)
		return caveat{scopes: scopes}, ok
	case exp != nil:
		return caveat{expires: time.Unix(*exp, 0).UTC()}, true
	case ids != nil:
		text, err := json.Marshal(ids)
		scopes, ok := strs("project id ", text)
		return caveat{scopes: scopes}, ok && err == nil
	}
	return caveat{}, false
}

// strs reads a list of strings and puts prefix before each.
func strs(prefix string, text []byte) ([]string, bool) {
	var list []string
	if json.Unmarshal(text, &list) != nil {
		return nil, false
	}
	for i := range list {
		list[i] = prefix + list[i]
	}
	return list, len(list) > 0
}

// The fields of a macaroon of version 2: https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt.
const (
	macaroonEnd       = 0
	macaroonID        = 2
	macaroonSignature = 6
)

// macaroonCaveats reads the first-party caveats of a macaroon, version 2 of the binary format in base64.
// The fields before the first end are the macaroon's own, those after it the caveats'.
func macaroonCaveats(text string) ([][]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("not base64")
	}
	if len(raw) == 0 || raw[0] != 2 {
		return nil, errors.New("not a macaroon of version 2")
	}
	var caveats [][]byte
	own := true
	for raw = raw[1:]; len(raw) > 0; {
		kind, data, rest, err := macaroonField(raw)
		if err != nil {
			return nil, err
		}
		raw = rest
		switch {
		case kind == macaroonEnd:
			own = false
		case kind == macaroonID && !own:
			caveats = append(caveats, data)
		case kind == macaroonSignature && len(raw) == 0 && len(data) == 32:
			return caveats, nil
		}
	}
	return nil, errors.New("it has no signature")
}

// macaroonField splits the first field off raw: its kind, its length and its data; an end has the kind
// alone.
func macaroonField(raw []byte) (kind uint64, data, rest []byte, err error) {
	kind, n := binary.Uvarint(raw)
	if n <= 0 {
		return 0, nil, nil, errors.New("a field is cut short")
	}
	raw = raw[n:]
	if kind == macaroonEnd {
		return kind, nil, raw, nil
	}
	size, n := binary.Uvarint(raw)
	if n <= 0 || size > uint64(len(raw[n:])) {
		return 0, nil, nil, errors.New("a field is cut short")
	}
	return kind, raw[n:][:size], raw[n:][size:], nil
}
