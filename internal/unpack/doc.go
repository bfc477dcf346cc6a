// Package unpack turns files that aren't plain text into texts that can be searched: UTF-16 ([Sniff], [Decode]), and on
// request the files in archives ([Walk]). It is pure: bytes in, texts out, and no name found in an archive is ever opened
// or written. What is left out is said, with a reason.
package unpack
