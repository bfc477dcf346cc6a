package equality

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// cache keeps what the library found from one run to the next: it takes minutes to hours on what the
// engine looks over in seconds. It is a file of lines; one that a broken run left half-written is dropped.
type cache struct {
	mu    sync.Mutex
	known map[cacheKey]cacheLine
	file  *os.File // nil where nothing is kept
}

type cacheKey struct{ Blob, Path string }

type cacheLine struct {
	cacheKey
	Found []finding `json:",omitempty"`
	Panic string    `json:",omitempty"`
}

// openCache reads what is kept in a folder for a version of the rules. Without a folder nothing is kept.
func openCache(t *testing.T, folder, version string) *cache {
	t.Helper()
	c := &cache{known: make(map[cacheKey]cacheLine)}
	if folder == "" {
		return c
	}
	name := filepath.Join(folder, "gitleaks-v8.30.1-"+version+".jsonl")
	if err := c.read(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	c.file = file
	return c
}

func (c *cache) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<28)
	for lines.Scan() {
		var l cacheLine
		if json.Unmarshal(lines.Bytes(), &l) == nil {
			c.known[l.cacheKey] = l
		}
	}
	return lines.Err()
}

func (c *cache) get(b blob) (cacheLine, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, ok := c.known[cacheKey{b.id, b.path}]
	return l, ok
}

// put keeps a line. Of a line break before it, a half-written one can't spoil it.
func (c *cache) put(l cacheLine) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[l.cacheKey] = l
	if c.file == nil {
		return nil
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = c.file.Write(append(append([]byte("\n"), text...), '\n'))
	return err
}
