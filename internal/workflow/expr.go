package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/curfew-ci/curfew/internal/source"
	"github.com/curfew-ci/curfew/internal/yamltree"
)

const (
	exprOpen  = "${{"
	exprClose = "}}"
	// GitHub's own limit on one expression (actions/runner, ExpressionConstants.MaxLength). It also
	// bounds how deep actionlint's parser recurses.
	exprLimit = 21_000
)

func hasExpression(v string) bool { return strings.Contains(v, exprOpen) }

// isOneExpression reports whether v is nothing but one ${{ }}.
func isOneExpression(v string) bool {
	v = strings.TrimSpace(v)
	if !strings.HasPrefix(v, exprOpen) {
		return false
	}
	end, ok := exprEnd(v, len(exprOpen))
	return ok && end+len(exprClose) == len(v)
}

// exprEnd finds the "}}" that closes the expression whose text begins at i. Like GitHub's reader it
// passes over what stands in single quotes.
func exprEnd(v string, i int) (end int, ok bool) {
	quoted := false
	for ; i < len(v); i++ {
		switch {
		case v[i] == '\'':
			quoted = !quoted
		case !quoted && strings.HasPrefix(v[i:], exprClose):
			return i, true
		}
	}
	return i, false
}

// exprReader fills in what the expressions of one string read and call.
type exprReader struct {
	file    *File
	s       *String
	offsets yamltree.Offsets
	mapped  bool // offsets is there
}

// expressions reads every ${{ }} of s.
func (p *parser) expressions(s *String) {
	i := strings.Index(s.Value, exprOpen)
	if i < 0 {
		return
	}
	x := exprReader{file: p.file, s: s}
	for i >= 0 {
		start := i + len(exprOpen)
		end, closed := exprEnd(s.Value, start)
		if !closed {
			x.bad(i, start, `the expression isn't closed with "}}"`)
			x.read(start, end)
			return
		}
		x.read(start, end)
		i = end + len(exprClose)
		next := strings.Index(s.Value[i:], exprOpen)
		if next < 0 {
			return
		}
		i += next
	}
}

// bareExpression reads s as one expression.
func (p *parser) bareExpression(s *String) {
	if strings.TrimSpace(s.Value) == "" {
		return
	}
	x := exprReader{file: p.file, s: s}
	x.read(0, len(s.Value))
}

// read reads the expression s.Value[start:end].
func (x *exprReader) read(start, end int) {
	text := x.s.Value[start:end]
	if len(text) > exprLimit {
		x.tokens(lex(text), start)
		x.bad(start, end, "the expression is longer than 21,000 characters")
		return
	}
	if x.chain(text, start) || strings.TrimSpace(text) == "insert" {
		return
	}
	x.tokens(lex(text), start)
	if _, err := parseExpr(text); err != nil {
		at := start + max(err.Offset, 0)
		if at >= end {
			at = start
		}
		x.bad(at, end, err.Message)
	}
}

// lex returns the tokens of text. What can't be read is passed over, character by character: GitHub
// reads some that actionlint doesn't, such as a number's "+", and a secret may stand behind it.
func lex(text string) []*actionlint.Token {
	src := text + exprClose
	var out []*actionlint.Token
	for from := 0; from < len(text); {
		l := actionlint.NewExprLexer(src[from:])
		t := l.Next()
		for ; l.Err() == nil && t.Kind != actionlint.TokenKindEnd; t = l.Next() {
			t.Offset += from
			out = append(out, t)
		}
		if l.Err() == nil && from+t.Offset >= len(text) {
			break
		}
		from += t.Offset + 1
	}
	return out
}

// parseExpr is actionlint's verdict on the whole of text; its parser stops at the first "}}".
func parseExpr(text string) (actionlint.ExprNode, *actionlint.ExprError) {
	l := actionlint.NewExprLexer(text + exprClose)
	tree, err := actionlint.NewExprParser().Parse(l)
	if at := l.Offset() - len(exprClose); err == nil && at < len(text) {
		err = &actionlint.ExprError{Message: `unexpected "}}" inside of an expression`, Offset: at}
	}
	return tree, err
}

func (x *exprReader) bad(i, j int, msg string) {
	x.s.Bad = append(x.s.Bad, Problem{source.Region{Path: x.file.Path, Span: x.span(i, j)}, msg})
}

// span is the place of the bytes [i, j) of the string's value.
func (x *exprReader) span(i, j int) source.Span {
	if !x.mapped {
		x.offsets, x.mapped = x.file.doc.Offsets(x.s.node), true
	}
	return x.offsets.Span(i, j)
}
