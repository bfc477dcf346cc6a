// Package ticket turns a scan's result into tickets: one for each root cause and owner, with a deadline, how to
// end the credential step by step, and never its value. Plan compares what a tracker has with what the result
// says and lists what must change; it is pure and deterministic, and what it asks for is a state, not an act: done
// twice it is done once. A ticket is closed on proof alone.
//
// Who reaches trackers is a Backend; Sync drives one. Text from the scanned repository is hostile: it lives in a
// Document's spans, and each rendering makes it inert in its own way.
package ticket
