// Package odb reads git's object database: packs, loose objects and alternates, by SHA-1 or SHA-256. It
// runs nothing and writes nothing. A walk along a pack's deltas hands out each object with what it takes
// over from the one before, so that a reader needs to look only at what is new.
//
// The formats are git's: gitformat-pack(5), gitformat-index(5), gitrepository-layout(5).
package odb
