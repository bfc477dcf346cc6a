package identity

import (
	"fmt"
	"strconv"
	"strings"
)

// Code says in one word why a token was refused. The words are stable: records and scripts may hold them.
type Code string

// The codes.
const (
	CodeExpectation Code = "expectation" // the caller asked for nothing that could be proven
	CodeOversized   Code = "oversized"
	CodeMalformed   Code = "malformed" // no JWT, or a claim of the wrong type
	CodeHeader      Code = "header"    // the header asks for what must not be granted
	CodeAlgorithm   Code = "algorithm"
	CodeKeyUnknown  Code = "key-unknown"
	CodeSignature   Code = "signature"
	CodeIssuer      Code = "issuer"
	CodeAudience    Code = "audience"
	CodeExpired     Code = "expired"
	CodeNotYet      Code = "not-yet"
	CodeLifetime    Code = "lifetime"
)

// TokenError is why a token was refused. Its message shows what was received beside what was expected,
// but neither the token nor its signature.
type TokenError struct {
	Code    Code
	Message string
}

// Error renders "ID token refused (code): message", in one line.
func (e *TokenError) Error() string { return "ID token refused (" + string(e.Code) + "): " + e.Message }

func refuse(code Code, format string, args ...any) error {
	return &TokenError{code, fmt.Sprintf(format, args...)}
}

// maxShown is how much of a text that came with a token is shown, in bytes.
const maxShown = 200

// shown is a text of a token in quotes, on one line and of bounded length.
func shown(s string) string {
	if len(s) > maxShown {
		s = strings.ToValidUTF8(s[:maxShown], "") + "…"
	}
	return strconv.Quote(s)
}
