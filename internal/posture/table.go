package posture

// Checks binds each rule's id to its code, in the order of the catalogue. A rule is this line,
// rules/<id>.md and <id>.go here; a test holds that the three agree.
func Checks() []Check {
	return []Check{
		{"token-default", tokenDefault},
	}
}
