package inventory

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sample is what curfew makes of a fake GitHub with something of everything.
func sample(tb testing.TB) []byte {
	tb.Helper()
	src, err := os.ReadFile("../github/testdata/inventory.json")
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func TestRoundTrip(t *testing.T) {
	src := sample(t)
	inv, err := Parse("inventory.json", src)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Encode(inv)
	if err != nil || !bytes.Equal(src, again) {
		t.Errorf("%v\n%s", err, cmp.Diff(string(src), string(again)))
	}
}

// TestStable: the same inventory in another order is the same file, and Encode changes nothing of what it is given.
func TestStable(t *testing.T) {
	at := time.Date(2026, 11, 28, 13, 0, 0, 0, time.FixedZone("", 3600))
	one := &Inventory{Schema: Schema, Taken: at, Secrets: []Secret{{Name: "B"}, {Name: "A"}}, Branch: &Branch{Rules: []Rule{{Kind: "b"}, {Kind: "a"}}, Protection: &Protection{}}}
	two := &Inventory{Schema: Schema, Taken: at.UTC(), Secrets: []Secret{{Name: "A"}, {Name: "B"}}, Branch: &Branch{Rules: []Rule{{Kind: "a"}, {Kind: "b"}}, Protection: &Protection{}}}
	a, errA := Encode(one)
	b, errB := Encode(two)
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("%v %v\n%s", errA, errB, cmp.Diff(string(a), string(b)))
	}
	if one.Secrets[0].Name != "B" || one.Branch.Rules[0].Kind != "b" || one.Branch.Protection.Bypass != nil {
		t.Error("Encode changed what it was given")
	}
	if bytes.Contains(a, []byte("null")) {
		t.Errorf("a list is null:\n%s", a)
	}
}

// TestBypass: nobody who may bypass a rule isn't the same as nobody knows who, in the file either.
func TestBypass(t *testing.T) {
	inv := &Inventory{Schema: Schema, Branch: &Branch{Rules: []Rule{{Kind: "a"}, {Kind: "b", Bypass: &[]string{}}, {Kind: "c", Bypass: new([]string)}}}}
	src, err := Encode(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("x", src)
	if err != nil {
		t.Fatal(err)
	}
	for i, known := range []bool{false, true, true} {
		if got := again.Branch.Rules[i].Bypass; (got != nil) != known || known && len(*got) != 0 {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// TestParse: what isn't as it is written is refused, with the place, and nothing of it is quoted.
func TestParse(t *testing.T) {
	src := string(sample(t))
	for name, tt := range map[string]struct{ from, to, want string }{
		"another version":         {`"schema": 1`, `"schema": 2`, "inventory.json:2:13: the inventory has another version"},
		"a version in words":      {`"schema": 1`, `"schema": "1"`, "another version"},
		"no version":              {`"schema": 1,`, ``, "this is no inventory"},
		"an unknown member":       {`"taken":`, `"token": "hunter2", "taken":`, "isn't known"},
		"a value of a variable":   {`"name": "REGION",`, `"name": "REGION", "value": "hunter2",`, "isn't known"},
		"a member twice":          {`"taken":`, `"taken": "2026-11-28T12:00:00Z", "taken":`, "inventory.json:3:36"},
		"a missing list":          {`"alerts": [`, `"alertz": [`, `has no "alerts"`},
		"a missing member":        {`"read_only": false,`, ``, `has no "read_only"`},
		"null for a list":         {`"rulesets": [`, `"rulesets": null, "x": [`, `"rulesets" is null: expected an array`},
		"a word for a number":     {`"owner_id": 4242`, `"owner_id": "hunter2"`, `"owner_id" is a string: expected a number`},
		"a fraction":              {`"owner_id": 4242`, `"owner_id": 42.5`, "a whole number"},
		"a negative number":       {`"owner_id": 4242`, `"owner_id": -1`, "a whole number"},
		"a huge number":           {`"owner_id": 4242`, `"owner_id": 99999999999999999999`, "a whole number"},
		"a number for a word":     {`"default_branch": "main"`, `"default_branch": 1`, "expected a string"},
		"a word for yes":          {`"verified": false`, `"verified": "no"`, "expected true or false"},
		"no time":                 {`"taken": "2026-11-28T12:00:00Z"`, `"taken": "yesterday"`, "expected a time"},
		"an unknown store":        {`"store": "actions"`, `"store": "hunter2"`, "expected one of actions, dependabot, codespaces"},
		"an unknown state":        {`"state": "read"`, `"state": "clean"`, "expected one of read, absent, not-checked"},
		"an unknown source":       {`"name": "secrets"`, `"name": "hunter2"`, "no such source"},
		"a source twice":          {`"name": "secrets"`, `"name": "repository"`, "told of twice"},
		"unread without a why":    {`"state": "read"`, `"state": "not-checked"`, "says why"},
		"read, with a why":        {`"state": "read"`, `"state": "read", "why": "hunter2"`, "says why"},
		"a list of permissions":   {`"permissions": {}`, `"permissions": []`, "expected an object"},
		"a number as permission":  {`"contents": "write"`, `"contents": 2`, "expected a string"},
		"a branch that is a list": {`"branch": {`, `"branch": [], "x": {`, "expected an object"},
		"more after it":           {"  ]\n}\n", "  ]\n}\n{}", "inventory.json:"},
		"nothing":                 {src, "", "inventory.json:1:1"},
		"a list":                  {src, "[]", "this is no inventory"},
	} {
		if !strings.Contains(src, tt.from) {
			t.Errorf("%s: there is no %s", name, tt.from)
		}
		_, err := Parse("inventory.json", []byte(strings.Replace(src, tt.from, tt.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestHas: what an inventory doesn't tell of wasn't read.
func TestHas(t *testing.T) {
	inv := &Inventory{Sources: []Source{
		{Name: "secrets", State: Read},
		{Name: "teams", State: Absent},
		{Name: "alerts", State: NotChecked, Why: "403", Needs: "x: read"},
		{Name: "environment-secrets", Of: "production", State: Read},
	}}
	for _, tt := range []struct {
		name, of string
		ok       bool
		why      string
	}{
		{"secrets", "", true, ""},
		{"teams", "", true, ""},
		{"alerts", "", false, "403; needs x: read"},
		{"deploy-keys", "", false, "doesn't tell"},
		{"environment-secrets", "production", true, ""},
		{"environment-secrets", "staging", false, "doesn't tell"},
		{"environment-secrets", "", false, "doesn't tell"},
	} {
		if ok, why := inv.Has(tt.name, tt.of); ok != tt.ok || !strings.Contains(why, tt.why) {
			t.Errorf("%s of %q: %v, %q", tt.name, tt.of, ok, why)
		}
	}
	unread := (&Inventory{}).Unread()
	if len(unread) != len(Names())-2 { // nobody asks for a team or a person
		t.Errorf("of an empty inventory %d sources are unread", len(unread))
	}
	inv.Sources = append(inv.Sources, Source{Name: "environments", State: Read})
	inv.Sources = inv.Sources[:3:3]
	inv.Sources = append(inv.Sources, Source{Name: "environments", State: Read})
	for _, s := range inv.Unread() {
		if strings.HasPrefix(s.Name, "environment") {
			t.Errorf("there are no environments, and %s is unread", s.Name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte(`{"schema":1}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		inv, err := Parse("x", src)
		if err != nil {
			return
		}
		once, err := Encode(inv)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("x", once)
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, once)
		}
		if twice, err := Encode(again); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%v: %s", err, cmp.Diff(string(once), string(twice)))
		}
	})
}
