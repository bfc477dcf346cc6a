package custody

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
	"github.com/curfew-ci/curfew/internal/lease"
	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Entry is what ends a lease, and whose it is.
type Entry struct {
	ID    string    // of the lease
	Until time.Time // when it must be ended
	// Files is the id under whose folder its files lie: that of the first lease where it has been renewed since; "" for none.
	Files      string
	Origin     issuance.Origin
	Credential *lease.Credential // read from its stub: without values
	Ledger     *manifest.Ledger  // the organisation's store, where the record of its end goes; nil where none is known
}

// EntryOf is the entry of a lease whose files, if any, lie in the folder of an id.
func EntryOf(h issuance.Held, files string) Entry {
	return Entry{ID: h.ID, Until: h.Until, Files: files, Origin: h.Origin, Credential: h.Credential}
}

// version is the format's: one object of JSON on one line. A reader refuses every other.
const version = 1

// shape is the entry as it is written; stub is what package lease makes and reads.
type shape struct {
	Version int              `json:"version"`
	ID      string           `json:"id"`
	Until   time.Time        `json:"until"`
	Files   string           `json:"files,omitempty"`
	Origin  issuance.Origin  `json:"origin"`
	Ledger  *manifest.Ledger `json:"ledger,omitempty"`
	Stub    json.RawMessage  `json:"stub"`
}

// maxEntry is the size of the largest entry that is read, in bytes.
const maxEntry = 256 << 10

// Encode writes an entry as Decode reads it.
func (e Entry) Encode() (redact.Secret, error) {
	stub, err := e.Credential.Stub()
	if err != nil {
		return redact.Secret{}, err
	}
	defer stub.Zero()
	text, err := json.Marshal(shape{version, e.ID, e.Until.UTC(), e.Files, e.Origin, e.Ledger, stub.Reveal()})
	if err != nil {
		return redact.Secret{}, fmt.Errorf("lease %s: what ends it can't be written as JSON", e.ID)
	}
	defer clear(text)
	return redact.New(append(text, '\n')), nil
}

// Decode reads an entry. path names the text in errors, which never quote a value.
func Decode(path string, src []byte) (Entry, error) {
	if len(src) > maxEntry {
		return Entry{}, fmt.Errorf("%s: larger than %d bytes: curfew didn't write it", path, maxEntry)
	}
	var s shape
	d := json.NewDecoder(bytes.NewReader(src))
	d.DisallowUnknownFields()
	err := d.Decode(&s)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows it")
		}
	}
	switch {
	case err != nil: // it may quote a value
		return Entry{}, fmt.Errorf("%s: not what curfew leaves of a lease: expected the file as curfew wrote it", path)
	case s.Version != version:
		return Entry{}, fmt.Errorf("%s: version %d, expected %d: end the lease with the curfew that made it", path, s.Version, version)
	case !ledger.ValidID(s.ID) || s.Files != "" && !ledger.ValidID(s.Files):
		return Entry{}, fmt.Errorf("%s: not the id of a lease: expected the file as curfew wrote it", path)
	}
	c, err := lease.ReadStub(path, s.Stub)
	if err != nil {
		return Entry{}, err
	}
	return Entry{s.ID, s.Until, s.Files, s.Origin, c, s.Ledger}, nil
}
