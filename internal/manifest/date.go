package manifest

import (
	"fmt"
	"strconv"
	"time"
)

const dateLayout = "2006-01-02"

// Date is a calendar day in UTC, "YYYY-MM-DD", quoted.
type Date struct{ day time.Time }

// ParseDate reads "YYYY-MM-DD".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dateLayout, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("not a day of the calendar")
	}
	return Date{t}, nil
}

// DateOf is the day in UTC on which t falls.
func DateOf(t time.Time) Date {
	y, m, d := t.UTC().Date()
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// IsZero reports whether no date was given.
func (d Date) IsZero() bool { return d.day.IsZero() }

// End is the instant at which the day is over: midnight, UTC, that begins the next. What holds until d
// holds before End and no longer at it. For the zero Date it is the zero Time, which is always past.
func (d Date) End() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.day.AddDate(0, 0, 1)
}

// Over reports whether the day is over at now. The zero Date is always over.
func (d Date) Over(now time.Time) bool { return !now.Before(d.End()) }

// Compare orders dates: negative where d is before other.
func (d Date) Compare(other Date) int { return d.day.Compare(other.day) }

// Equal reports whether both are the same day.
func (d Date) Equal(other Date) bool { return d.Compare(other) == 0 }

// AddDays is the date n days later.
func (d Date) AddDays(n int) Date { return Date{d.day.AddDate(0, 0, n)} }

// String renders "YYYY-MM-DD"; "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(dateLayout)
}

// Duration is a number and a unit: 15m, 24h, 90d.
type Duration time.Duration

const (
	day         = 24 * time.Hour
	maxDuration = 3650 * day
)

// ParseDuration reads a whole number above zero and a unit, m, h or d (of 24 hours): "15m", "90d". At
// most ten years (3650d).
func ParseDuration(s string) (Duration, error) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': day}
	bad := fmt.Errorf("not a duration")
	if len(s) < 2 || s[0] < '1' || s[0] > '9' {
		return 0, bad
	}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil {
		return 0, bad
	}
	if n > int64(maxDuration/unit) {
		return 0, fmt.Errorf("longer than ten years")
	}
	return Duration(time.Duration(n) * unit), nil
}

// Std is the duration in the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String renders the duration in the largest unit that divides it: "15m", "4h", "90d".
func (d Duration) String() string {
	switch t := time.Duration(d); {
	case t == 0:
		return "0m"
	case t%day == 0:
		return strconv.FormatInt(int64(t/day), 10) + "d"
	case t%time.Hour == 0:
		return strconv.FormatInt(int64(t/time.Hour), 10) + "h"
	case t%time.Minute == 0:
		return strconv.FormatInt(int64(t/time.Minute), 10) + "m"
	default:
		return t.String()
	}
}
