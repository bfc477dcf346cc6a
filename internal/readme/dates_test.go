package readme

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// written is the day as of which the pages and samples say their dates.
const written = "2026-11-28"

// today moves all days in a text on by what has passed since it was written: otherwise what the samples entitle would
// be over some day, and the pages be told wrong by nothing but the calendar.
func today(t *testing.T, text string) string {
	t.Helper()
	from, err := time.Parse(time.DateOnly, written)
	if err != nil {
		t.Fatal(err)
	}
	return moved(text, int(time.Since(from).Hours()/24))
}

// moved moves all days in a text, 2026-11-28, by so many.
func moved(text string, days int) string {
	return regexp.MustCompile(`\b20[0-9]{2}-[01][0-9]-[0-3][0-9]`).ReplaceAllStringFunc(text, func(day string) string {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return day
		}
		return at.AddDate(0, 0, days).Format(time.DateOnly)
	})
}

// renewed moves the days in the YAML files of a folder.
func renewed(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".yml") {
			return err
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, []byte(today(t, string(src))), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMoved(t *testing.T) {
	const text = `expires: "2027-02-28" # until=2026-12-31, 2026-11-23T20:41:07Z, v2026-13-01, 120260-01-01`
	const want = `expires: "2027-03-02" # until=2027-01-02, 2026-11-25T20:41:07Z, v2026-13-01, 120260-01-01`
	if got := moved(text, 2); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if moved(text, 0) != text {
		t.Error("no days move something")
	}
}
