package unpack

import "bytes"

// Texts are what to search of a file's content: its bytes and, where they look like UTF-16, what they decode
// to; the bytes as well, since a mark at the beginning proves nothing. There is none where the file is binary,
// which as with git is what has a NUL at its beginning.
func Texts(data []byte) [][]byte {
	beginning := data[:min(len(data), sniffed)]
	if e := Sniff(beginning); e != Other {
		return [][]byte{data, Decode(data, e).UTF8}
	}
	if bytes.IndexByte(beginning, 0) >= 0 {
		return nil
	}
	return [][]byte{data}
}
