package doctor

// Status is what became of a check.
type Status string

// The statuses.
const (
	OK        Status = "ok"
	Wrong     Status = "wrong"
	Unchecked Status = "not-checked" // by itself it says nothing, neither good nor bad
)

// Finding is the outcome of one check. Its texts hold what tokens, files and servers say: whoever prints them masks
// and escapes them.
type Finding struct {
	Check   string   `json:"check"`           // its name, such as clock
	Grant   string   `json:"grant,omitempty"` // IDENTITY/GRANT that it is about; "" for the job as a whole
	Status  Status   `json:"status"`
	Message string   `json:"message"` // one sentence, lower case, no full stop
	Points  []Point  `json:"points,omitempty"`
	Fix     []string `json:"fix,omitempty"` // what to do or to paste, line by line
}

// Point is one detail of a finding: what was found and, where it is wrong, what was expected.
type Point struct {
	What     string `json:"what"`
	Received string `json:"received,omitempty"`
	Expected string `json:"expected,omitempty"`
	Fix      string `json:"fix,omitempty"`
	Place    string `json:"place,omitempty"` // path:line:column in the manifest or the policy
}

// Report is what was found, in the order of the checks.
type Report struct {
	Findings []Finding
}

// Count is how many findings have a status.
func (r Report) Count(s Status) int {
	n := 0
	for _, f := range r.Findings {
		if f.Status == s {
			n++
		}
	}
	return n
}

func ok(message string, points ...Point) Finding {
	return Finding{Status: OK, Message: message, Points: points}
}

func wrong(message string, fix ...string) Finding {
	return Finding{Status: Wrong, Message: message, Fix: fix}
}

func unchecked(message string, fix ...string) Finding {
	return Finding{Status: Unchecked, Message: message, Fix: fix}
}

// with adds points.
func (f Finding) with(points ...Point) Finding {
	f.Points = append(f.Points, points...)
	return f
}

// UncheckedError is why something could not be looked at, which speaks neither for it nor against it.
type UncheckedError struct {
	Why string
	Fix []string
}

// Error says why.
func (e *UncheckedError) Error() string { return e.Why }
