package redact

import "slices"

// trie finds forms in bytes as they come, one after the other (Aho and Corasick, "Efficient string matching", 1975).
// Its nodes are the beginnings of forms; the first is the empty one.
type trie struct {
	nodes []node
	first [256]int32      // the children of the empty one: it has many
	pairs [1 << 10]uint64 // a bit for each two bytes with which a form may begin: most of a text has none of them
}

type node struct {
	char           byte
	child, sibling int32 // 0 is none
	fail           int32 // the longest other beginning that this one ends in
	depth          int32 // its length
	wait           int32 // the length of the longest beginning that it ends in, and that may go on
	ends           int32 // the longest form that it ends in, by length; 0 is none
	run            bool  // that form is one in base64
}

func newTrie(forms []form) *trie {
	size := 1
	for _, f := range forms {
		size += len(f.text)
	}
	t := &trie{nodes: make([]node, 1, size)} // growing it would copy it many times
	for _, f := range forms {
		at := int32(0)
		for i := range len(f.text) {
			at = t.grow(at, f.text[i])
		}
		t.nodes[at].ends, t.nodes[at].run = t.nodes[at].depth, f.run
	}
	for n := t.nodes[0].child; n > 0; n = t.nodes[n].sibling {
		t.first[t.nodes[n].char] = n
		t.pair(n)
	}
	t.link()
	return t
}

// pair notes what may follow the first byte of a form: the second, or a gap.
func (t *trie) pair(first int32) {
	note := func(c byte) {
		two := uint16(t.nodes[first].char)<<8 | uint16(c)
		t.pairs[two>>6] |= 1 << (two & 63)
	}
	for _, c := range []byte(openers) {
		note(c)
	}
	for n := t.nodes[first].child; n > 0; n = t.nodes[n].sibling {
		note(t.nodes[n].char)
	}
}

// idle is how many first bytes of p no form begins in.
func (t *trie) idle(p []byte) int {
	for i := 1; i < len(p); i++ {
		two := uint16(p[i-1])<<8 | uint16(p[i])
		if t.pairs[two>>6]&(1<<(two&63)) != 0 {
			return i - 1
		}
	}
	if n := len(p); n > 0 && t.first[p[n-1]] > 0 {
		return n - 1
	}
	return len(p)
}

// grow is the child of a node by a byte, made where there is none.
func (t *trie) grow(at int32, c byte) int32 {
	if n := t.childOf(at, c); n > 0 {
		return n
	}
	t.nodes = append(t.nodes, node{char: c, sibling: t.nodes[at].child, depth: t.nodes[at].depth + 1})
	n := int32(len(t.nodes) - 1) //nolint:gosec // as many as the forms have bytes
	t.nodes[at].child = n
	return n
}

func (t *trie) childOf(at int32, c byte) int32 {
	n := t.nodes[at].child
	for n > 0 && t.nodes[n].char != c {
		n = t.nodes[n].sibling
	}
	return n
}

// link fills in what each node ends in, the shallower ones first.
func (t *trie) link() {
	queue := make([]int32, 1, len(t.nodes)) // the root
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		for n := t.nodes[at].child; n > 0; n = t.nodes[n].sibling {
			queue = append(queue, n)
			if at > 0 {
				t.nodes[n].fail = t.next(t.nodes[at].fail, t.nodes[n].char)
			}
			t.inherit(&t.nodes[n])
		}
	}
}

// inherit fills in what a node has of the one that it fails to.
func (t *trie) inherit(n *node) {
	f := &t.nodes[n.fail]
	if n.wait = n.depth; n.child == 0 {
		n.wait = f.wait
	}
	if n.ends == 0 {
		n.ends, n.run = f.ends, f.run
	}
}

// next is the longest beginning of a form that the bytes up to and with c end in, where those before c end in at.
func (t *trie) next(at int32, c byte) int32 {
	for at > 0 {
		if n := t.childOf(at, c); n > 0 {
			return n
		}
		at = t.nodes[at].fail
	}
	return t.first[c]
}

// formsOf lists the forms of secrets, each once.
func formsOf(secrets []Secret) []form {
	var out []form
	seen := make(map[string]bool)
	for _, s := range secrets {
		for _, f := range forms(s.Reveal()) {
			if len(f.text) >= minSearch && !seen[f.text] {
				seen[f.text] = true
				out = append(out, f)
			}
		}
	}
	return slices.Clip(out)
}
