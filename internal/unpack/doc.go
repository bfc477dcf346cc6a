// Package unpack turns files that aren't plain text into texts that can be searched: UTF-16, and on request
// the files in archives.
package unpack
