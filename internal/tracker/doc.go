// Package tracker reaches the systems that tickets live in: a folder of files, Jira Cloud and Data Center,
// ServiceNow, and whatever takes a signed webhook or security event tokens. Each is a ticket.Backend: what it is asked for it can be asked for
// again, so that a sync that was killed between any two requests goes on where it stopped. Jira and ServiceNow
// prove the tickets that leases ask for, too.
//
// A credential goes to the address that the organisation's policy names and nowhere else, and no error shows it.
package tracker
