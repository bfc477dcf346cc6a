// Package courier is what all requests that carry a credential have in common, whoever sends them: which
// addresses are fit to be sent one, a client that takes it nowhere else, AWS' signature, and what may be
// repeated of an error. It imports nothing of ours and sends nothing by itself.
package courier
