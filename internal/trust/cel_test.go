package trust

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// errCEL is the value of what can't be evaluated: it isn't true.
var errCEL = errors.New("no such key, or no such overload")

// evaluator reads as much of CEL as this room writes, and evaluates it as the specification says
// (https://github.com/google/cel-spec/blob/master/doc/langdef.md): a missing claim is an error, which "&&" and "||" take in
// where the other side decides.
type evaluator struct {
	tokens []string
	vars   map[string]any
}

// compileCEL reads an expression; what it returns is its value: a text, a bool, a time, a number, a list, or errCEL.
func compileCEL(t testing.TB, src string) func(vars map[string]any) any {
	t.Helper()
	tokens := celTokens(t, src)
	return func(vars map[string]any) any {
		e := &evaluator{tokens: tokens, vars: vars}
		v := e.conditional()
		if len(e.tokens) > 0 {
			t.Fatalf("%q is left over of %s", e.tokens, src)
		}
		return v
	}
}

func evaluate(t testing.TB, src string, vars map[string]any) any {
	t.Helper()
	return compileCEL(t, src)(vars)
}

// celTokens parts an expression. It fails on what can't stand in one of ours outside of a text.
func celTokens(t testing.TB, src string) []string {
	t.Helper()
	var out []string
	for i := 0; i < len(src); {
		switch c := src[i]; {
		case c == ' ' || c == '\n':
			i++
		case c == '\'':
			_, n := celString(t, src[i:])
			out = append(out, src[i:i+n])
			i += n
		case strings.HasPrefix(src[i:], "&&"), strings.HasPrefix(src[i:], "||"), strings.HasPrefix(src[i:], "=="):
			out = append(out, src[i:i+2])
			i += 2
		case strings.ContainsRune("()[].,+<?:", rune(c)):
			out = append(out, string(c))
			i++
		default:
			n := len(src[i:]) - len(strings.TrimLeft(src[i:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"))
			if n == 0 {
				t.Fatalf("%q outside of a text in %s", c, src)
			}
			out = append(out, src[i:i+n])
			i += n
		}
	}
	return out
}

// celString reads the text that src begins with: its content, and its length.
func celString(t testing.TB, src string) (string, int) {
	t.Helper()
	var b strings.Builder
	for i := 1; i < len(src); {
		switch src[i] {
		case '\'':
			return b.String(), i + 1
		case '\n':
			t.Fatalf("a text goes over its line in %s", src)
		}
		r, _, tail, err := strconv.UnquoteChar(src[i:], '\'')
		if err != nil {
			t.Fatalf("%v in %s", err, src)
		}
		b.WriteRune(r)
		i = len(src) - len(tail)
	}
	t.Fatalf("a text without an end in %s", src)
	return "", 0
}

func (e *evaluator) peek(s string) bool { return len(e.tokens) > 0 && e.tokens[0] == s }

func (e *evaluator) next() string {
	if len(e.tokens) == 0 {
		panic("the expression ends too early")
	}
	s := e.tokens[0]
	e.tokens = e.tokens[1:]
	return s
}

func (e *evaluator) take(s string) {
	if got := e.next(); got != s {
		panic("expected " + s + ", got " + got)
	}
}

func (e *evaluator) conditional() any {
	v := e.logic("||", true, func() any { return e.logic("&&", false, e.relation) })
	if !e.peek("?") {
		return v
	}
	e.next()
	yes := e.conditional()
	e.take(":")
	no := e.conditional()
	switch v {
	case true:
		return yes
	case false:
		return no
	}
	return errCEL
}

// logic evaluates a chain of one operator, which decisive decides whatever else fails.
func (e *evaluator) logic(operator string, decisive bool, operand func() any) any {
	v := operand()
	for e.peek(operator) {
		e.next()
		switch w := operand(); {
		case v == decisive || w == decisive:
			v = decisive
		case v != !decisive || w != !decisive:
			v = errCEL
		}
	}
	return v
}

func (e *evaluator) relation() any {
	a := e.sum()
	switch {
	case e.peek("=="):
		e.next()
		b := e.sum()
		if a == errCEL || b == errCEL { //nolint:errorlint // a value of the evaluator's, not an error of the program's
			return errCEL
		}
		return reflect.DeepEqual(a, b)
	case e.peek("<"):
		e.next()
		x, ok := a.(time.Time)
		y, also := e.sum().(time.Time)
		if !ok || !also {
			return errCEL
		}
		return x.Before(y)
	case e.peek("in"):
		e.next()
		switch b := e.sum().(type) {
		case []any:
			if a == errCEL { //nolint:errorlint // as above
				return errCEL
			}
			return slices.ContainsFunc(b, func(v any) bool { return v == a })
		case map[string]any:
			_, ok := b[a.(string)]
			return ok
		}
		return errCEL
	}
	return a
}

func (e *evaluator) sum() any {
	v := e.primary()
	for e.peek("+") {
		e.next()
		switch w := e.primary().(type) {
		case string:
			if s, ok := v.(string); ok {
				v = s + w
				continue
			}
			v = errCEL
		case []any:
			if l, ok := v.([]any); ok {
				v = append(slices.Clone(l), w...)
				continue
			}
			v = errCEL
		default:
			v = errCEL
		}
	}
	return v
}

func (e *evaluator) primary() any {
	switch tok := e.next(); {
	case tok == "(":
		v := e.conditional()
		e.take(")")
		return v
	case tok == "[":
		list := []any{}
		for !e.peek("]") {
			list = append(list, e.conditional())
			if e.peek(",") {
				e.next()
			}
		}
		e.next()
		return list
	case tok[0] == '\'':
		v, err := strconv.Unquote(`"` + strings.ReplaceAll(strings.ReplaceAll(tok[1:len(tok)-1], `\'`, `'`), `"`, `\"`) + `"`)
		if err != nil {
			panic(err)
		}
		return v
	case e.peek("("):
		return e.call(tok)
	default:
		return e.selected(tok)
	}
}

// call evaluates has(), timestamp() and int().
func (e *evaluator) call(name string) any {
	e.take("(")
	v := e.conditional()
	e.take(")")
	switch v := v.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339, v); name == "timestamp" && err == nil {
			return at
		}
		if n, err := strconv.ParseInt(v, 10, 64); name == "int" && err == nil {
			return n
		}
	case int64:
		if name == "timestamp" {
			return time.Unix(v, 0)
		}
	}
	if name == "has" {
		return v != errCEL //nolint:errorlint // as above
	}
	return errCEL
}

// selected evaluates a variable's field, by a dot or in brackets.
func (e *evaluator) selected(name string) any {
	v := e.vars[name]
	for e.peek(".") || e.peek("[") {
		key := ""
		if e.next() == "." {
			key = e.next()
		} else {
			key, _ = e.primary().(string)
			e.take("]")
		}
		fields, _ := v.(map[string]any)
		if field, ok := fields[key]; ok {
			v = field
			continue
		}
		v = errCEL
	}
	return v
}

// FuzzCELText: a text comes back from CEL as it went in, within one line, and nothing in it ends it.
func FuzzCELText(f *testing.F) {
	for _, s := range append(hostile(), `'`, `\'`, `' || true || '`, `\`, `\u0027`, "it's") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		q := celText(s)
		if got, n := celString(t, q); got != s || n != len(q) {
			t.Errorf("%q became %q", s, got)
		}
		for _, name := range []string{"environment", "in", "repo_property_a-b", "x$#"} {
			vars := map[string]any{"claims": map[string]any{name: s}}
			if v := evaluate(t, celHas("claims", name)+" && "+celIs("claims", name, []string{s}), vars); v != true {
				t.Errorf("%q isn't itself: %v", s, v)
			}
			if v := evaluate(t, celIs("claims", name, []string{s + "x", s + "'"}), vars); v != false {
				t.Errorf("%q is another: %v", s, v)
			}
		}
	})
}
