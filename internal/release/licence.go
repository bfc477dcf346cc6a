package main

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// licenceTexts are the licences that a linked module may have: each text by its SPDX name, with <<…>> where holders put their own
// words. A name that goes on with + is a part that may stand beside the licence; one without a licence before it is none.
//
//go:embed licences
var licenceTexts embed.FS

// licence is one of them, as a pattern of words.
type licence struct {
	id    string
	words *regexp.Regexp
}

var (
	blank       = regexp.MustCompile(`<<[^>]*>>`)
	noWord      = regexp.MustCompile(`[^a-z0-9]+`)
	listMark    = regexp.MustCompile(`(?m)^\s*(?:\(?[a-z0-9]{1,2}[.)]|[0-9]+(?:\.[0-9]+)+\.?|[*•-])\s`)
	ownersLine  = regexp.MustCompile(`(?im)^[\s*/#-]*(?:(?:portions )?copyright:? (?:\(c\)|©|[0-9]|the [a-z]+ authors)|all rights reserved).*$`)
	bindingWord = regexp.MustCompile(`\b(?:gnu|a?gpl|lgpl|affero|sspl|copyleft|commons clause|business source|(?:non)?commercial\w*|royalt\w*|` +
		`fees?|pay\w*|must|shall|may|can|cannot|have to|has to|need\w*|requir\w*|oblig\w*|permission|permitted|permits?|allow\w*|grant\w*|consent\w*|` +
		`prohibit\w*|restrict\w*|forbid\w*|exclu\w*|no|not|never|only|unless|except|subject to|agree\w*|warrant\w*|purposes?|use[ds]?|users?|using)\b`)
)

// licences reads the texts. A licence whose text begins as another's comes first, so that none is taken for the shorter.
func licences() ([]licence, error) {
	files, err := licenceTexts.ReadDir("licences")
	if err != nil {
		return nil, err
	}
	var all []licence
	for _, f := range files {
		src, err := licenceTexts.ReadFile(path.Join("licences", f.Name()))
		if err != nil {
			return nil, err
		}
		id, _, _ := strings.Cut(strings.TrimSuffix(f.Name(), ".txt"), "+")
		pattern := strings.ReplaceAll(wordsOf(blank.ReplaceAllString(string(src), " xblankx ")), "xblankx", "((?:[a-z0-9]+ ){0,30}?[a-z0-9]+)")
		words, err := regexp.Compile(`\b` + pattern + `\b`)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		all = append(all, licence{id, words})
	}
	slices.SortStableFunc(all, func(a, b licence) int { return len(b.words.String()) - len(a.words.String()) })
	return all, nil
}

// wordsOf is a text by its words alone, as licences are laid out and punctuated in many ways: without the marks of lists, and with the
// lines that say whose it is behind all others.
func wordsOf(text string) string {
	text = strings.ToLower(text)
	owners := strings.Join(ownersLine.FindAllString(text, -1), " ")
	text = ownersLine.ReplaceAllString(text, "") + " " + owners
	return strings.TrimSpace(noWord.ReplaceAllString(listMark.ReplaceAllString(text, " "), " "))
}

// recognise names the licences in a text; none where it holds none. All else in it may be names of files and people alone: what
// is left may not bind anybody to anything, so that no clause that somebody has added passes.
func recognise(all []licence, text string) ([]string, error) {
	left := wordsOf(text)
	var ids []string
	for _, l := range all {
		left = l.words.ReplaceAllStringFunc(left, func(match string) string {
			if l.id != "" && !slices.Contains(ids, l.id) {
				ids = append(ids, l.id)
			}
			return strings.Join(l.words.FindStringSubmatch(match)[1:], " ") // what holders put in
		})
	}
	if binding := bindingWord.FindString(left); binding != "" {
		return nil, fmt.Errorf("no licence that we know has %q in …%s…: see whether its terms fit, then add it to internal/release/licences", binding, around(left, binding))
	}
	slices.Sort(ids)
	return ids, nil
}

// around is what stands beside the first of a word.
func around(text, word string) string {
	at := strings.Index(text, word)
	return strings.TrimSpace(text[max(0, at-60):min(len(text), at+len(word)+60)])
}
