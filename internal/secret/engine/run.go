package engine

import (
	"math"
	"regexp/syntax"
	"slices"
)

const (
	// shortRun is how many bytes a run has at least for a search to be led by it.
	shortRun = 8
	// rareRun is how often a byte of text may be expected to be in such a run.
	rareRun = 1.0 / 500
)

// runs are long runs of bytes of one set, one of which every match has in it.
type runs struct {
	set    byteset
	length int // of each, at least
	// before and after are what a match may be around the run, one for each way to have it.
	before, after [][]step
}

// runSpot is one way for a match to have a run in it.
type runSpot struct {
	set    byteset
	length int
	around surroundings
}

// chooseRun finds the rarest run that is in every match of seq, as spots that share a set and a length.
// It is empty where there is none, or where it wouldn't be rare.
func chooseRun(seq []*syntax.Regexp, around surroundings) []runSpot {
	var best []runSpot
	cost := rareRun
	for i, re := range seq {
		var some []runSpot
		here := around.of(seq, i, i+1)
		if re.Op == syntax.OpAlternate {
			some = chooseRuns(re.Sub, here)
		} else if sub, least, most, ok := repeated(re); ok && least > 0 {
			some = runSpots(sub, least, most, here)
		}
		if len(some) > 0 && runCost(some) < cost {
			best, cost = some, runCost(some)
		}
	}
	return best
}

// runSpots are the run that a repeat is, or one in what it repeats.
func runSpots(sub *syntax.Regexp, least, most int, around surroundings) []runSpot {
	if set, wide, ok := oneRune(sub); ok && !wide {
		if least < shortRun {
			return nil
		}
		return []runSpot{{set, least, around}} // all of the repeat is in the run that is found
	}
	if most != unbounded {
		most--
	}
	around.after = slices.Concat(fewer(sub, least-1, most), around.after)
	return chooseRun(sequence(sub), around)
}

// chooseRuns is chooseRun for alternatives: the bytes of any of them, as many as the shortest has.
func chooseRuns(branches []*syntax.Regexp, around surroundings) []runSpot {
	var all []runSpot
	for _, b := range branches {
		some := chooseRun(sequence(b), around)
		if len(some) == 0 {
			return nil
		}
		all = append(all, some...)
	}
	set, length := all[0].set, all[0].length
	for _, s := range all {
		set, length = set.union(s.set), min(length, s.length)
	}
	for i := range all {
		all[i].set, all[i].length = set, length
	}
	return all
}

// runCost is how often a byte of text is expected to be in a run of the spots.
func runCost(spots []runSpot) float64 {
	p := 0.0
	for c := range 256 {
		if b := byte(c); spots[0].set.has(b) && (b < 'A' || 'Z' < b) {
			p += frequency(b)
		}
	}
	return math.Pow(min(p, 1), float64(spots[0].length))
}

func newRuns(spots []runSpot) runs {
	r := runs{set: spots[0].set, length: spots[0].length}
	for _, s := range spots {
		r.before = append(r.before, steps(s.around.before, leftward))
		r.after = append(r.after, steps(s.around.after, rightward))
	}
	return r
}

// windows appends to out the windows around the runs in text, in order and apart from each other. A run
// has a byte of its set at one of any length offsets in a row, so only every length'th is looked at.
func (r *runs) windows(text []byte, out []Span) []Span {
	first := len(out)
	for at := r.length - 1; at < len(text); at += r.length {
		if !r.set.has(text[at]) {
			continue
		}
		run := Span{at, at + 1}
		for run.Start > 0 && r.set.has(text[run.Start-1]) {
			run.Start--
		}
		for run.End < len(text) && r.set.has(text[run.End]) {
			run.End++
		}
		at = run.End
		if run.Len() < r.length {
			continue
		}
		w := r.window(text, run)
		for last := len(out) - 1; last >= first && w.Start <= out[last].End; last-- {
			w.Start, w.End = min(w.Start, out[last].Start), max(w.End, out[last].End)
			out = out[:last]
		}
		out = append(out, w)
	}
	return out
}

// window is where the matches can be that have a run of at least length bytes within run, which is as long
// as it can be: what goes before and after such a run may begin at any offset in run that leaves it so long.
func (r *runs) window(text []byte, run Span) Span {
	w, in := run, around(text, run)
	from := offsets{n: 1}
	from.ranges[0].from, from.ranges[0].to = int32(r.length), int32(run.Len()) //nolint:gosec // texts are shorter than 2 GiB
	for i := range r.before {
		left, right := lookLeft(text, run.End, in), lookRight(text, run.Start, in)
		w.Start = min(w.Start, left.reach(r.before[i], from))
		w.End = max(w.End, right.reach(r.after[i], from))
	}
	return pad(text, w)
}
