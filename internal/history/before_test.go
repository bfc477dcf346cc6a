package history_test

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/history"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// What a revision holds is not brought by a later version of its file; what it doesn't is.
func TestSinceTellsWhatIsNew(t *testing.T) {
	old, added := planted.All(1)[0].Content, planted.All(2)[0].Content
	s := &stream{}
	for i, content := range []string{old, old + "unrelated\n", "unrelated\n" + added, "nothing\n", old} {
		s.commit("b0", []int{i}[:min(i, 1)]...)
		s.put("a.env", content)
		s.put("app.p12", fmt.Sprintf("\x00 %d", i)) // its name gives it away, so each is another
	}
	dir := s.into(t)
	commits := strings.Fields(git(t, dir, "", "rev-list", "--reverse", "b0"))
	p := &history.Progress{}
	r := search(t, t.Context(), dir, detector(t), history.Options{Since: []string{"b0~4"}, Progress: p})
	var got []string
	for _, f := range r.Found {
		got = append(got, f.Token.Region.Path+" "+f.History.First.ID)
	}
	if diff := gocmp.Diff([]string{"a.env " + commits[2], "app.p12 " + commits[1]}, got); diff != "" || p.Found.Load() != 2 {
		t.Errorf("%d counted (-want +got):\n%s", p.Found.Load(), diff)
	}
}
