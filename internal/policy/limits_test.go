package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestLoops: what goes on for ever, or as good as, is denied when its time is over.
func TestLoops(t *testing.T) {
	tests := []struct{ name, src string }{
		{"a comprehension over a huge range", `allow if count([x | some x in numbers.range(1, 1000000000000)]) > 0`},
		{"nested loops", "n := numbers.range(1, 100000)\n\nallow if {\n\tsome x in n\n\tsome y in n\n\tsome z in n\n\tx + y + z == 0\n}"},
		{"every", "allow if {\n\tn := numbers.range(1, 20000)\n\tevery x in n {\n\t\tevery y in n {\n\t\t\tx + y > 0\n\t\t}\n\t}\n}"},
		{"in deny", "allow := true\n\ndeny contains \"x\" if count([x | some x in numbers.range(1, 1000000000000)]) == 0"},
		{"a step that nothing interrupts", `allow if {
	hundred := concat("", ["x" | some _ in numbers.range(1, 100)])
	text := replace(replace(hundred, "x", hundred), "x", "xxxxxxxxxx")
	regex.match("(x?x?x?x?){1,250}y", text)
}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := compiled(t, head+tt.src)
			p.limit = timeLimit
			v := p.Judge(t.Context(), sample(t), now())
			if v.Allowed || len(v.Reasons) != 1 {
				t.Fatalf("%+v", v)
			}
			if v.Reasons[0] != "timed out after 1s: the policy takes too long" {
				t.Errorf("denied, but not for its time: %s", v.Reasons[0])
			}
		})
	}
}

// TestInterrupted: the caller's deadline counts where it is earlier.
func TestInterrupted(t *testing.T) {
	p := compiled(t, head+`allow if count([x | some x in numbers.range(1, 1000000000000)]) > 0`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	v := p.Judge(ctx, sample(t), now())
	if v.Allowed || len(v.Reasons) != 1 || v.Reasons[0] != "interrupted: context deadline exceeded" {
		t.Errorf("%+v", v)
	}
	cancel()
	if v := builtIn(t).Judge(ctx, sample(t), now()); v.Allowed || len(v.Reasons) != 1 {
		t.Errorf("judged after the end: %+v", v)
	}
}

// TestCancelStops: the evaluator itself comes to its end, not only the wait for it.
func TestCancelStops(t *testing.T) {
	p := compiled(t, head+`allow if count([x | some x in numbers.range(1, 1000000000000)]) > 0`)
	in, err := document(sample(t), now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = question{ctx: ctx, rego: p.rego, input: in, now: now()}.evaluate(leaseRef("allow"))
	}()
	cancel(errors.New("enough"))
	<-ended
}

func TestPanicIsAnError(t *testing.T) {
	_, err := within(t.Context(), func() (int, error) { panic("a\nb") })
	if err == nil || err.Error() != `the policy engine failed: a\nb` {
		t.Error(err)
	}
}

func TestTimeUnknown(t *testing.T) {
	v := compiled(t, head+"allow := true").Judge(t.Context(), sample(t), time.Time{})
	if v.Allowed || len(v.Reasons) != 1 || v.Reasons[0] != "the time is unknown" {
		t.Errorf("%+v", v)
	}
}

// TestTimeHandedIn: a policy has no other clock.
func TestTimeHandedIn(t *testing.T) {
	p := compiled(t, head+`allow if {
	time.now_ns() == input.time.unix * 1000000000
	time.parse_rfc3339_ns(input.time.rfc3339) == time.now_ns()
	[input.time.date, input.time.weekday, input.time.hour, input.time.minute] == ["2026-11-23", "Monday", 20, 41]
}`)
	if v := p.Judge(t.Context(), sample(t), now().In(time.FixedZone("elsewhere", -7*3600))); !v.Allowed {
		t.Error(v.Reasons)
	}
}

// TestDeepAndLong: sources that are made to break a parser are refused, or compile.
func TestDeepAndLong(t *testing.T) {
	const deep = "nested too deeply"
	for _, tt := range []struct{ name, src, want string }{
		{"brackets", "x := " + strings.Repeat("[", 100000) + strings.Repeat("]", 100000), "max parsing recursion depth exceeded"},
		{"parentheses", "x := " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000), "max parsing recursion depth exceeded"},
		{"operators", "x := 1" + strings.Repeat("+1", 40000), deep},
		{"else", "x := 1 if input.y" + strings.Repeat(" else := 1 if input.y", 10000), deep},
		{"negations", "x if " + strings.Repeat("not ", 50000) + "y", "unexpected not keyword"},
		{"number", "x := " + strings.Repeat("9", 200000), "number too big"},
		{"exponent", "x := 1e999999999999999999", "invalid float"},
		{"dotted", "x := input" + strings.Repeat(".y", 50000), ""},
		{"many rules", strings.Repeat("x if input.y\n", 3000), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(t.Context(), "acme", []Module{{"a.rego", []byte("package a\n\n" + tt.src)}})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("want %q: %.300v", tt.want, err)
			}
		})
	}
}

// TestCompileSlow: a policy that is made to take the compiler ages is let go of when its time is over.
func TestCompileSlow(t *testing.T) {
	modules := make([]Module, maxModules)
	for i := range modules {
		src := "package curfew.a\n\n" + strings.Repeat(fmt.Sprintf("x%d if input.y\n", i), 15000)
		modules[i] = Module{fmt.Sprintf("%d.rego", i), []byte(src)}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Compile(ctx, "acme", modules); err == nil || err.Error() != "interrupted: context deadline exceeded" {
		t.Errorf("%.300v", err)
	}
}
