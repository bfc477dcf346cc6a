package supervise

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// heard are the signals that came to us.
type heard struct{ signals chan os.Signal }

// listen catches what may be meant for the command, but what whoever started us wants to be ignored (nohup): the
// command inherits that.
func listen() *heard {
	h := &heard{make(chan os.Signal, 64)}
	var caught []os.Signal
	for _, s := range passedOn() {
		if !signal.Ignored(s) {
			caught = append(caught, s)
		}
	}
	if len(caught) > 0 { // none would mean all
		signal.Notify(h.signals, caught...)
	}
	return h
}

func (h *heard) stop() { signal.Stop(h.signals) }

// fatal is the first signal that has come already and would end a command; it drops those before it.
func (h *heard) fatal() os.Signal {
	for {
		select {
		case s := <-h.signals:
			if endsByItself(s) {
				return s
			}
		default:
			return nil
		}
	}
}

// process is a command that runs.
type process struct {
	cmd     *exec.Cmd
	grouped bool // it has a process group of its own
	ended   chan struct{}
}

// steer passes signals on and ends the command once ctx is done, in a goroutine that ends with p. What it returns says
// then whether the watchdog died meanwhile.
func (p *process) steer(ctx context.Context, c Child, g Guard, h *heard) <-chan bool {
	early := len(h.signals) // of these a terminal may have told us alone
	unwatched := make(chan bool, 1)
	go func() {
		for range early {
			p.pass(<-h.signals, true)
		}
		g.reach("steering")
		cancelled, lost, kill := ctx.Done(), g.Watchdog.gone, (<-chan time.Time)(nil)
		died := false
		for {
			select {
			case s := <-h.signals:
				p.pass(s, p.grouped)
			case <-cancelled:
				p.terminate()
				timer := time.NewTimer(c.grace())
				defer timer.Stop()
				cancelled, kill = nil, timer.C
			case <-kill:
				p.kill()
			case <-lost:
				lost, died = nil, true
				if g.Lost != nil {
					g.Lost(errLost)
				}
			case <-p.ended:
				unwatched <- died
				return
			}
		}
	}()
	return unwatched
}

// kill ends the command at once, with its group where it has one, unless it has ended.
func (p *process) kill() {
	select {
	case <-p.ended:
	default:
		p.send(os.Kill)
	}
}

// reap ends a command that nobody waits for any more: nothing goes on with the credential.
func (p *process) reap() {
	select {
	case <-p.ended:
	default:
		p.kill()
		_ = p.cmd.Wait() // how it ends says nothing
		close(p.ended)
	}
}
