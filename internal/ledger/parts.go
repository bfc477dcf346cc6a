package ledger

import "time"

// Finding is what a scan found, or what a ticket is about.
type Finding struct {
	// Fingerprint is the finding's own; of a ticket, that of the cause, which several findings can have. 32
	// hexadecimal digits.
	Fingerprint string `json:"fingerprint"`
	Rule        string `json:"rule,omitempty"` // what found it; a cause that several rules found has none
}

// Inventory is what a platform held of a repository. The record's identity says of which.
type Inventory struct {
	SHA256 string    `json:"sha256"` // of the file's bytes, hex
	Taken  time.Time `json:"taken"`  // as the file says: it may have been recorded later
	Guard  *Guard    `json:"guard,omitempty"`
}

// Guard is what the platform protects the manifest's branch by; where it couldn't be read there is none.
type Guard struct {
	Ref              string `json:"ref"`                          // refs/heads/NAME
	DefaultBranch    bool   `json:"default_branch,omitempty"`     // Ref is the repository's
	Approvals        int64  `json:"approvals,omitempty"`          // that a change needs
	CodeOwners       bool   `json:"code_owners,omitempty"`        // must approve
	LastPushApproval bool   `json:"last_push_approval,omitempty"` // of the last push, by someone else
	// Bypass is who may do without all that: "@anna", "@acme/admins". Empty is nobody, which is written; nil is
	// unknown, which isn't.
	Bypass []string `json:"bypass,omitzero"`
}

// Certification is what an owner decided about an identity, by a pull request on the manifest.
type Certification struct {
	Action      Action    `json:"action"`
	By          []string  `json:"by"`           // owners who approved it: "@anna"
	PullRequest string    `json:"pull_request"` // "acme/shop#12"
	Merged      time.Time `json:"merged"`       // when it counts from; the record may be younger
	Commit      string    `json:"commit"`       // of the merge, hex
	Until       string    `json:"until,omitempty"`
}

// Action is what was decided.
type Action string

// The actions. After the first three the identity is still needed, by its owner's word.
const (
	Keep    Action = "keep"   // as it is
	Renew   Action = "renew"  // to a later last day, which is Until
	Narrow  Action = "narrow" // to less than it had
	Remove  Action = "remove"
	Suspend Action = "suspend"
)

// Certifies reports whether the action is an owner's word that the identity is still needed.
func (a Action) Certifies() bool { return a == Keep || a == Renew || a == Narrow }

// Asciicast is the format of recordings: https://docs.asciinema.org/manual/asciicast/v2/.
const Asciicast = "asciicast-v2"

// Session is the recording of what a lease's command printed. Its digest stands in the record's links.
type Session struct {
	Format    string `json:"format"`              // Asciicast
	Bytes     int64  `json:"bytes,omitempty"`     // of the recording, once there is one
	Truncated bool   `json:"truncated,omitempty"` // it reached its limit before the command ended
	Reason    string `json:"reason,omitempty"`    // why it failed
}
