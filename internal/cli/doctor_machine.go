package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
)

// usableState is why records and leases can't be kept in a folder, nil where they can. What is written to find out is
// removed at once.
func usableState(dir string) error {
	for _, sub := range []string{leasesFolder, recordsFolder} {
		info, err := os.Lstat(filepath.Join(dir, sub))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !info.IsDir():
			return fmt.Errorf("%s is no folder: remove what is there", filepath.Join(dir, sub))
		case sub == leasesFolder && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
			return fmt.Errorf("%s can be used by others than its owner (%v): expected %v", filepath.Join(dir, sub), info.Mode().Perm(), fs.FileMode(0o700))
		}
	}
	return writable(dir)
}

// writable is whether a file can be made in a folder or, where there is none yet, in the one that it will be made in.
func writable(dir string) error {
	info, err := os.Stat(dir)
	switch parent := filepath.Dir(dir); {
	case errors.Is(err, fs.ErrNotExist) && parent != dir:
		return writable(parent)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is no folder", dir)
	}
	probe, err := os.CreateTemp(dir, ".curfew-doctor-")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// newTransport is newClient's, with a bound on headers.
func newTransport() *http.Transport {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: 64 << 10}
}

// dated remembers by how much the clock of whoever answers first is ahead of ours.
type dated struct {
	base http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	ahead time.Duration
	heard bool
}

func (d *dated) client() *http.Client { return &http.Client{Transport: d} }

// RoundTrip implements http.RoundTripper.
func (d *dated) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return resp, nil
	}
	// What comes out of a cache was made so many seconds ago: RFC 9111, section 5.1.
	age, _ := strconv.ParseUint(resp.Header.Get("Age"), 10, 31)
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.heard {
		d.ahead, d.heard = at.Add(time.Duration(age)*time.Second).Sub(d.now()), true
	}
	return resp, nil
}

// known is by how much, where anybody has said.
func (d *dated) known() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ahead, d.heard
}

// sameServer reports whether two addresses are of one server.
func sameServer(a, b string) bool {
	first, err := courier.ParseEndpoint(a)
	second, err2 := courier.ParseEndpoint(b)
	return err == nil && err2 == nil && courier.SameOrigin(first, second)
}
