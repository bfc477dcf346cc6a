package courier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxAnswer = 1 << 20 // the most that is read of an answer's body, in bytes, unless a Dialect says otherwise
	maxSaid   = 500     // characters of a server's words that are repeated
)

// Desk is what questions are asked with. All of it must be set: the clock and the pause are the caller's.
type Desk struct {
	Client  *http.Client // of Client
	Now     func() time.Time
	Sleep   func(context.Context, time.Duration) error
	Timeout time.Duration // for one try
	Budget  time.Duration // for all that is asked by one Line
}

// Dialect is what differs between servers.
type Dialect struct {
	Said      func(Answer) string // the words of a refusal, "" where it has none; may be nil
	Later     func(Answer) bool   // refusals that mean "later" beside HTTP's own; may be nil
	MaxAnswer int                 // the most that is read of an answer's body, in bytes; 0 is 1 MiB
}

// Line is the way to one server, for one errand. It isn't for several goroutines.
type Line struct {
	desk     *Desk
	dialect  Dialect
	base     *url.URL
	masker   *redact.Masker
	deadline time.Time
}

// Open makes a line to a base URL, on which no error shows secrets. The context that it returns ends with the
// budget.
func (d *Desk) Open(ctx context.Context, base string, as Dialect, secrets ...redact.Secret) (*Line, context.Context, context.CancelFunc, error) {
	u, err := ParseEndpoint(base)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("the endpoint %w", err)
	}
	if as.MaxAnswer == 0 {
		as.MaxAnswer = maxAnswer
	}
	l := &Line{desk: d, dialect: as, base: u, deadline: d.Now().Add(d.Budget)}
	for _, s := range secrets {
		l.Hide(s)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.Budget, fmt.Errorf("the %s given for it were over", d.Budget))
	return l, ctx, cancel, nil
}

// Base is the URL that the line leads to.
func (l *Line) Base() string { return l.base.String() }

// maxParts is how many parts a token can have that a server may quote by one of them: a JWT has three, an encrypted one five.
const maxParts = 8

// Hide adds a secret to those that no error shows, and the parts of a JWT with it: a server may quote one. What has more is none,
// and each part would take memory.
func (l *Line) Hide(s redact.Secret) {
	all := []redact.Secret{s}
	if parts := bytes.SplitN(s.Reveal(), []byte{'.'}, maxParts+1); len(parts) <= maxParts {
		for _, part := range parts {
			all = append(all, redact.New(part))
		}
	}
	l.masker = l.masker.With(all...)
}

// Question is one request.
type Question struct {
	Method string
	Path   []string // below the base; each may have several segments
	Bare   bool     // the base itself is asked, without the slash that an empty Path stands for
	Query  url.Values
	Header http.Header
	Body   []byte
	// Once is set where the same request again would do the same thing twice. It is repeated only where the
	// server said that there were too many; otherwise the error of an answer that doesn't say what became of
	// it is an *UnsureError.
	Once bool
	// Patience is how much longer the answer is waited for, once the question is sent, when the context is cancelled:
	// for what must be known of, whoever still wants it.
	Patience time.Duration
}

// Answer is what a server said.
type Answer struct {
	Host   string
	Status int
	Header http.Header
	Body   []byte
}

// UnsureError is why nobody knows whether a request that must not be repeated was carried out.
type UnsureError struct{ Why string }

func (e *UnsureError) Error() string { return e.Why + "; whether it was done isn't known" }

// errSegment is why a path can't be asked for.
var errSegment = errors.New("a path has a segment that is empty or leads up")

// url is where a question goes. Segments are escaped, so that none can lead elsewhere.
func (l *Line) url(q Question) (string, error) {
	var path strings.Builder
	path.WriteString(strings.TrimRight(l.base.EscapedPath(), "/"))
	for _, part := range q.Path {
		for segment := range strings.SplitSeq(part, "/") {
			if segment == "" || segment == "." || segment == ".." {
				return "", errSegment
			}
			path.WriteString("/" + url.PathEscape(segment))
		}
	}
	if len(q.Path) == 0 && !q.Bare {
		path.WriteString("/")
	}
	target := l.base.Scheme + "://" + l.base.Host + path.String()
	if len(q.Query) > 0 {
		target += "?" + q.Query.Encode()
	}
	return target, nil
}

// agent is who asks, and where to complain of it: crates.io turns away who doesn't say (https://crates.io/data-access).
const agent = "curfew (+https://github.com/curfew-ci/curfew)"

// once sends a question once.
func (l *Line) once(ctx context.Context, q Question, target string) (Answer, error) {
	if q.Patience > 0 && ctx.Err() == nil {
		var stop context.CancelFunc
		ctx, stop = outlasting(ctx, q.Patience)
		defer stop()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.desk.Timeout, fmt.Errorf("%s gave no answer within %s", l.base.Host, l.desk.Timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, q.Method, target, bytes.NewReader(q.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("the request to %s can't be made", l.base.Host)
	}
	for name, values := range q.Header {
		if slices.ContainsFunc(values, func(v string) bool { return !HeaderValue(v) }) {
			return Answer{}, fmt.Errorf("%s would hold characters that can't be sent", name)
		}
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", agent)
	resp, err := l.desk.Client.Do(req)
	if err != nil {
		return Answer{}, l.lost(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	a := Answer{Host: l.base.Host, Status: resp.StatusCode, Header: resp.Header}
	if 300 <= a.Status && a.Status < 400 {
		where := l.Say(RedirectHost(a.Host, a.Header.Get("Location"))) // a name can be made of what was sent
		return a, fmt.Errorf("%s answered with a redirect to %s, which isn't followed: name the server that answers itself", a.Host, where)
	}
	a.Body, err = io.ReadAll(io.LimitReader(resp.Body, int64(l.dialect.MaxAnswer)+1))
	switch {
	case err != nil:
		return Answer{}, l.lost(ctx, err)
	case len(a.Body) > l.dialect.MaxAnswer:
		return a, fmt.Errorf("%s answered more than %d KiB", a.Host, l.dialect.MaxAnswer>>10)
	}
	return a, nil
}

// lostError is why no answer came; asking again may bring one.
type lostError struct{ why string }

func (e lostError) Error() string { return e.why }

// lost says why no answer came.
func (l *Line) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return lostError{why(ctx)}
	}
	return lostError{l.Say(Broken(l.base.Host, err))}
}

// why says why ctx is over.
func why(ctx context.Context) string {
	cause := context.Cause(ctx)
	switch {
	case cause == nil, errors.Is(cause, context.Canceled):
		return "cancelled"
	case errors.Is(cause, context.DeadlineExceeded):
		return "the time was over"
	}
	return cause.Error()
}

// Words is what an answer says, in one line that is fit to be printed.
func (l *Line) Words(a Answer) string {
	out := fmt.Sprintf("%s answered %d", a.Host, a.Status)
	if l.dialect.Said == nil {
		return out
	}
	if said := l.dialect.Said(a); said != "" {
		out += ": " + l.Say(said)
	}
	return out
}

// Say is a text of the server's as it may be repeated: masked first, then fit to be printed and of bounded length.
func (l *Line) Say(s string) string { return Printable(l.masker.Mask(s), maxSaid) }
