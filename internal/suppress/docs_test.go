package suppress

import (
	"os"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/source"
)

// TestDocs holds that what docs/suppression.md shows is what is read.
func TestDocs(t *testing.T) {
	src, err := os.ReadFile("../../docs/suppression.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, part := range strings.Split(string(src), "```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		blocks = append(blocks, block)
	}
	if len(blocks) != 2 {
		t.Fatalf("%d blocks: expected an ignore and a baseline", len(blocks))
	}
	igs := Parse(source.NewText("x.yml", []byte(blocks[0])))
	if len(igs) != 1 || len(igs[0].Faults) > 0 || igs[0].Reason != "the reason" {
		t.Errorf("the ignore is read as %+v", igs)
	}
	b, err := ParseBaseline("b.yml", []byte(blocks[1]))
	if err != nil || len(b.Entries) != 1 || b.Entries[0].Owner != "web" {
		t.Errorf("the baseline is read as %+v, %v", b, err)
	}
}
