// Package jsontree reads JSON strictly and keeps where everything stands. The standard library's
// decoder takes duplicate keys, keys in another case and broken UTF-8, each of which lets two readers
// of one file see two things; where a file decides who gets a credential, nothing of that may pass.
// It writes JSON, too, without the escapes that the standard library makes for HTML.
package jsontree
