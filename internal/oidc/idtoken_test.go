package oidc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/curfew-ci/curfew/internal/oidc"
	"github.com/curfew-ci/curfew/internal/redact"
)

// jwt is what the fake hands out; nobody here reads it.
const jwt = "made-up-header.made-up-claims.made-up-signature"

const token = `{"count":9,"value":"` + jwt + `"}`

func TestIDToken(t *testing.T) {
	f := serve(t, says(200, token))
	got, err := newSource(f.URL, newClock(), nil).IDToken(t.Context(), "curfew & co/ä")
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Reveal()) != jwt {
		t.Errorf("token %q", got.Reveal())
	}
	r := f.seen[0]
	want := []string{"GET", "/token?" + requestQuery + "&audience=curfew+%26+co%2F%C3%A4", "Bearer " + requestToken, "application/json", "curfew"}
	if diff := cmp.Diff(want, []string{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Accept"), r.UserAgent()}); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// TestIDTokenWithoutQuery: the audience begins a query where there is none.
func TestIDTokenWithoutQuery(t *testing.T) {
	f := serve(t, says(200, token))
	s := newSource("", newClock(), func(o *oidc.Options) { o.RequestURL = redact.New([]byte(f.URL + "/token")) })
	if _, err := s.IDToken(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got := f.seen[0].RequestURI; got != "/token?audience=a" {
		t.Errorf("asked for %s", got)
	}
}

const lacks = "the job lacks `permissions: id-token: write`; a pull request from a fork gets no ID token whatever its workflow says, nor does a command that curfew exec runs"

// TestIDTokenUnasked: what can be told to be wrong without a request sends none.
func TestIDTokenUnasked(t *testing.T) {
	const noEndpoint = "ask for an ID token: there is no endpoint for one (ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN): " + lacks
	const address = "ask for an ID token: the endpoint's address (ACTIONS_ID_TOKEN_REQUEST_URL): "
	at := func(u string) func(*oidc.Options) {
		return func(o *oidc.Options) { o.RequestURL = redact.New([]byte(u)) }
	}
	for _, tt := range []struct {
		name, audience string
		change         func(*oidc.Options)
		want           string
	}{
		{"no URL", "a", func(o *oidc.Options) { o.RequestURL = redact.Secret{} }, noEndpoint},
		{"no token", "a", func(o *oidc.Options) { o.RequestToken = redact.Secret{} }, noEndpoint},
		{"no audience", "", nil, "ask for an ID token: no audience is given: name who is to take it"},
		{"plain http", "a", at("http://runner.example/?" + requestQuery), address + `"http://runner.example": expected https (http is for this machine alone)`},
		{"another scheme", "a", at("file:///etc/passwd?" + requestQuery), address + "names no host: expected https://HOST"},
		{"no URL at all", "a", at("%zz" + requestQuery), address + "not a URL"},
		{"user", "a", at("https://" + requestToken + "@runner.example/"), address + "has a user or password in it: name the address alone"},
		{"fragment", "a", at("https://runner.example/#" + requestToken), address + `"https://runner.example": expected no fragment`},
		{
			"line break in the token", "a", func(o *oidc.Options) { o.RequestToken = redact.New([]byte(requestToken + "\n")) },
			"ask for an ID token: the request's token (ACTIONS_ID_TOKEN_REQUEST_TOKEN) holds characters that can't be sent",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, says(200, token))
			got, err := newSource(f.URL, newClock(), tt.change).IDToken(t.Context(), tt.audience)
			if fmt.Sprint(err) != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			hidden(t, fmt.Sprintf("%v %+v %q", err, err, err))
			if f.asked() != 0 || got.Len() != 0 {
				t.Errorf("%d requests, a token of %d bytes", f.asked(), got.Len())
			}
		})
	}
}

// TestIDTokenUnfit: what is no answer is never taken for one. HOST stands for the fake's.
func TestIDTokenUnfit(t *testing.T) {
	elsewhere := serve(t, says(200, token))
	const again = "; asked 4 times: try again later"
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
		asked  int
	}{
		{"401", says(401, token), "it answered 401: " + lacks, 1},
		{"403", says(403, requestToken), "it answered 403: " + lacks, 1},
		{"400", says(400, token), "it answered 400: it may not take this audience", 1},
		{"404", says(404, token), "it answered 404: nothing is known of such an answer; look at the platform's status page", 1},
		{"204", says(204, ""), "it answered 204: nothing is known of such an answer; look at the platform's status page", 1},
		{"redirect", says(302, token, "Location", elsewhere.URL+"/?"+requestQuery), "it answered 302, a redirect, which isn't followed", 1},
		{"redirect to itself", says(307, token, "Location", "/again"), "it answered 307, a redirect, which isn't followed", 1},
		{"HTML", says(200, "<!DOCTYPE html><p>"+requestToken), "answer:1:1: expected a value", 1},
		{"nothing", says(200, ""), "answer:1:1: expected a value, found the end", 1},
		{"list", says(200, "[]"), `the answer has no "value" that is a token`, 1},
		{"no value", says(200, `{"Value":"x"}`), `the answer has no "value" that is a token`, 1},
		{"empty value", says(200, `{"value":""}`), `the answer has no "value" that is a token`, 1},
		{"value that is no string", says(200, `{"value":1}`), `the answer has no "value" that is a token`, 1},
		{"two values", says(200, `{"value":"a","value":"b"}`), "answer:1:14: this name is in the object twice: remove one, since readers differ in which counts", 1},
		{"huge body", says(200, `{"value":"`+strings.Repeat("x", 1<<20)+`"}`), "it answered more than 1024 KiB", 1},
		{"endless body", endless, "it answered more than 1024 KiB", 1},
		{"huge header", says(200, token, "X-Long", strings.Repeat("x", 100<<10)), "it can't be reached: net/http: server response headers exceeded 65536 bytes; aborted" + again, 4},
		{"429", says(429, token), "it answered 429" + again, 4},
		{"500", says(500, token), "it answered 500" + again, 4},
		{"slow", slow, "no answer within 300ms" + again, 4},
		{"cut off", cutOff, "it can't be reached: EOF" + again, 4},
		{"long wait", says(503, "", "Retry-After", "3600"), "it answered 503; the next request in 1h0m0s would be after the 1m0s that it may take: try again later", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			var change func(*oidc.Options)
			if tt.name == "slow" {
				change = impatient
			}
			got, err := newSource(f.URL, newClock(), change).IDToken(t.Context(), "curfew")
			if want := "ask " + f.host() + " for the job's ID token: " + tt.want; fmt.Sprint(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			hidden(t, fmt.Sprintf("%v %+v %q", err, err, err))
			if f.asked() != tt.asked || got.Len() != 0 {
				t.Errorf("%d requests, want %d; a token of %d bytes", f.asked(), tt.asked, got.Len())
			}
		})
	}
	if elsewhere.asked() > 0 {
		t.Error("a redirect was followed")
	}
}

// TestPrinted: whatever prints a Source or its options shows none of what a job can be impersonated with.
func TestPrinted(t *testing.T) {
	o := oidc.Options{RequestURL: redact.New([]byte("https://h/?" + requestQuery)), RequestToken: redact.New([]byte(requestToken))}
	s := oidc.New(o)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		out := fmt.Sprintf(verb+verb+verb, o, s, *s)
		hidden(t, out)
		if strings.Contains(out, fmt.Sprintf("%x", requestToken)) || strings.Contains(out, fmt.Sprintf("%x", requestQuery)) {
			t.Errorf("%s shows it in hex", verb)
		}
	}
}
