package lease

import (
	"net/http"
	"strconv"
	"time"
)

const (
	maxTries  = 4
	firstWait = 500 * time.Millisecond // before the second try; it doubles
)

// busy reports whether an answer invites another try: too many requests, a fault of the server's own, or
// RFC 9110's 412, by which Vault says that a server lags behind another
// (https://developer.hashicorp.com/vault/api-docs#http-status-codes). A denial is final.
func (l *line) busy(a answer) bool {
	return a.status == http.StatusTooManyRequests || a.status == http.StatusPreconditionFailed || a.status >= 500 ||
		l.later != nil && l.later(a)
}

// wait is the time before the next try: what the server asks for, or a short time that doubles.
func (l *line) wait(a answer, try int) time.Duration {
	backoff := firstWait << (try - 1)
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, backoff)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(l.now()), backoff)
	}
	return backoff
}
