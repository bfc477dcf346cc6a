package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

const (
	maxAnswer  = 16 << 20 // of an answer; a tree of a folder is the longest that is asked for
	maxRefusal = 1 << 20  // of one that refuses
	maxTold    = 200      // of what GitHub says in words
)

// errUsedUp says that asking on is no use.
var errUsedUp = errors.New("the token's rate limit is used up")

// question is a GET, unless it says another method.
type question struct {
	method string
	path   string   // below the API's root
	args   []string // that fill its %s, escaped for a path
	need   string   // the permission that the token must have
	at     string   // on what: a repository or an organisation
	one    bool     // an argument is one segment, whatever slashes it has
}

// url is the path with its arguments. Each is one or, where it has slashes, several segments.
func (q question) url() string {
	escaped := make([]any, len(q.args))
	for i, arg := range q.args {
		if q.one {
			escaped[i] = url.PathEscape(arg)
			continue
		}
		segments := strings.Split(arg, "/")
		for j := range segments {
			segments[j] = url.PathEscape(segments[j])
		}
		escaped[i] = strings.Join(segments, "/")
	}
	return fmt.Sprintf(q.path, escaped...)
}

// ask reads an answer in JSON into v.
func (c *Client) ask(ctx context.Context, q question, v any) error {
	src, err := c.fetch(ctx, q, "application/vnd.github+json", maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(src, v); err != nil {
		return fmt.Errorf("GET /%s: the answer can't be read: %w", q.url(), err)
	}
	return nil
}

// fetch reads an answer of a media type.
func (c *Client) fetch(ctx context.Context, q question, media string, most int) ([]byte, error) {
	src, _, err := c.fetchPage(ctx, q, media, most)
	return src, err
}

// fetchPage is fetch that tells whether there is a next page.
func (c *Client) fetchPage(ctx context.Context, q question, media string, most int) (src []byte, more bool, err error) {
	req, err := c.rest.NewRequest(http.MethodGet, q.url(), nil)
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Accept", media)
	resp, err := c.rest.BareDo(ctx, req)
	if err != nil {
		return nil, false, c.explain(ctx, q, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all that is wanted has been read
	src, err = io.ReadAll(io.LimitReader(resp.Body, int64(most)+1))
	if err == nil && len(src) > most {
		err = fmt.Errorf("%w: %d bytes", errLongAnswer, most)
	}
	if err != nil {
		return nil, false, fmt.Errorf("GET /%s: %w", q.url(), err)
	}
	return src, hasNext(resp.Header), nil
}

// refusalError is a question that GitHub refused.
type refusalError struct {
	status  int
	message string // GitHub's, fit to be printed
	text    string
}

func (e *refusalError) Error() string { return e.text }

// verb is the method.
func (q question) verb() string {
	if q.method == "" {
		return http.MethodGet
	}
	return q.method
}

// explain is question's, after what GitHub quotes of a token has been taken out.
func (c *Client) explain(ctx context.Context, q question, err error) error {
	return q.explain(ctx, c.hideTokens(err))
}

// hideTokens takes out of an error what GitHub quotes of a token.
func (c *Client) hideTokens(err error) error {
	var refusal *gogithub.ErrorResponse
	if errors.As(err, &refusal) {
		for _, token := range []redact.Secret{c.token, c.metadata.token} {
			refusal.Message = strings.ReplaceAll(refusal.Message, string(token.Reveal()), "[redacted]")
		}
	}
	return err
}

// explain says which question was refused, what the token needs for it and what to do.
func (q question) explain(ctx context.Context, err error) error {
	var refusal *gogithub.ErrorResponse
	var limit *gogithub.RateLimitError
	var abuse *gogithub.AbuseRateLimitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s /%s: no answer in time, or GitHub asks to wait for longer: %w", q.verb(), q.url(), ctx.Err())
	case errors.As(err, &limit), errors.As(err, &abuse):
		return fmt.Errorf("%s /%s: %w: run the job again later, or give it a token of its own", q.verb(), q.url(), errUsedUp)
	case !errors.As(err, &refusal) || refusal.Response == nil:
		return fmt.Errorf("%s /%s: %w", q.verb(), q.url(), err)
	}
	e := &refusalError{status: refusal.Response.StatusCode, message: courier.Printable(refusal.Message, maxTold)}
	e.text = fmt.Sprintf("%s /%s: GitHub answers %d", q.verb(), q.url(), e.status)
	if e.message != "" {
		e.text += ", " + e.message
	}
	switch e.status {
	case http.StatusUnauthorized:
		e.text += ": the token is wrong or has expired: give the job's own, or a new one"
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect:
		e.text += ": it was moved, and what it became isn't taken for it: name it as it is called now"
	case http.StatusForbidden, http.StatusNotFound:
		e.text += fmt.Sprintf(": it isn't there, or the token may not see it: let the token have %q on %s", q.need, q.at)
	default:
		e.text += ": run the job again"
	}
	return e
}
