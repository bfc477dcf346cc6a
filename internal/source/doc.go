// Package source says where something stands in a text file: positions, spans, and the index that
// turns byte offsets into both. Every other room speaks of places in these types only.
package source
