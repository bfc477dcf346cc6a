package secret

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"
)

func TestIsStrong(t *testing.T) {
	tests := []struct {
		name, value string
		byFormat    bool
		want        bool
	}{
		{"a token by its format", "Xq3" + "fT9vLm2KpR7", true, true},
		{"a placeholder in a token's format", strings.Repeat("x", 40), true, false},
		{"random base62", "kJ8sQ2mXv7Lp4RtZ9wYcB3nD6hFg", false, true},
		{"random base62, too short", "kJ8sQ2mXv7Lp4R", false, false},
		{"random hexadecimal", "5adf183f94b3436ba78d67f506965998", false, true},
		{"short hexadecimal", "5adf183f94b3", false, false},
		{"random base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ+/==", false, true},
		{"a phrase", "correct-horse-battery-staple-and-monkeys", false, false},
		{"a phrase in capitals", "CorrectHorseBatteryStapleAndMonkeys2024", false, false},
		{"words and a number", "production_database_password_123456789", false, false},
		{"the alphabet", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", false, false},
		{"one digit over and over", strings.Repeat("1a", 30), false, false},
		{"random uuid", "f457b710-93af-4191-8678-bcf51281f98c", false, true},
		{"random uuid by its format", "f457b710-93af-4191-8678-bcf51281f98c", true, true},
		{"uuid of a clock", "2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d", true, false},
		{"nothing", "", true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := isStrong([]byte(tt.value), tt.byFormat); got != tt.want {
				t.Errorf("got %v, want %v (entropy %.2f bits a byte)", got, tt.want, entropy([]byte(tt.value)))
			}
		})
	}
}

func TestEntropy(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "aaaa": 0, "ab": 1, "abcd": 2, "aab": 0.9183} {
		if got := entropy([]byte(text)); math.Abs(got-want) > 1e-4 {
			t.Errorf("%q: got %f, want %f", text, got, want)
		}
	}
}

func TestReadJWT(t *testing.T) {
	token := func(claims, signature string) string {
		enc := base64.RawURLEncoding.EncodeToString
		return enc([]byte(`{"alg":"RS256"}`)) + "." + enc([]byte(claims)) + "." + signature
	}
	long := strings.Repeat("s", 43)
	day := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, value string
		want        jwt
		ok          bool
	}{
		{"no end", token(`{"iat":1795392000}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"an hour", token(`{"iat":1795388400,"exp":1795392000}`, long), jwt{day, ShortLived, true}, true},
		{"not before", token(`{"nbf":1795388400,"exp":1795392000}`, long), jwt{day, ShortLived, true}, true},
		{"two days", token(`{"iat":1795219200,"exp":1795392000}`, long), jwt{day, LongLived, true}, true},
		{"no beginning", token(`{"exp":1795392000.0}`, long), jwt{day, Unknown, true}, true},
		{"unsigned", token(`{"iat":1}`, ""), jwt{lifetime: LongLived}, true},
		{"behind a prefix", "gh" + "s_12345_" + token(`{"iat":1795388400,"exp":1795392000}`, long), jwt{day, ShortLived, true}, true},
		{"an end beyond all dates", token(`{"exp":1e300}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"dates in milliseconds", token(`{"iat":1795388400000,"exp":1795392000000}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"an end before the beginning", token(`{"iat":1795392000,"exp":0}`, long), jwt{time.Unix(0, 0).UTC(), Unknown, true}, true},
		{"claims in other letters", token(`{"iat":1795219200,"exp":1795392000,"EXP":1}`, long), jwt{day, LongLived, true}, true},
		{"an end in other letters alone", token(`{"iat":1795388400,"Exp":1795392000}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"an end that is null", token(`{"exp":null}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"no token", "eyeball", jwt{}, false},
		{"an end that is no date", token(`{"exp":"soon"}`, long), jwt{lifetime: LongLived, signed: true}, true},
		{"claims that are none", token(`["exp"]`, long), jwt{}, false},
		{"no base64", "eyJ.***.x", jwt{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := readJWT([]byte(tt.value))
			if ok != tt.ok || got != tt.want {
				t.Errorf("got %+v, %v, want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
