package unpack

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLabel is how many bytes of a name in an archive are kept: the last ones, which say most.
const maxLabel = 1024

// inside names a file of an archive by the archive and its name there, which is made harmless: slashes only, no climbing,
// nothing that can't be printed.
func inside(archive, name string) string {
	cut := ""
	if len(name) > maxLabel {
		name, cut = name[len(name)-maxLabel:], "…"
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r == '\\':
			return '/'
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, name)
	if name = path.Clean("/" + name)[1:]; name == "" {
		name = "(no name)"
	}
	return archive + "!" + cut + name
}

// stem is the name of the one file in a compressed one: the archive's own, without what compressing put behind it.
func stem(archive string) string {
	base := archive[strings.LastIndexAny(archive, "/!")+1:]
	for _, ext := range []string{".gz", ".bz2", ".tgz", ".tbz2"} {
		if name, ok := strings.CutSuffix(base, ext); ok && name != "" {
			return name
		}
	}
	return base
}
