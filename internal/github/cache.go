package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxCached    = 5000     // answers
	maxCacheSize = 64 << 20 // of a cache that is read, in bytes
)

// Cache keeps what was made of answers, with the ETags by which GitHub says that nothing has changed. It holds what an
// inventory does and nothing else of an answer, so no secret's value.
//
// Every entry is sealed by the token that got it. GitHub's ETags are of use by that token alone; and who may
// write where a cache is kept, but hasn't the token, can't have an inventory say what GitHub didn't.
type Cache struct {
	mu      sync.Mutex
	entries map[string]cached // by token and address
	used    map[string]bool
}

// cached is an answer.
type cached struct {
	ETag string          `json:"etag"`
	More bool            `json:"more,omitempty"` // whether a page follows
	Kept json.RawMessage `json:"kept"`
	Seal string          `json:"seal"`
}

// NewCache makes an empty one.
func NewCache() *Cache { return &Cache{entries: map[string]cached{}, used: map[string]bool{}} }

// ReadCache reads what Bytes gave, and no more than a cache has.
func ReadCache(r io.Reader) (*Cache, error) {
	c := NewCache()
	src, err := io.ReadAll(io.LimitReader(r, maxCacheSize+1))
	if err != nil {
		return nil, fmt.Errorf("read the cache: %w", err)
	}
	if len(src) > maxCacheSize {
		return nil, fmt.Errorf("the cache has more than %d bytes, which are read at most: delete it", maxCacheSize)
	}
	var file struct {
		Schema  int               `json:"schema"`
		Entries map[string]cached `json:"entries"`
	}
	if err := json.Unmarshal(src, &file); err != nil {
		return nil, fmt.Errorf("the cache can't be read: delete it: %w", err)
	}
	if file.Schema != 1 {
		return nil, errors.New("the cache isn't one of this version of curfew: delete it")
	}
	for key, e := range file.Entries {
		c.entries[key] = e
	}
	return c, nil
}

// Bytes is the cache for a file. Where there is much in it, only what was used since it was read stays.
func (c *Cache) Bytes() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := map[string]cached{}
	for key, e := range c.entries {
		if c.used[key] || len(c.entries) <= maxCached {
			kept[key] = e
		}
	}
	src, err := json.MarshalIndent(map[string]any{"schema": 1, "entries": kept}, "", " ")
	return append(src, '\n'), err
}

// get is the entry of an address, as the token got it.
func (c *Cache) get(token redact.Secret, address string) (cached, bool) {
	key := keyOf(token, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok || !hmac.Equal([]byte(e.Seal), []byte(e.seal(token, key))) {
		return cached{}, false
	}
	c.used[key] = true
	return e, true
}

// put keeps an answer.
func (c *Cache) put(token redact.Secret, address string, e cached) {
	key := keyOf(token, address)
	e.Seal = e.seal(token, key)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key], c.used[key] = e, true
}

// seal proves that who has the token made the entry, of this key. JSON is sealed without the white space that a file
// gives it.
func (e cached) seal(token redact.Secret, key string) string {
	compact, err := json.Marshal(e.Kept)
	if err != nil {
		return "" // which no seal is
	}
	return sum(token, "entry", key, e.ETag, strconv.FormatBool(e.More), string(compact))
}

// keyOf tells a token's entries from another's without telling the token.
func keyOf(token redact.Secret, address string) string {
	return sum(token, "token")[:16] + " " + address
}

// sum is HMAC-SHA256 by the token over parts, each with its length before it.
func sum(token redact.Secret, parts ...string) string {
	h := hmac.New(sha256.New, append([]byte("curfew/cache/v1\x00"), token.Reveal()...))
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d\x00%s", len(part), part) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}
