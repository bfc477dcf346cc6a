package inventory

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// Encode renders an inventory as the file holds it: sorted, indented, the same for the same inventory.
func Encode(inv *Inventory) ([]byte, error) {
	sorted := *inv
	sorted.Taken = inv.Taken.UTC()
	sorted.sort()
	text, err := jsontree.Indented(sorted)
	if err != nil {
		return nil, fmt.Errorf("write the inventory: %w", err)
	}
	return text, nil
}

// sort orders all lists, in copies, and makes those that are nil empty ones.
func (inv *Inventory) sort() {
	order(&inv.Sources, func(s Source) string { return fmt.Sprintf("%03d %s", slices.Index(Names(), s.Name), s.Of) })
	order(&inv.Secrets, func(s Secret) string {
		return string(s.Store) + "\x00" + string(s.Scope) + "\x00" + s.Environment + "\x00" + s.Name
	})
	order(&inv.Variables, func(v Variable) string { return string(v.Scope) + "\x00" + v.Environment + "\x00" + v.Name })
	order(&inv.Environments, func(e Environment) string { return e.Name })
	order(&inv.DeployKeys, func(k DeployKey) string { return number(k.ID) })
	order(&inv.Workflows, func(d Default) string { return string(d.Scope) })
	order(&inv.Subjects, func(s Subject) string { return string(s.Scope) })
	order(&inv.Tokens, func(t Token) string { return fmt.Sprint(number(t.ID), t.Pending) })
	order(&inv.Apps, func(a App) string { return number(a.ID) })
	order(&inv.Webhooks, func(h Webhook) string { return string(h.Scope) + number(h.ID) })
	order(&inv.Rulesets, func(r Ruleset) string { return number(r.ID) })
	order(&inv.Codeowners, func(f OwnerFault) string {
		return f.Path + "\x00" + number(int64(f.Line)) + number(int64(f.Column)) + f.Kind
	})
	order(&inv.Teams, func(t Team) string { return t.Name })
	order(&inv.Runners, func(r Runner) string { return string(r.Scope) + number(r.ID) })
	order(&inv.RunnerGroups, func(g RunnerGroup) string { return number(g.ID) })
	order(&inv.Alerts, func(a Alert) string { return number(a.Number) })
	if inv.Branch != nil {
		branch := *inv.Branch
		order(&branch.Rules, func(r Rule) string { return r.Kind + "\x00" + number(r.Ruleset) })
		inv.Branch = &branch
	}
	fill(reflect.ValueOf(inv).Elem())
}

func order[T any](list *[]T, key func(T) string) {
	*list = slices.Clone(*list)
	slices.SortStableFunc(*list, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

func number(n int64) string { return fmt.Sprintf("%020d", n) }

// fill makes nil lists empty ones: a list with nothing in it is [] and not null. What it changes is the copies' own.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			fill(own.Elem())
			v.Set(own)
		}
	}
}
