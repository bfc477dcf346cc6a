package manifest

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for s, ok := range map[string]bool{
		"2027-06-01": true, "2028-02-29": true, "0001-01-02": true, "9999-12-31": true,
		"2027-02-29": false, "2027-6-1": false, "2027-06-01T00:00:00Z": false, "27-06-01": false,
		"": false, " 2027-06-01": false, "2027-13-01": false, "0000-01-01": false, "20270601": false,
	} {
		d, err := ParseDate(s)
		if (err == nil) != ok {
			t.Errorf("ParseDate(%q): %v", s, err)
		}
		if ok && d.String() != s {
			t.Errorf("ParseDate(%q) renders %q", s, d)
		}
	}
}

func TestDateEnd(t *testing.T) {
	d, err := ParseDate("2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if !d.End().Equal(end) {
		t.Errorf("ends at %v", d.End())
	}
	if d.Over(end.Add(-time.Nanosecond)) || !d.Over(end) {
		t.Error("the day is over at midnight, UTC, not before")
	}
	// Half past midnight in Berlin it is still the day before in UTC.
	if now := time.Date(2027, 1, 1, 0, 30, 0, 0, time.FixedZone("CET", 3600)); d.Over(now) || !DateOf(now).Equal(d) {
		t.Error("a zone's day counts instead of UTC's")
	}
	if got := d.AddDays(1).String(); got != "2027-01-01" {
		t.Errorf("the next day is %s", got)
	}
	var zero Date
	if !zero.Over(time.Time{}) || zero.String() != "" || !zero.IsZero() || !zero.End().IsZero() {
		t.Error("the zero Date isn't always over")
	}
	if zero.Compare(d) >= 0 || d.Compare(d.AddDays(-1)) <= 0 {
		t.Error("dates are out of order")
	}
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"1m": time.Minute, "15m": 15 * time.Minute, "24h": 24 * time.Hour, "90d": 90 * 24 * time.Hour, "3650d": 3650 * 24 * time.Hour,
		"90m": 90 * time.Minute, "5256000m": 3650 * 24 * time.Hour,
		"0m": 0, "": 0, "m": 0, "15": 0, "15s": 0, "1.5h": 0, "-1h": 0, "+1h": 0, "01h": 0, "1h30m": 0, "1 h": 0, "1w": 0,
		"3651d": 0, "5256001m": 0, "99999999999d": 0, "१d": 0,
	} {
		got, err := ParseDuration(s)
		if (err == nil) != (want > 0) || got.Std() != want {
			t.Errorf("ParseDuration(%q) = %v, %v", s, got.Std(), err)
		}
		if err != nil {
			continue
		}
		again, err := ParseDuration(got.String())
		if err != nil || again != got {
			t.Errorf("%q renders %q, which reads %v, %v", s, got, again, err)
		}
	}
	for d, want := range map[Duration]string{
		Duration(24 * time.Hour): "1d", Duration(90 * time.Minute): "90m", Duration(4 * time.Hour): "4h",
		Duration(90 * time.Second): "1m30s", 0: "0m",
	} {
		if d.String() != want {
			t.Errorf("%v renders %q, not %q", d.Std(), d, want)
		}
	}
}
