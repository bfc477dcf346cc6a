package finding

// Credential says which credential a finding is about, so that all findings about one can be handled as one.
// It holds no value: either Secret is set or Detector.
type Credential struct {
	Secret      string `json:"secret,omitempty"`      // a stored secret's name, in upper case
	Detector    string `json:"detector,omitempty"`    // what found it in a file: "github-pat"
	Kind        string `json:"kind,omitempty"`        // in words: "GitHub classic personal access token"
	Fingerprint string `json:"fingerprint,omitempty"` // of its value, where that is too random to be guessed
}
