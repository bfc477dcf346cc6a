package scan

import (
	"context"
	"fmt"
	"reflect"
)

// MaskResult hides in every text of r whatever looks like a credential. Run's results are masked, and better: with the files that
// they quote at hand. This is for those that were read from a file, which something else may have written.
func MaskResult(ctx context.Context, r *Result) error {
	mask, err := MaskEach(nil)
	if err != nil {
		return err
	}
	m := &resultMasker{mask: mask, seen: map[string]string{}}
	return m.visit(ctx, reflect.ValueOf(r).Elem())
}

// resultMasker masks texts wherever they stand in a value, so that no field which a result gets later is forgotten: of a kind
// that it can't mask it makes an error.
type resultMasker struct {
	mask func(ctx context.Context, text string) (string, error)
	seen map[string]string // names and paths stand in many findings
}

func (m *resultMasker) visit(ctx context.Context, v reflect.Value) error {
	switch kind := v.Kind(); kind {
	case reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint8, reflect.Float64:
	case reflect.String:
		text, err := m.masked(ctx, v.String())
		if err == nil && v.CanSet() {
			v.SetString(text)
		}
		return err
	case reflect.Pointer:
		if !v.IsNil() {
			return m.visit(ctx, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := m.visit(ctx, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() { // a time's
				continue
			}
			if err := m.visit(ctx, v.Field(i)); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("mask the result: nothing of the type %s can be masked", v.Type())
	}
	return nil
}

func (m *resultMasker) masked(ctx context.Context, text string) (string, error) {
	if out, ok := m.seen[text]; ok || text == "" {
		return out, nil
	}
	out, err := m.mask(ctx, text)
	if err == nil {
		m.seen[text] = out
	}
	return out, err
}
