package workflow

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rhysd/actionlint"
)

// runOf parses a workflow with one step whose script is value, in a literal block, and returns the script.
func runOf(t *testing.T, value string) (*File, *String) {
	t.Helper()
	src := "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - run: |-\n          " +
		strings.ReplaceAll(value, "\n", "\n          ") + "\n"
	f := Parse(".github/workflows/w.yml", []byte(src))
	if len(f.Problems) > 0 {
		t.Fatal(f.Problems)
	}
	s := f.Workflow.Jobs[0].Steps[0].Run
	if s.Value != value {
		t.Fatalf("value %q, want %q", s.Value, value)
	}
	return f, s
}

// show renders what was found: refs with their traits and text, calls and faults with theirs.
func show(f *File, s *String) []string {
	src := string(f.Text.Src)
	var out []string
	for _, r := range s.Refs {
		line := fmt.Sprintf("%s%q", r.Context, r.Path)
		if r.Whole {
			line += " whole"
		}
		if r.Dynamic {
			line += " dynamic"
		}
		for _, w := range r.Within {
			line += " in " + w
		}
		out = append(out, line+" at "+src[r.Span.Start.Offset:r.Span.End.Offset])
	}
	for _, c := range s.Calls {
		out = append(out, c.Name+"() at "+src[c.Span.Start.Offset:c.Span.End.Offset])
	}
	for _, b := range s.Bad {
		out = append(out, "bad at "+src[b.Region.Start.Offset:b.Region.End.Offset])
	}
	return out
}

func TestExpressions(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  []string
	}{
		{"echo", nil},
		{"${{ secrets.NPM_TOKEN }}", []string{`secrets["NPM_TOKEN"] at secrets.NPM_TOKEN`}},
		{"a ${{secrets.A}} b ${{ SECRETS.b-c }}", []string{`secrets["A"] at secrets.A`, `secrets["b-c"] at SECRETS.b-c`}},
		{"${{ secrets['A'] }}", []string{`secrets["A"] at secrets['A']`}},
		{"${{ secrets['it''s'] }}", []string{`secrets["it's"] at secrets['it''s']`}},
		{"${{ secrets[matrix.x] }}", []string{`secrets[] dynamic at secrets[matrix.x]`, `matrix["x"] at matrix.x`}},
		{"${{ secrets[format('{0}_KEY', env.X)].y }}", []string{
			`secrets[] dynamic at secrets[format('{0}_KEY', env.X)].y`, `env["X"] in format at env.X`, `format() at format('{0}_KEY', env.X)`,
		}},
		{"${{ secrets.* }}", []string{`secrets[] whole at secrets.*`}},
		{"${{ secrets }}", []string{`secrets[] whole at secrets`}},
		{"${{ toJSON(secrets) }}", []string{`secrets[] whole in tojson at secrets`, `tojson() at toJSON(secrets)`}},
		{"${{ (secrets).A }}", []string{`secrets["A"] at (secrets).A`}},
		{"${{ ((secrets))['A'] == 1 }}", []string{`secrets["A"] at ((secrets))['A']`}},
		{"${{ toJSON((secrets)) }}", []string{`secrets[] whole in tojson at secrets`, `tojson() at toJSON((secrets))`}},
		{"${{ fromJSON(secrets.X).y }}", []string{`secrets["X"] in fromjson at secrets.X`, `fromjson() at fromJSON(secrets.X)`}},
		{"${{ fromJSON(toJSON(secrets)).A || github.token }}", []string{
			`secrets[] whole in fromjson in tojson at secrets`, `github["token"] at github.token`,
			`fromjson() at fromJSON(toJSON(secrets))`, `tojson() at toJSON(secrets)`,
		}},
		{"${{ github.event.commits[0].id }}", []string{`github["event" "commits" "0" "id"] at github.event.commits[0].id`}},
		{"${{ github.event.labels.*.name }}", []string{`github["event" "labels"] at github.event.labels.*.name`}},
		{"${{ true && null || !false }}", nil},
		{"${{ 'secrets.A' }}", nil},
		{"${{ '}}' != secrets.A }}", []string{`secrets["A"] at secrets.A`}},
		{"${{ hashFiles('a', inputs.b) }}", []string{`inputs["b"] in hashfiles at inputs.b`, `hashfiles() at hashFiles('a', inputs.b)`}},
		{"${{ secrets.A\n  }} and ${{\nsecrets.B }}", []string{`secrets["A"] at secrets.A`, `secrets["B"] at secrets.B`}},
		// What GitHub or actionlint's parser refuses still shows what it names.
		{"${{ }}", []string{"bad at  "}},
		{"${{ secrets.A", []string{`secrets["A"] at secrets.A`, "bad at ${{"}},
		{"${{ secrets.A && }}", []string{`secrets["A"] at secrets.A`, "bad at  secrets.A && "}},
		{"${{ secrets[*].x }}", []string{`secrets[] whole at secrets[*].x`, "bad at *].x "}},
		{"${{ secrets.A == \"x\" }}", []string{`secrets["A"] at secrets.A`, `x[] whole at x`, `bad at "x" `}},
		{"${{ +1 == 1 && secrets.A }}", []string{`secrets["A"] at secrets.A`, "bad at +1 == 1 && secrets.A "}},
		{"${{ \"a\" || é || 'b' || secrets.A }}", []string{`a[] whole at a`, `secrets["A"] at secrets.A`, "bad at \"a\" || é || 'b' || secrets.A "}},
		{"${{ } || secrets.A }}", []string{`secrets["A"] at secrets.A`, "bad at  || secrets.A "}},
		{"${{ f(secrets.A }}", []string{`secrets["A"] in f at secrets.A`, "f() at f(", "bad at  f(secrets.A "}},
		{"${{ secrets[a }}", []string{`secrets[] whole at secrets`, `a[] whole at a`, "bad at  secrets[a "}},
	} {
		f, s := runOf(t, tt.value)
		if d := cmp.Diff(tt.want, show(f, s), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.value, d)
		}
	}
}

func TestLongExpression(t *testing.T) {
	f, s := runOf(t, "${{ "+strings.Repeat("(", 50_000)+"secrets.A"+strings.Repeat(")", 50_000)+" }}")
	if len(s.Refs) != 1 || s.Refs[0].Name() != "A" || len(s.Bad) != 1 {
		t.Errorf("got %v", show(f, s))
	}
}

func TestConditions(t *testing.T) {
	const src = `
on: push
jobs:
  j:
    if: github.ref == 'refs/heads/main' && secrets.A != ''
    runs-on: x
    steps:
      - if: ${{ env.B }} && vars.C
        run: secrets.D
      - if: >-
          always() &&
          secrets['E']
        run: x
      - if: true
        run: x
`
	f := Parse(".github/workflows/w.yml", []byte(src))
	var got []string
	for s := range f.Strings {
		got = append(got, show(f, s)...)
	}
	want := []string{
		`github["ref"] at github.ref`, `secrets["A"] at secrets.A`,
		`env["B"] at env.B`,
		`secrets["E"] at secrets['E']`, `always() at always()`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// FuzzExpression compares what is read off the tokens with actionlint's syntax tree: the same
// contexts and calls, and spans that hold what they say. Any text goes, whether it parses or not.
func FuzzExpression(f *testing.F) {
	for _, src := range []string{
		"secrets.A", "toJSON(secrets)", "(secrets)['A'].*.b[0]", "fromJSON(secrets[matrix.x]).y != '}}' && !(a.b)",
		"a[b[c.d]][*] || e(f(g), 1.5e-3, -0x1f)", "''''", " insert ", "\"", "true == NaN",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.ContainsAny(src, "\r\u0085\u2028\u2029") {
			return // line breaks that YAML makes its own
		}
		doc := Parse("action.yml", []byte("runs: {pre-if: '"+strings.ReplaceAll(src, "'", "''")+"'}"))
		if doc.Action == nil || doc.Action.PreIf == nil || doc.Action.PreIf.Value != src || strings.Contains(src, exprOpen) {
			return
		}
		s := doc.Action.PreIf
		for _, r := range s.Refs {
			if text := checkSpan(t, doc, r.Span); !strings.Contains(strings.ToLower(text), r.Context) {
				t.Errorf("%s spans %q", r.Context, text)
			}
		}
		slow := &exprReader{file: doc, s: &String{Value: src, node: s.node}}
		slow.tokens(lex(src), 0)
		if d := cmp.Diff(slow.s.Refs, s.Refs, cmpopts.EquateEmpty()); d != "" && strings.TrimSpace(src) != "insert" {
			t.Errorf("%q: (-from tokens +as read)\n%s", src, d)
		}
		if len(src) > exprLimit {
			return
		}
		tree, err := parseExpr(src)
		if err != nil {
			if len(s.Bad) == 0 && strings.TrimSpace(src) != "" && strings.TrimSpace(src) != "insert" {
				t.Errorf("%q is not bad: %v", src, err)
			}
			return
		}
		if d := cmp.Diff(inTree(tree), inRefs(s), cmpopts.EquateEmpty()); d != "" || len(s.Bad) > 0 {
			t.Errorf("%q: (-tree +tokens)\n%s%v", src, d, s.Bad)
		}
	})
}

// inTree counts the contexts and functions in a syntax tree.
func inTree(tree actionlint.ExprNode) map[string]int {
	n := make(map[string]int)
	actionlint.VisitExprNode(tree, func(node, _ actionlint.ExprNode, entering bool) {
		if !entering {
			return
		}
		switch node := node.(type) {
		case *actionlint.VariableNode:
			if !isConstant(node.Token().Value) {
				n[node.Name]++
			}
		case *actionlint.FuncCallNode:
			n[strings.ToLower(node.Callee)+"()"]++
		}
	})
	return n
}

func inRefs(s *String) map[string]int {
	n := make(map[string]int)
	for _, r := range s.Refs {
		n[r.Context]++
	}
	for _, c := range s.Calls {
		n[c.Name+"()"]++
	}
	return n
}
