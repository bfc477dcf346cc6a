package identity

import (
	"encoding/json"
	"testing"
)

func TestClaimsMarshal(t *testing.T) {
	const src = `{"z": 12345678901234567890, "a": "<\n\"é", "n": null, "b": true, "l": [1.50, {"x": []}], "e": ""}`
	const want = `{"a":"\u003c\n\"é","b":true,"e":"","l":[1.50,{"x":[]}],"n":null,"z":12345678901234567890}`
	c := parse(t, src)
	got, err := json.Marshal(struct{ C Claims }{c})
	if err != nil || string(got) != `{"C":`+want+`}` {
		t.Errorf("%s, %v", got, err)
	}
	again := parse(t, want)
	for _, name := range c.Names() {
		if c.Describe(name) != again.Describe(name) {
			t.Errorf("%s: %s became %s", name, c.Describe(name), again.Describe(name))
		}
	}
	if got, err := json.Marshal(Claims{}); err != nil || string(got) != "{}" {
		t.Errorf("zero: %s, %v", got, err)
	}
}
