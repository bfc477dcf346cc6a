package lease

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

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxAnswer = 1 << 20 // the most that is read of an answer's body, in bytes
	maxSaid   = 500     // characters of a server's words that are repeated
)

// desk is what every provider asks with.
type desk struct {
	client          *http.Client
	now             func() time.Time
	sleep           func(context.Context, time.Duration) error
	timeout, budget time.Duration
}

// dialect is what differs between the servers of providers.
type dialect struct {
	said  func(answer) string // the words of a refusal; "" where it has none
	later func(answer) bool   // refusals that mean "later" beside HTTP's own; may be nil
}

// line is the way to one server, for one exchange or revocation.
type line struct {
	*desk
	dialect
	base     *url.URL
	masker   *redact.Masker
	deadline time.Time
}

// open makes a line to a base URL. The context that it returns ends with the budget.
func (d *desk) open(ctx context.Context, base string, as dialect, secrets ...redact.Secret) (*line, context.Context, context.CancelFunc, error) {
	u, err := courier.ParseEndpoint(base)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("the endpoint %w", err)
	}
	l := &line{desk: d, dialect: as, base: u, deadline: d.now().Add(d.budget)}
	for _, s := range secrets {
		l.hide(s)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.budget, fmt.Errorf("the %s given for it were over", d.budget))
	return l, ctx, cancel, nil
}

// hide adds a secret to those that no error shows, and the parts of a JWT with it: a server may quote one.
func (l *line) hide(s redact.Secret) {
	l.masker = l.masker.With(s)
	for part := range bytes.SplitSeq(s.Reveal(), []byte{'.'}) {
		l.masker = l.masker.With(redact.New(part))
	}
}

// question is one request.
type question struct {
	method string
	path   []string // below the base; each may have several segments
	query  url.Values
	header http.Header
	body   []byte
	// grants is set where the answer holds a credential that can be ended by who holds it: once the question is sent, a
	// cancelled job waits for the answer, since otherwise nobody could.
	grants bool
}

// answer is what a server said.
type answer struct {
	host   string
	status int
	header http.Header
	body   []byte
}

// errSegment is why a path can't be asked for.
var errSegment = errors.New("a path has a segment that is empty or leads up")

// url is where a question goes. Segments are escaped, so that none can lead elsewhere.
func (l *line) url(q question) (string, error) {
	var path strings.Builder
	path.WriteString(strings.TrimRight(l.base.EscapedPath(), "/"))
	for _, part := range q.path {
		for segment := range strings.SplitSeq(part, "/") {
			if segment == "" || segment == "." || segment == ".." {
				return "", errSegment
			}
			path.WriteString("/" + url.PathEscape(segment))
		}
	}
	if len(q.path) == 0 {
		path.WriteString("/")
	}
	target := l.base.Scheme + "://" + l.base.Host + path.String()
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	return target, nil
}

// ask sends a question, again where that may help, and returns the last answer: one that neither is a
// redirect nor asks to come later. Errors are masked.
func (l *line) ask(ctx context.Context, q question) (answer, error) {
	target, err := l.url(q)
	if err != nil {
		return answer{}, err
	}
	for try := 1; ; try++ {
		a, err := l.once(ctx, q, target)
		again := false
		var lost lostError
		switch {
		case errors.As(err, &lost):
			again = ctx.Err() == nil
		case err == nil && l.busy(a):
			again, err = true, errors.New(l.words(a))
		}
		if !again || try == maxTries {
			return a, l.tried(err, try)
		}
		wait := l.wait(a, try)
		if l.now().Add(wait).After(l.deadline) {
			return a, fmt.Errorf("%w; the next try was due in %s, longer than the %s given for it", err, wait, l.budget)
		}
		if l.sleep(ctx, wait) != nil {
			return a, fmt.Errorf("%w; %s before the next try", err, why(ctx))
		}
	}
}

// tried says how often a question was asked in vain.
func (l *line) tried(err error, tries int) error {
	if err == nil || tries == 1 {
		return err
	}
	return fmt.Errorf("%w, in the last of %d tries", err, tries)
}

// lostError is why no answer came; asking again may bring one.
type lostError struct{ why string }

func (e lostError) Error() string { return e.why }

// once sends a question once.
func (l *line) once(ctx context.Context, q question, target string) (answer, error) {
	if q.grants && ctx.Err() == nil {
		var stop context.CancelFunc
		ctx, stop = outlasting(ctx, patience)
		defer stop()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.timeout, fmt.Errorf("%s gave no answer within %s", l.base.Host, l.timeout))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, fmt.Errorf("the request to %s can't be made", l.base.Host)
	}
	for name, values := range q.header {
		if slices.ContainsFunc(values, func(v string) bool { return !courier.HeaderValue(v) }) {
			return answer{}, fmt.Errorf("%s would hold characters that can't be sent", name)
		}
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "curfew")
	resp, err := l.client.Do(req)
	if err != nil {
		return answer{}, l.lost(ctx, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	a := answer{host: l.base.Host, status: resp.StatusCode, header: resp.Header}
	if 300 <= a.status && a.status < 400 {
		where := l.masker.Mask(courier.RedirectHost(a.host, a.header.Get("Location"))) // a name can be made of what was sent
		return a, fmt.Errorf("%s answered with a redirect to %s, which isn't followed: name the server that answers itself",
			a.host, courier.Printable(where, maxSaid))
	}
	a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return answer{}, l.lost(ctx, err)
	case len(a.body) > maxAnswer:
		return a, fmt.Errorf("%s answered more than %d KiB", a.host, maxAnswer>>10)
	}
	return a, nil
}

// lost says why no answer came.
func (l *line) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return lostError{why(ctx)}
	}
	return lostError{courier.Printable(l.masker.Mask(courier.Broken(l.base.Host, err)), maxSaid)}
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

// words is what an answer says, in one line that is fit to be printed.
func (l *line) words(a answer) string {
	out := fmt.Sprintf("%s answered %d", a.host, a.status)
	if said := l.said(a); said != "" {
		out += ": " + courier.Printable(l.masker.Mask(said), maxSaid)
	}
	return out
}
