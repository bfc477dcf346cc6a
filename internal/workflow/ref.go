package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/source"
)

// chain reads an expression that is only a name with properties, such as secrets.X. Most are, and
// they need neither lexer nor parser.
func (x *exprReader) chain(text string, base int) bool {
	name := strings.Trim(text, " \t\r\n")
	var path []string
	for rest, more := name, true; more; {
		var word string
		if word, rest, more = strings.Cut(rest, "."); !isName(word) {
			return false
		}
		path = append(path, word)
	}
	if isConstant(path[0]) {
		return false
	}
	start := base + strings.Index(text, name)
	x.s.Refs = append(x.s.Refs, Ref{
		Context: strings.ToLower(path[0]),
		Path:    path[1:],
		Whole:   len(path) == 1,
		Span:    x.span(start, start+len(name)),
	})
	return true
}

func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		case i > 0 && ('0' <= c && c <= '9' || c == '-'):
		default:
			return false
		}
	}
	return s != ""
}

func isConstant(s string) bool {
	switch s {
	case "true", "false", "null", "NaN", "Infinity", "insert":
		return true
	}
	return false
}

// maxWithin bounds how many functions around a context are noted: more than GitHub lets stand around
// anything (actions/runner, ExpressionConstants.MaxDepth is 50).
const maxWithin = 64

// tokenReader finds contexts and calls in a row of tokens. It needs no syntax tree, so that an
// expression that doesn't parse still shows what it names.
type tokenReader struct {
	*exprReader
	tokens []*actionlint.Token
	base   int   // where the expression begins in the value
	match  []int // for each bracket and parenthesis the token that closes it, or 0
	within []string
}

func (x *exprReader) tokens(tokens []*actionlint.Token, base int) {
	r := tokenReader{exprReader: x, tokens: tokens, base: base, match: pair(tokens)}
	var opened []bool // for each open parenthesis whether it is a call's
	for i, t := range tokens {
		switch t.Kind {
		case actionlint.TokenKindLeftParen:
			call := r.isCall(i)
			opened = append(opened, call)
			if call {
				r.within = append(r.within, strings.ToLower(tokens[i-1].Value))
			}
		case actionlint.TokenKindRightParen:
			if n := len(opened) - 1; n >= 0 {
				if opened[n] {
					r.within = r.within[:len(r.within)-1]
				}
				opened = opened[:n]
			}
		case actionlint.TokenKindIdent:
			r.ident(i)
		}
	}
}

// pair finds the token that closes each bracket and parenthesis.
func pair(tokens []*actionlint.Token) []int {
	match := make([]int, len(tokens))
	var open []int
	for i, t := range tokens {
		switch t.Kind {
		case actionlint.TokenKindLeftParen, actionlint.TokenKindLeftBracket:
			open = append(open, i)
		case actionlint.TokenKindRightParen, actionlint.TokenKindRightBracket:
			if n := len(open) - 1; n >= 0 {
				match[open[n]] = i
				open = open[:n]
			}
		}
	}
	return match
}

func (r *tokenReader) kind(i int) actionlint.TokenKind {
	if i < 0 || i >= len(r.tokens) {
		return actionlint.TokenKindEnd
	}
	return r.tokens[i].Kind
}

// isCall reports whether the parenthesis at i follows a function's name.
func (r *tokenReader) isCall(i int) bool { return r.kind(i-1) == actionlint.TokenKindIdent }

func (r *tokenReader) ident(i int) {
	t := r.tokens[i]
	switch {
	case r.kind(i-1) == actionlint.TokenKindDot:
	case r.kind(i+1) == actionlint.TokenKindLeftParen:
		end := max(r.match[i+1], i+1)
		r.s.Calls = append(r.s.Calls, Call{Name: strings.ToLower(t.Value), Span: r.spanOf(i, end)})
	case !isConstant(t.Value):
		r.ref(i)
	}
}

// spanOf is the place of the tokens from first to last.
func (r *tokenReader) spanOf(first, last int) source.Span {
	a, b := r.tokens[first], r.tokens[last]
	return r.span(r.base+a.Offset, r.base+b.Offset+len(b.Value))
}

// ref reads the context named by token i and the properties that follow.
func (r *tokenReader) ref(i int) {
	ref := Ref{Context: strings.ToLower(r.tokens[i].Value)}
	if n := min(len(r.within), maxWithin); n > 0 {
		ref.Within = append([]string(nil), r.within[:n]...)
	}
	first, last, open := i, i, true
	for {
		if n := r.property(last+1, &ref, &open); n > 0 {
			last += n
		} else if n = r.parens(first, last); n > 0 {
			first, last = first-n, last+n
		} else {
			break
		}
	}
	ref.Whole = len(ref.Path) == 0 && !ref.Dynamic
	ref.Span = r.spanOf(first, last)
	r.s.Refs = append(r.s.Refs, ref)
}

// parens counts the parentheses around the tokens from first to last that only group, where a
// property follows them: (secrets).X is secrets.X.
func (r *tokenReader) parens(first, last int) int {
	n := 0
	for l := first - 1; l >= 0 && r.kind(l) == actionlint.TokenKindLeftParen && r.match[l] == last+1+n && !r.isCall(l); l-- {
		n++
	}
	if k := r.kind(last + 1 + n); k != actionlint.TokenKindDot && k != actionlint.TokenKindLeftBracket {
		return 0
	}
	return n
}

// property reads one .name, .* or [index] at token i and returns how many tokens it has.
func (r *tokenReader) property(i int, ref *Ref, open *bool) int {
	switch r.kind(i) {
	case actionlint.TokenKindDot:
		switch r.kind(i + 1) {
		case actionlint.TokenKindIdent:
			if *open {
				ref.Path = append(ref.Path, r.tokens[i+1].Value)
			}
			return 2
		case actionlint.TokenKindStar:
			*open = false
			return 2
		}
	case actionlint.TokenKindLeftBracket:
		if r.match[i] == 0 {
			return 0
		}
		if *open {
			r.index(i, ref, open)
		}
		return r.match[i] - i + 1
	}
	return 0
}

// index reads the [index] at token i.
func (r *tokenReader) index(i int, ref *Ref, open *bool) {
	t := r.tokens[i+1]
	literal := r.match[i] == i+2
	switch {
	case literal && t.Kind == actionlint.TokenKindString:
		ref.Path = append(ref.Path, strings.ReplaceAll(t.Value[1:len(t.Value)-1], "''", "'"))
	case literal && t.Kind == actionlint.TokenKindInt:
		ref.Path = append(ref.Path, t.Value)
	case literal && t.Kind == actionlint.TokenKindStar:
		*open = false
	default:
		ref.Dynamic, *open = true, false
	}
}
