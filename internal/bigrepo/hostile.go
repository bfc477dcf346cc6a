package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// hostiles writes one commit of files that search badly, each with a credential at its end if it can have one. blob is the size
// of the largest.
func hostiles(blob int64) func(*bufio.Writer) (string, error) {
	return func(w *bufio.Writer) (string, error) {
		h := &hostage{w: w}
		fmt.Fprint(w, "commit refs/heads/main\ncommitter Nobody <nobody@example.com> 1700000000 +0000\ndata 2\nm\n")
		h.zeros("zeros.bin", blob)
		h.put("one-line.txt", strings.Repeat("x", 4<<20)+" "+h.token())
		h.put("many-quotes.json", strings.Repeat(`{"key":"value","list":[1,2,3]},`, 150_000)+h.token())
		h.put("keywords.txt", strings.Repeat("secret key token password = ", 150_000)+"\n"+h.token())
		h.put("base64.txt", strings.Repeat("QUJDREVGR0g", 400_000)+"\n"+h.token())
		h.put("line-breaks.txt", strings.Repeat("\n", 4<<20)+h.token())
		h.put("nul-late.txt", strings.Repeat("text\n", 10_000)+"\x00"+h.token())
		h.put("nul-early.bin", "\x00\x01\x02"+h.token())
		h.put("not-utf8.txt", strings.Repeat("\xff\xfe\xfd\x80\n", 100_000)+h.token())
		h.put("utf16le.txt", encode("\uFEFFkey = "+h.token()+"\r\n", binary.LittleEndian))
		h.put("utf16be.txt", encode("\uFEFFkey = "+h.token()+"\r\n", binary.BigEndian))
		h.put("utf16-no-mark.txt", encode("key = "+h.token()+"\r\n", binary.LittleEndian))
		h.put("empty.txt", "")
		h.link("loop/a", "b")
		h.link("loop/b", "a")
		h.link("loop/c", "../loop")
		h.link("outside", "/etc/passwd")
		return fmt.Sprintf("%d files and links, %d credentials", h.files, h.planted), nil
	}
}

// hostage writes the files of a commit. A write that fails shows when the writer is flushed.
type hostage struct {
	w              *bufio.Writer
	files, planted int
}

func (h *hostage) put(name, content string) {
	h.files++
	fmt.Fprintf(h.w, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
}

func (h *hostage) link(name, target string) {
	h.files++
	fmt.Fprintf(h.w, "M 120000 inline %s\ndata %d\n%s\n", name, len(target), target)
}

func (h *hostage) zeros(name string, size int64) {
	h.files++
	fmt.Fprintf(h.w, "M 100644 inline %s\ndata %d\n", name, size)
	zeros := make([]byte, 1<<20)
	for ; size > 0; size -= int64(len(zeros)) {
		if _, err := h.w.Write(zeros[:min(size, int64(len(zeros)))]); err != nil {
			return
		}
	}
	h.w.WriteByte('\n') //nolint:errcheck // shows when flushed
}

func (h *hostage) token() string {
	h.planted++
	return token(uint64(h.planted)) //nolint:gosec // not negative
}

// encode writes s in UTF-16.
func encode(s string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}
