// Package courier is what all requests that carry a credential have in common, whoever sends them: which
// addresses are fit to be sent one, a client that takes it nowhere else, how often to ask again, AWS' signature,
// and what may be repeated of an error. Of ours it imports redact alone, and nothing is sent but by Line.Ask.
package courier
