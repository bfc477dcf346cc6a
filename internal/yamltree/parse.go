package yamltree

import (
	"bytes"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/curfew-ci/curfew/internal/source"
)

// Parse reads the one document of src. The error is an *Error; the Document is never nil. A second
// document, or anything else behind the first, is an error too, as it is to GitHub: then Root is set
// nevertheless, for readers who want what can be had.
func Parse(path string, src []byte, lim Limits) (*Document, error) {
	doc := &Document{Text: source.NewText(path, src)}
	if err := refuse(doc.Text, lim); err != nil {
		return doc, err
	}
	doc.scan = newScanner(doc.Text)
	root, err := decode(src)
	if err != nil {
		return doc, explain(doc.Text, err)
	}
	r := newReader(doc, lim, count(&root))
	if len(root.Content) > 0 {
		r.prolog()
		if doc.Root, err = r.node(root.Content[0], place{depth: 1, block: -1}); err != nil {
			doc.Root = nil
			return doc, err
		}
	}
	err = r.rest()
	doc.Comments = r.comments
	return doc, err
}

const bom = "\ufeff"

// refuse says what is wrong with a text that yaml.v3 had better not see. It takes UTF-16, of which
// no byte offset would be true, and mistakes a byte order mark inside of a file for indentation.
func refuse(t *source.Text, lim Limits) error {
	fail := func(off int, msg string) error { return &Error{t.Region(off, off), msg} }
	switch src := t.Src; {
	case lim.Bytes > 0 && len(src) > lim.Bytes:
		return &Error{source.Region{Path: t.Path}, fmt.Sprintf("the file has %d bytes: at most %d are read", len(src), lim.Bytes)}
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		return fail(0, "the file is UTF-16: save it as UTF-8")
	default:
		if i := bytes.Index(src[min(1, len(src)):], []byte(bom)); i >= 0 {
			return fail(i+1, "found a byte order mark (U+FEFF) inside the file: remove it")
		}
	}
	return nil
}

// decode is yaml.v3's own reading of the first document. It panics on some malformed input.
func decode(src []byte) (root yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	err = yaml.Unmarshal(src, &root)
	return root, err
}
