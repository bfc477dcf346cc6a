package form

import (
	"fmt"
	"strconv"
	"strings"
)

// cron checks the five fields of a POSIX crontab line, with the steps and the names that GitHub takes
// (https://docs.github.com/actions/reference/events-that-trigger-workflows#schedule).
func cron(s string) string {
	months := strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	days := strings.Fields("SUN MON TUE WED THU FRI SAT")
	ranges := []cronField{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, months},
		{"day of the week", 0, 6, days},
	}
	for i, text := range strings.Fields(s) {
		for _, part := range strings.Split(text, ",") {
			if !ranges[i].accepts(part) {
				return fmt.Sprintf("\"%s\" is no %s (%d-%d)", part, ranges[i].name, ranges[i].low, ranges[i].high)
			}
		}
	}
	return ""
}

type cronField struct {
	name      string
	low, high int
	names     []string // of low, low+1 …
}

// accepts reports whether part is "*", a value or a range, each with an optional "/step".
func (f cronField) accepts(part string) bool {
	span, step, stepped := strings.Cut(part, "/")
	if stepped {
		if n, ok := digits(step); !ok || n < 1 || n > f.high {
			return false
		}
	}
	if span == "*" {
		return true
	}
	from, to, ranged := strings.Cut(span, "-")
	low, ok := f.value(from)
	if !ok || !ranged {
		return ok
	}
	high, ok := f.value(to)
	return ok && low <= high
}

func (f cronField) value(s string) (int, bool) {
	for i, name := range f.names {
		if strings.EqualFold(name, s) {
			return f.low + i, true
		}
	}
	n, ok := digits(s)
	return n, ok && f.low <= n && n <= f.high
}

func digits(s string) (int, bool) {
	if len(s) == 0 || len(s) > 2 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
