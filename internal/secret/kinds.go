package secret

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed kinds.tsv
var kindsTSV string

// rank orders detectors that found the same bytes; a lower one speaks for them.
type rank int

const (
	byKind  rank = iota // knows the credential by its own form or its service's name
	byForm              // knows a form that many services use: a JWT, a private key
	byPlace             // goes by where it stands: a URL, a curl command, a Kubernetes Secret
	byGuess             // goes by a telling name and how random the value looks
)

// kind is one row of kinds.tsv.
type kind struct {
	prefix   string
	lifetime Lifetime
	strong   bool
	rank     rank
	words    string
}

// kinds maps a detector's id to its rows, those with a prefix first.
type kinds map[string][]kind

// loadKinds reads kinds.tsv.
func loadKinds() (kinds, error) {
	table := make(kinds)
	for n, line := range strings.Split(strings.TrimSpace(kindsTSV), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		id, k, err := parseKind(line)
		if err != nil {
			return nil, fmt.Errorf("kinds.tsv:%d: %w", n+1, err)
		}
		table[id] = append(table[id], k)
	}
	return table, nil
}

func parseKind(line string) (string, kind, error) {
	col := strings.Split(line, "\t")
	if len(col) != 6 {
		return "", kind{}, fmt.Errorf("%d columns, expected 6", len(col))
	}
	k := kind{prefix: col[1], lifetime: Lifetime(col[2]), strong: col[3] == "strong", words: col[5]}
	switch k.lifetime {
	case LongLived, ShortLived, Unknown:
	default:
		return "", kind{}, fmt.Errorf("unknown lifetime %q", col[2])
	}
	if col[3] != "strong" && col[3] != "weak" {
		return "", kind{}, fmt.Errorf("unknown strength %q", col[3])
	}
	ranks := map[string]rank{"kind": byKind, "form": byForm, "place": byPlace, "guess": byGuess}
	r, ok := ranks[col[4]]
	if !ok {
		return "", kind{}, fmt.Errorf("unknown rank %q", col[4])
	}
	k.rank = r
	return col[0], k, nil
}

// of is what is known of a value that detector found. A detector that isn't in the table, as those of a
// user's own configuration aren't, is described by its id.
func (t kinds) of(detector string, value []byte) kind {
	for _, k := range t[detector] {
		if strings.HasPrefix(string(value), k.prefix) {
			return k
		}
	}
	return kind{lifetime: Unknown, words: strings.ReplaceAll(detector, "-", " ")}
}
