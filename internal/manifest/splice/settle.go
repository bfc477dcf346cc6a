package splice

import "strings"

// settle moves runs of removed lines that could stand in several places to where a reader sees them: to the
// line that is indented least, such as the key of what was removed.
func settle(ops []line) {
	for i := 0; i < len(ops); i++ {
		if ops[i].kind != '-' {
			continue
		}
		start, end := i, i
		for end < len(ops) && ops[end].kind == '-' {
			end++
		}
		i = end
		if end < len(ops) && ops[end].kind == '+' || start > 0 && ops[start-1].kind == '+' {
			continue
		}
		i = slide(ops, start, end)
	}
	a, b := 0, 0
	for i := range ops {
		if ops[i].kind != '+' {
			a++
		}
		if ops[i].kind != '-' {
			b++
		}
		ops[i].a, ops[i].b = a, b
	}
}

// slide moves the run ops[start:end] and returns where it ends then.
func slide(ops []line, start, end int) int {
	for start > 0 && ops[start-1].kind == ' ' && ops[start-1].text == ops[end-1].text {
		start, end = start-1, end-1
		ops[start].kind, ops[end].kind = '-', ' '
	}
	best, n := start, end-start
	for s := start; s+n < len(ops) && ops[s+n].kind == ' ' && ops[s+n].text == ops[s].text; s++ {
		if indentOf(ops[s+1].text) <= indentOf(ops[best].text) {
			best = s + 1
		}
	}
	for ; start < best; start, end = start+1, end+1 {
		ops[start].kind, ops[end].kind = ' ', '-'
	}
	return end
}

func indentOf(text string) int { return len(text) - len(strings.TrimLeft(text, " ")) }
