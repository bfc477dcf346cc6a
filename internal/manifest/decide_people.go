package manifest

import "strings"

// isOrIn reports whether user is the one whom handle names, or in the team that it names.
func (f *Facts) isOrIn(user, handle string) bool {
	if !strings.Contains(handle, "/") {
		return sameUser(user, handle)
	}
	for team, members := range f.Members {
		if !sameUser(team, handle) {
			continue
		}
		for _, m := range members {
			if sameUser(user, m) {
				return true
			}
		}
	}
	return false
}

// knows reports whether the members of a team are known.
func (f *Facts) knows(handle string) bool {
	for team := range f.Members {
		if sameUser(team, handle) {
			return true
		}
	}
	return false
}

// sameUser compares two names of users or teams, with or without "@". Platforms take them without
// regard to the case of ASCII letters; other letters stay what they are, so that look-alikes differ.
func sameUser(a, b string) bool {
	a, b = strings.TrimPrefix(a, "@"), strings.TrimPrefix(b, "@")
	return a != "" && asciiLower(a) == asciiLower(b)
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
