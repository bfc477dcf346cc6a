package cli

import (
	"sync"

	"github.com/curfew-ci/curfew/internal/redact"
)

// veil knows the secrets of this process and hides them in what it writes. Its zero hides nothing yet; it may be used by
// several goroutines.
type veil struct {
	mu      sync.Mutex
	secrets []redact.Secret
	masker  *redact.Masker // of them
	tell    func(redact.Secret)
}

// hide adds secrets, and tells of each that is new.
func (v *veil) hide(secrets ...redact.Secret) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range secrets {
		if s.Len() == 0 || v.knows(s) {
			continue
		}
		v.secrets, v.masker = append(v.secrets, s), v.masker.With(s)
		if v.tell != nil {
			v.tell(s)
		}
	}
}

func (v *veil) knows(s redact.Secret) bool {
	for _, known := range v.secrets {
		if known.Equal(s) {
			return true
		}
	}
	return false
}

// listen has tell called for each secret, those that are known already too, one after the other and before hide returns, until
// what it returns is called.
func (v *veil) listen(tell func(redact.Secret)) (stop func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tell = tell
	for _, s := range v.secrets {
		tell(s)
	}
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.tell = nil
	}
}

// mask is text without them.
func (v *veil) mask(text string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.masker.Mask(text)
}
