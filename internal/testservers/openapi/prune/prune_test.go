package main

import (
	"strings"
	"testing"
)

const whole = `{"openapi":"3.0.3","info":{"title":"T","version":"1"},"paths":{"/a":{"get":{"summary":"prose",
"responses":{"200":{"description":"x","content":{"application/json":{"schema":{"$ref":"#/components/schemas/a"}}}}}},"post":{}},"/b":{"get":{}}},
"components":{"schemas":{"a":{"type":"object","description":"prose","properties":{"description":{"type":"string"},"self":{"$ref":"#/components/schemas/a"}}},"b":{}}}}`

func TestPrune(t *testing.T) {
	got, err := prune([]byte(whole), "# comment\nGET /a\n")
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	for _, want := range []string{`"description":{"type":"string"}`, `"/a": {"get"`, `"self"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for _, not := range []string{"prose", `"/b"`, `"post"`, `"b":`} {
		if strings.Contains(text, not) {
			t.Errorf("%s in %s", not, text)
		}
	}
	for _, list := range []string{"GET /c", "DELETE /a", "nonsense"} {
		if _, err := prune([]byte(whole), list); err == nil {
			t.Errorf("%q is taken", list)
		}
	}
	if _, err := prune([]byte(strings.Replace(whole, "schemas/a", "schemas/z", 1)), "GET /a"); err == nil {
		t.Error("a reference to nothing is taken")
	}
}
