// Package splice edits a manifest in place: it sets a scalar, or removes entries of a mapping or a list,
// and leaves every other byte as it was, comments, order, quoting and blank lines included. What comes out
// is read again and compared with what went in: anything else that would mean something else now is an
// error, and then nothing comes out. It is pure.
package splice
