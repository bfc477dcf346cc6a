// Package recording writes what a command printed as an asciicast of version 2
// (https://docs.asciinema.org/manual/asciicast/v2/), reads one strictly, and plays it so that nothing in it can do more to a
// terminal than draw. It is pure: files, clock and the search for credentials are handed in.
//
// A Recorder stands behind the mask of what was leased and masks what else looks like a credential, before it writes
// anything. To know that, it holds text back:
//
//   - an unfinished line, up to 64 KiB of it;
//   - a private key that has begun and not ended, up to as much;
//   - the last 4 KiB, as a later line may say what an earlier one is;
//   - the newest 32 KiB or second of output, so that it doesn't search for each line anew.
//
// Both outputs are searched by themselves, since a credential may be written in pieces with the other's text between them, and
// written down in the order in which they came. Where that would hold back more than 64 KiB the order gives way: an unfinished
// line is then put where it is finished.
package recording
