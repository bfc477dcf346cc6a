package identity

import (
	"encoding/json"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// MarshalJSON gives the claim set as it was parsed, so that whoever else judges by it reads what Text
// compares: numbers keep their digits. Claims are in the order of their names; the zero Claims is {}.
func (c Claims) MarshalJSON() ([]byte, error) {
	all := make(map[string]any, len(c.values))
	for name, v := range c.values {
		all[name] = plain(v)
	}
	return json.Marshal(all)
}

// plain is a value as encoding/json writes it.
func plain(n *jsontree.Node) any {
	switch n.Kind {
	case jsontree.Bool:
		return n.Text == "true"
	case jsontree.Number:
		return json.Number(n.Text)
	case jsontree.String:
		return n.Text
	case jsontree.Array:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = plain(item)
		}
		return items
	case jsontree.Object:
		members := make(map[string]any, len(n.Members))
		for _, m := range n.Members {
			members[m.Name] = plain(m.Value)
		}
		return members
	}
	return nil
}
