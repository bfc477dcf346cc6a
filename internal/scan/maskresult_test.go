package scan_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/secret/planted"
)

// TestMaskResult: a result of something else's making shows no credential, whichever text of it holds one; and what is no text
// stays as it is.
func TestMaskResult(t *testing.T) {
	token := planted.All(5)[0].Value
	var r scan.Result
	if n := fill(reflect.ValueOf(&r).Elem(), "x "+token); n < 50 {
		t.Fatalf("%d texts only", n)
	}
	r.Of.Time, r.Findings[0].Severity = today, finding.High
	if err := scan.MaskResult(t.Context(), &r); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), token) || strings.Count(string(out), "[redacted]") < 50 {
		t.Errorf("%s", out)
	}
	if !r.Of.Time.Equal(today) || r.Checked.Files != 7 {
		t.Errorf("%v %d", r.Of.Time, r.Checked.Files)
	}
	var none scan.Result
	if err := scan.MaskResult(t.Context(), &none); err != nil || !reflect.DeepEqual(none, scan.Result{}) {
		t.Errorf("%+v %v", none, err)
	}
}

// fill puts text into every string of v, one element into each list and 7 into each number, and counts the strings.
func fill(v reflect.Value, text string) int {
	n := 0
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return 1
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), text)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += fill(v.Field(i), text)
			}
		}
	}
	return n
}
