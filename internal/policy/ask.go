package policy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// timeLimit bounds one judgement. Real policies take a fraction of a millisecond.
const timeLimit = time.Second

// errSlow is why something ended that used up its time.
var errSlow = errors.New("timed out")

// question is what a policy is asked, for one judgement.
type question struct {
	ctx   context.Context // a question lives as long as one call of Judge
	rego  *ast.Compiler
	input *ast.Term
	now   time.Time
}

// question prepares one judgement; stop must be called when it is over.
func (p *Policy) question(ctx context.Context, in Input, now time.Time) (question, context.CancelFunc, error) {
	switch {
	case p == nil || p.rego == nil:
		return question{}, nil, errors.New("there is no policy to ask")
	case now.IsZero(): // OPA would ask the machine's clock
		return question{}, nil, errors.New("the time is unknown")
	}
	ctx, stop := context.WithTimeoutCause(ctx, p.limit, fmt.Errorf("%w after %s: the policy takes too long", errSlow, p.limit))
	input, err := within(ctx, func() (*ast.Term, error) { return document(in, now) })
	if err != nil {
		stop()
		return question{}, nil, err
	}
	return question{ctx: ctx, rego: p.rego, input: input, now: now}, stop, nil
}

// ask evaluates ref; nil is undefined. Errors are one line, "path:line:col: what went wrong" where the
// place is known.
func (q question) ask(ref ast.Ref) (ast.Value, error) {
	results, err := within(q.ctx, func() (topdown.QueryResultSet, error) { return q.evaluate(ref) })
	switch {
	case q.ctx.Err() != nil: // whatever an evaluation that was cut short has come to
		return nil, ended(q.ctx)
	case err != nil:
		return nil, failure(err)
	case len(results) == 0:
		return nil, nil
	case len(results) > 1 || results[0][answer] == nil:
		return nil, fmt.Errorf("%s has %d answers, not one", ref, len(results))
	}
	return results[0][answer].Value, nil
}

// answer is the variable that holds what a reference came to.
const answer = ast.Var("answer")

// evaluate runs until there is a result or the question's context ends.
func (q question) evaluate(ref ast.Ref) (topdown.QueryResultSet, error) {
	cancel := topdown.NewCancel()
	defer context.AfterFunc(q.ctx, cancel.Cancel)()
	return topdown.NewQuery(ast.NewBody(ast.Equality.Expr(ast.NewTerm(ref), ast.NewTerm(answer)))).
		WithIndexing(false). // rules that an index leaves out by mistake might be those that deny
		WithCompiler(q.rego).WithStore(nothing{}).WithInput(q.input).WithTime(q.now).
		WithStrictBuiltinErrors(true).WithCancel(cancel).Run(q.ctx)
}

// failure says why an evaluation came to nothing.
func failure(err error) error {
	var e *topdown.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("the evaluation failed: %w", err)
	}
	return fmt.Errorf("%serror: %s", place(e.Location), oneLine(e.Message))
}

// ended says why ctx is over.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errSlow) {
		return cause
	}
	return fmt.Errorf("interrupted: %w", cause)
}

// within returns what f returns, or an error as soon as ctx ends: a single step of the compiler or of the
// evaluator may not look at it. Such an f is left to come to its end alone. A panic in f is an error.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		v   T
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o = outcome{err: fmt.Errorf("the policy engine failed: %s", visible(fmt.Sprint(r), maxReason))}
			}
			done <- o
		}()
		_ = roomy(0)
		o.v, o.err = f()
	}()
	select {
	case o := <-done:
		return o.v, o.err
	case <-ctx.Done():
		var none T
		return none, ended(ctx)
	}
}

// roomy makes its goroutine's stack as large as an evaluation needs it, while there is nothing on it: OPA calls itself
// deeply, and to grow bit by bit, copying the frames each time, took two fifths of a judgement.
//
//go:noinline
func roomy(i int) byte {
	var room [48 << 10]byte
	return room[i]
}

// nothing is the data beside the modules: there is none. Of a store, the evaluator only reads.
type nothing struct{ storage.Store }

// Read finds nothing.
func (nothing) Read(context.Context, storage.Transaction, storage.Path) (any, error) {
	return nil, &storage.Error{Code: storage.NotFoundErr}
}

// refOf is the reference of a dotted path that begins with data.
func refOf(path string) ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, part := range strings.Split(path, ".")[1:] {
		ref = append(ref, ast.StringTerm(part))
	}
	return ref
}
