package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// pipeHolds is what a pipe may hold: of a command that has ended, no more than that is left to read. What comes
// beyond it is from something that the command has left behind.
const pipeHolds = 64 << 10

// outputs are the pipes between a command and the streams that mask what it writes. They are ours and not exec's, which
// would wait for a reader that has stopped reading: the credential would live as long.
type outputs struct {
	pipes []*pipe
	done  chan struct{} // gets one for each pipe that has come to its end
	left  int           // so many haven't
	ended atomic.Bool   // the command has
}

type pipe struct {
	in, out *os.File
	to      *stream
	what    string
	writing atomic.Bool
	moves   atomic.Int64 // grows with all that is read and written
	settled int64        // what moves was when settle began to wait
	spared  bool         // though it was read when it was looked at last
	cut     atomic.Bool  // the rest of it goes unheard
}

// idle reports whether what p waits for may never come. A pipe that is read again just after a slow reader has taken what came
// before is spared, but not twice in a row: what a command has left behind may write a little now and then.
func (p *pipe) idle() bool {
	if p.writing.Load() {
		p.spared = false
		return false
	}
	idle := p.spared || p.moves.Load() == p.settled
	p.spared = true
	return idle
}

// connect makes the pipes and gives cmd its ends of them.
func (c Child) connect(cmd *exec.Cmd, o *outputs) error {
	stdout, err := o.add(c.Mask.to(c.Stdout), "output")
	if err != nil {
		return err
	}
	stderr := stdout
	if !same(c.Stdout, c.Stderr) {
		if stderr, err = o.add(c.Mask.to(c.Stderr), "error output"); err != nil {
			return err
		}
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return nil
}

func (o *outputs) add(to *stream, what string) (*os.File, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o.pipes = append(o.pipes, &pipe{in: in, out: out, to: to, what: what})
	return out, nil
}

// started closes our copies of the command's ends, and copies what comes. Of a command that wasn't started nothing does.
func (o *outputs) started() {
	o.left = len(o.pipes)
	o.done = make(chan struct{}, o.left)
	for _, p := range o.pipes {
		_ = p.out.Close()
		go func() {
			o.copy(p)
			_ = p.in.Close() // nobody reads any more: the command is told when it writes
			o.done <- struct{}{}
		}()
	}
}

// copy passes on what comes through p until its end, and once the command has ended no more than it can have written.
func (o *outputs) copy(p *pipe) {
	buf := make([]byte, 32<<10)
	for left := pipeHolds; ; {
		ended := o.ended.Load() // what is read by then isn't what it has left, however long it takes to be written
		n, err := p.in.Read(buf)
		if n > 0 {
			p.moves.Add(1)
			p.writing.Store(true)
			_, failed := p.to.Write(buf[:n])
			p.moves.Add(1)
			p.writing.Store(false)
			if failed != nil {
				return // the stream remembers
			}
		}
		if err != nil {
			return
		}
		if ended {
			left -= n
		}
		if left < 0 {
			p.cut.Store(true)
			return
		}
	}
}

// settle waits for the rest of an ended command's output, for linger and no longer.
func (o *outputs) settle(linger time.Duration) {
	o.ended.Store(true)
	for _, p := range o.pipes {
		p.settled = p.moves.Load()
	}
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for o.left > 0 {
		select {
		case <-o.done:
			o.left--
		case <-timer.C:
			return
		}
	}
}

// rest sees to the output that settle has left. What waits to be written is waited for until somebody wants us to stop;
// where nothing comes, something that the command has left behind holds the pipe open, and is heard no longer. It
// returns what could not be written.
func (o *outputs) rest(ctx context.Context, h *heard, linger time.Duration, result *Result) error {
	for o.left > 0 {
		for _, p := range o.pipes {
			if p.idle() {
				p.cut.Store(p.in.Close() == nil || p.cut.Load())
			}
		}
		o.settle(linger)
		if o.left > 0 && (ctx.Err() != nil || h.fatal() != nil) {
			return errors.New("write the command's output: stopped before its end: nobody has read it")
		}
	}
	var err error
	for _, p := range o.pipes {
		result.Cut = result.Cut || p.cut.Load()
		if failed := p.to.flush(p.cut.Load() || result.Signal != nil); failed != nil {
			err = errors.Join(err, fmt.Errorf("write the command's %s: %w", p.what, failed))
		}
	}
	return err
}
