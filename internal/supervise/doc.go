// Package supervise runs a command that holds a credential in its environment alone, and makes certain that the
// credential's end is brought about whichever way things go. It knows nothing of credentials: the caller says in a
// function how one is ended.
//
// Run calls that function exactly once on every way out of it that the process lives to see. For the ways that it
// doesn't (kill -9, a crash, no memory left), Start puts a watchdog beside it before anything is handed out: a process of
// its own session that gets what it needs through a pipe and acts when the pipe closes without a word.
//
// What a platform can't do:
//   - Only Linux ends the command with us (parent-death signal), and only the command itself: what it has started
//     goes on, with a credential that the watchdog ends. Elsewhere the command goes on too.
//   - A set-user-ID program sheds the parent-death signal.
//   - Windows has no signals: Ctrl-C reaches the command through the console, to cancel ends it at once, nothing can be
//     stopped and continued, and a watchdog that hangs without dying isn't noticed.
//   - Whoever ends the whole container or machine ends the watchdog too: the credential's lifetime is the bound then.
package supervise
