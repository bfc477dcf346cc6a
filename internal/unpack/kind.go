package unpack

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// kind is what a file is, as far as Walk is concerned.
type kind uint8

const (
	plain kind = iota // not an archive
	zipped
	tarred
	gzipped
	bzipped
	foreign // an archive that Walk can't open
)

// kindOf goes by a file's first bytes, never by its name. called names a foreign kind.
func kindOf(data []byte) (k kind, called string) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return zipped, ""
	case bytes.HasPrefix(data, []byte{0x1F, 0x8B, 8}):
		return gzipped, ""
	case isBzip2(data):
		return bzipped, ""
	case isTar(data):
		return tarred, ""
	}
	for _, f := range foreigners() {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return foreign, f.name
		}
	}
	return plain, ""
}

type foreigner struct{ magic, name string }

// foreigners are the archives that need more than the standard library.
func foreigners() []foreigner {
	return []foreigner{
		{"\xFD7zXZ\x00", "xz"},
		{"\x28\xB5\x2F\xFD", "zstd"},
		{"7z\xBC\xAF\x27\x1C", "7z"},
		{"Rar!\x1A\x07", "rar"},
		{"\x04\x22\x4D\x18", "lz4"},
		{"LZIP\x01", "lzip"},
		{"\x1F\x9D", "compress (.Z)"},
		{"MSCF\x00\x00\x00\x00", "cab"},
		{"!<arch>\n", "ar (deb or static library)"},
	}
}

// isBzip2: "BZh", a digit for the block's size, and the magic number of a block or of the stream's end.
func isBzip2(data []byte) bool {
	if len(data) < 10 || !bytes.HasPrefix(data, []byte("BZh")) || data[3] < '1' || data[3] > '9' {
		return false
	}
	block, end := []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}, []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90}
	return bytes.Equal(data[4:10], block) || bytes.Equal(data[4:10], end)
}

// tarBlock is the size of a tar's header.
const tarBlock = 512

// isTar: POSIX's and GNU's headers have a magic word; older ones only a checksum, the sum of the header's bytes with
// blanks in the checksum's place.
func isTar(data []byte) bool {
	if len(data) < tarBlock {
		return false
	}
	if string(data[257:262]) == "ustar" {
		return true
	}
	want, err := strconv.ParseInt(strings.Trim(string(data[148:156]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	var sum int64 = 8 * ' '
	for i, c := range data[:tarBlock] {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return sum == want
}

// endsAsZip reports whether the record that ends a zip's directory ends data: 22 bytes and a comment, of which the last two
// bytes before it say the length. Whatever comes before the zip doesn't matter to those who read it.
func endsAsZip(data []byte) bool {
	const record, comment = 22, 1<<16 - 1
	tail := data[max(0, len(data)-record-comment):]
	for i := bytes.LastIndex(tail, []byte("PK\x05\x06")); i >= 0; i = bytes.LastIndex(tail[:i], []byte("PK\x05\x06")) {
		if rest := len(tail) - i - record; rest >= 0 && int(binary.LittleEndian.Uint16(tail[i+20:])) == rest {
			return true
		}
	}
	return false
}
