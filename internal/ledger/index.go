package ledger

// index says of a log's records where they stand.
type index struct {
	places map[string]int64 // by their keys
	hashes []Hash           // in the log's order
}

// add takes over a record that stands at the log's end.
func (x *index) add(key string, hash Hash) {
	x.places[key] = int64(len(x.hashes))
	x.hashes = append(x.hashes, hash)
}

// hash is that of the record of a key, where there is one.
func (x *index) hash(key string) (Hash, bool) {
	at, ok := x.places[key]
	if !ok {
		return Hash{}, false
	}
	return x.hashes[at], true
}

// first is where the records of these keys begin that stand side by side in this order; false where they don't, or are none.
func (x *index) first(keys []string) (int64, bool) {
	if len(keys) == 0 {
		return 0, false
	}
	first, ok := x.places[keys[0]]
	for i, key := range keys {
		at, there := x.places[key]
		ok = ok && there && at == first+int64(i)
	}
	return first, ok
}
