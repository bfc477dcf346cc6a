package main

import (
	"bytes"

	"github.com/curfew-ci/curfew/internal/jsontree"
)

// object is a JSON object whose members keep their order, so that the schemas read like the types.
type object []member

type member struct {
	name  string
	value any
}

// with is o and one more member.
func (o object) with(name string, value any) object {
	return append(o[:len(o):len(o)], member{name, value})
}

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for _, v := range []any{m.name, m.value} {
			text, err := jsontree.Line(v)
			if err != nil {
				return nil, err
			}
			b.Write(text)
			b.WriteByte(':')
		}
		b.Truncate(b.Len() - 1) // the colon after the value
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
