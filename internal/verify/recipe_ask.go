package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// provider asks by the recipe.
func (r Recipe) provider() *provider {
	return &provider{name: r.Detector, detectors: []string{r.Detector}, ask: r.ask}
}

func (r Recipe) ask(ctx context.Context, q *question) verdict {
	secret := string(q.Value.Reveal())
	if !strings.HasPrefix(secret, r.Prefix) {
		return unknown("the recipe for " + r.Detector + " is for values that begin with " + r.Prefix)
	}
	header := http.Header{}
	for name, value := range r.Headers {
		header.Set(name, strings.ReplaceAll(value, placeholder, secret))
	}
	path, query, asks := strings.Cut(r.URL, "?")
	target := strings.ReplaceAll(path, placeholder, url.PathEscape(secret))
	if asks {
		target += "?" + strings.ReplaceAll(query, placeholder, url.QueryEscape(secret))
	}
	a, err := q.line.send(ctx, r.Method, target, header, nil)
	if err != nil {
		return unknown(err.Error())
	}
	return r.judge(a)
}

// judge reads an answer. Where it would be both live and dead, the recipe is wrong and it is neither.
func (r Recipe) judge(a answer) verdict {
	doc := decode(a.body)
	live := r.Live.holds(a, doc)
	for _, c := range r.Dead {
		if !c.holds(a, doc) {
			continue
		}
		if live {
			return unknown("by the recipe " + a.host + "'s answer means both live and dead")
		}
		reason := a.host + " answered " + strconv.Itoa(a.status)
		if c.Field != "" {
			reason += ", " + c.Field + ": " + text(lookup(doc, c.Field))
		}
		return dead(reason)
	}
	if !live {
		return a.unexpected()
	}
	v := verdict{Status: Live, Subject: text(lookup(doc, r.Subject)), Expires: timeOf(lookup(doc, r.Expires))}
	switch {
	case r.ScopesHeader != "":
		v.Scopes = strings.Split(strings.Join(a.header.Values(r.ScopesHeader), ","), ",")
	case r.Scopes != "":
		v.Scopes = scopesOf(lookup(doc, r.Scopes))
	default:
		v.Reason = "the recipe doesn't ask what it may do"
	}
	return v
}

// holds reports whether the condition does.
func (c condition) holds(a answer, doc any) bool {
	if a.status != c.Status {
		return false
	}
	if c.Field == "" {
		return true
	}
	got := lookup(doc, c.Field)
	switch want := c.Is.(type) {
	case nil:
		return got != nil
	case int64:
		n, ok := got.(json.Number)
		return ok && n.String() == strconv.FormatInt(want, 10)
	default: // text and booleans
		return got == want
	}
}

// decode reads JSON with its numbers as they are written; nil where it isn't whole.
func decode(body []byte) any {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) != nil || dec.More() {
		return nil
	}
	return doc
}

// lookup follows a path such as "errors.0.code"; nil where it leads nowhere.
func lookup(doc any, path string) any {
	if path == "" {
		return nil
	}
	for key := range strings.SplitSeq(path, ".") {
		switch at := doc.(type) {
		case map[string]any:
			doc = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			doc = at[i]
		default:
			return nil
		}
	}
	return doc
}

// text is a value of JSON in words; "" for what isn't one word.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// scopesOf reads a list of texts, or one text with blanks or commas between scopes.
func scopesOf(v any) []string {
	if list, ok := v.([]any); ok {
		var out []string
		for _, e := range list {
			out = append(out, text(e))
		}
		return out
	}
	return strings.FieldsFunc(text(v), func(r rune) bool { return r == ',' || r == ' ' })
}

// timeOf reads a day, a time of RFC 3339 or seconds since 1970; zero for anything else.
func timeOf(v any) time.Time {
	s := text(v)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}
