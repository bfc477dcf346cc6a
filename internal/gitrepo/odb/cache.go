package odb

// cacheKey is where an object is stored: the pack's number in the database and the offset in it, in one word
// since that makes a fast map. Loose objects are keyed by their Num behind all packs.
type cacheKey uint64

// offsetBits leave room for packs of 4 TiB, and for four million packs.
const offsetBits = 42

// cache holds the objects that were read last, up to a number of bytes.
type cache struct {
	limit int
	held  int
	slots []slot // slot 0 is the ring's joint: its next is the newest, its previous the oldest
	at    map[cacheKey]int32
	free  []int32  // empty slots
	spare [][]byte // buffers of what was dropped
}

type slot struct {
	key        cacheKey
	kind       Kind
	data       []byte
	prev, next int32
}

// maxSpare bounds how many buffers wait for reuse.
const maxSpare = 16

func newCache(limit int) *cache {
	return &cache{limit: limit, slots: make([]slot, 1), at: map[cacheKey]int32{}}
}

// get looks an object up, which is the newest then. Its data holds until the second put that follows.
func (c *cache) get(key cacheKey) (Kind, []byte, bool) {
	i, ok := c.at[key]
	if !ok {
		return 0, nil, false
	}
	c.unlink(i)
	c.link(i)
	return c.slots[i].kind, c.slots[i].data, true
}

// buffer returns a buffer of n bytes to read an object into. What it overwrites is not held any more.
func (c *cache) buffer(n int) []byte {
	for i, b := range c.spare {
		if cap(b) >= n && cap(b) <= 2*n+1024 {
			last := len(c.spare) - 1
			c.spare[i] = c.spare[last]
			c.spare = c.spare[:last]
			return b[:n]
		}
	}
	return make([]byte, n, n+n/16)
}

// put holds an object, and drops the oldest until all fit. One that would push out most others is not held.
func (c *cache) put(key cacheKey, kind Kind, data []byte) {
	if cap(data) > c.limit/4 {
		return
	}
	if _, ok := c.at[key]; ok {
		return
	}
	c.held += cap(data)
	for c.held > c.limit {
		c.drop(c.slots[0].prev)
	}
	var i int32
	if n := len(c.free); n > 0 {
		i = c.free[n-1]
		c.free = c.free[:n-1]
	} else {
		i = int32(len(c.slots)) //nolint:gosec // not more than fit into memory
		c.slots = append(c.slots, slot{})
	}
	c.slots[i] = slot{key: key, kind: kind, data: data}
	c.at[key] = i
	c.link(i)
}

// drop forgets a slot and keeps its buffer for reuse.
func (c *cache) drop(i int32) {
	s := &c.slots[i]
	c.held -= cap(s.data)
	delete(c.at, s.key)
	if len(c.spare) == maxSpare {
		copy(c.spare, c.spare[1:])
		c.spare = c.spare[:maxSpare-1]
	}
	c.spare = append(c.spare, s.data)
	s.data = nil
	c.unlink(i)
	c.free = append(c.free, i)
}

func (c *cache) unlink(i int32) {
	s := &c.slots[i]
	c.slots[s.prev].next, c.slots[s.next].prev = s.next, s.prev
}

// link makes slot i the newest.
func (c *cache) link(i int32) {
	newest := c.slots[0].next
	c.slots[i].prev, c.slots[i].next = 0, newest
	c.slots[newest].prev, c.slots[0].next = i, i
}
