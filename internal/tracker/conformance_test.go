package tracker_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sides are all trackers, each new.
func sides() map[string]func(t *testing.T, c *clock) side {
	return map[string]func(t *testing.T, c *clock) side{
		"files":            newFilesSide,
		"webhook":          newWebhookSide,
		"ssf":              newSSFSide,
		"jira cloud":       func(t *testing.T, c *clock) side { return newJiraSide(t, c, true) },
		"jira data center": func(t *testing.T, c *clock) side { return newJiraSide(t, c, false) },
		"servicenow":       newServiceNowSide,
		"github":           newGitHubSide,
	}
}

const storyEnds = `curfew: high: secret A: open true, open, turn 3, 3 comments
curfew: high: secret B: open false, suppressed, turn 1, 1 comments
curfew: low: secret D: open false, closed, turn 2, 2 comments
curfew: low: secret E: open false, closed, turn 1, 1 comments
curfew: medium: secret C: open true, open, turn 2, 2 comments
curfew: nothing waits for @` + "\u200b" + `acme/web: open false, closed, turn 1, 1 comments`

// TestStory: each tracker comes to the same tickets, whoever keeps them.
func TestStory(t *testing.T) {
	all := sides()
	all["folder"] = newFolderSide
	for name, make := range all {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			on := make(t, c)
			play(t, on, c, 0, false, nil)
			if diff := cmp.Diff(storyEnds, tell(t, on)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestKilledAnywhere: a sync that is killed at any of its requests, before or after it was done, and is run again, comes
// to the same state: nothing twice, nothing lost.
func TestKilledAnywhere(t *testing.T) {
	for name, make := range sides() {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			on := make(t, c)
			all := play(t, on, c, 0, false, nil)
			want := tell(t, on)
			for kill := 1; kill <= all; kill++ {
				for _, after := range []bool{false, true} {
					c := &clock{at: start}
					on := make(t, c)
					play(t, on, c, kill, after, nil)
					if diff := cmp.Diff(want, tell(t, on)); diff != "" {
						t.Errorf("killed at step %d of %d, done %t:\n%s", kill, all, after, diff)
					}
				}
			}
		})
	}
}

// TestFaults: servers and networks that fail now and then, before or after they did what they were asked, lead to the same
// state.
func TestFaults(t *testing.T) {
	for name, make := range sides() {
		if name == "files" { // no network
			continue
		}
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				c := &clock{at: start}
				on := make(t, c)
				play(t, on, c, 0, false, rand.New(rand.NewPCG(seed, 2)))
				if diff := cmp.Diff(storyEnds, tell(t, on)); diff != "" {
					t.Errorf("seed %d:\n%s", seed, diff)
				}
			}
		})
	}
}

// TestSecretsStay: no error shows a token, whatever a server quotes.
func TestSecretsStay(t *testing.T) {
	for name, make := range sides() {
		t.Run(name, func(t *testing.T) {
			c := &clock{at: start}
			on := make(t, c)
			if f, ok := on.(interface{ quote() }); ok {
				f.quote()
				b := on.backend(t, c, &steps{})
				_, err := b.List(t.Context(), "x")
				if err == nil || strings.Contains(err.Error(), "made-up-token") || strings.Contains(fmt.Sprintf("%+v %#v", b, err), "made-up-token") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}
