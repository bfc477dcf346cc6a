package verify

import (
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// places says where the keys of a TOML file stand.
type places struct {
	name string
	at   map[string]unstable.Position
}

// of is "file:line:col" of a key, or of the nearest key above it that is written.
func (p places) of(path ...string) string {
	for n := len(path); n > 0; n-- {
		if at, ok := p.at[strings.Join(path[:n], "\x00")]; ok {
			return fmt.Sprintf("%s:%d:%d", p.name, at.Line, at.Column)
		}
	}
	return p.name + ":1:1"
}

// tomlPlaces finds every key of src, those of inline tables apart: the reader itself only tells of keys
// that it refuses.
func tomlPlaces(name string, src []byte) (places, error) {
	found := places{name, map[string]unstable.Position{}}
	var table []string
	var p unstable.Parser
	p.Reset(src)
	for p.NextExpression() {
		e := p.Expression()
		if e.Kind != unstable.Table && e.Kind != unstable.ArrayTable && e.Kind != unstable.KeyValue {
			continue
		}
		var path []string
		if e.Kind == unstable.KeyValue {
			path = append(path, table...)
		}
		keys := e.Key()
		for keys.Next() {
			path = append(path, string(keys.Node().Data))
			joined := strings.Join(path, "\x00")
			if _, ok := found.at[joined]; !ok {
				found.at[joined] = p.Shape(keys.Node().Raw).Start
			}
		}
		if e.Kind != unstable.KeyValue {
			table = path
		}
	}
	if err := p.Error(); err != nil {
		return places{}, fmt.Errorf("%s: %w", name, err)
	}
	return found, nil
}
