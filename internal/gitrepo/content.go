package gitrepo

import (
	"context"
	"errors"
	"slices"

	"github.com/curfew-ci/curfew/internal/gitrepo/odb"
)

// Content is what a changed file holds.
type Content struct {
	New   []byte
	Added LineSet // the lines of New that are in none of the old versions
	Notes []*Skip // old versions that could not be read: all of New counts as added
}

// Content reads file i of Files. The error is a *Skip where the file can't be read.
func (c *Changes) Content(ctx context.Context, i int) (content *Content, err error) {
	err = odb.Guard(func() (err error) {
		content, err = c.content(ctx, i)
		return err
	})
	return content, err
}

func (c *Changes) content(ctx context.Context, i int) (*Content, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	reader := c.take()
	defer c.give(reader)
	file := &c.Files[i]
	text, skip := c.read(ctx, reader, file.Path, file.blob)
	if skip != nil {
		return nil, skip
	}
	content := &Content{New: slices.Clone(text)}
	content.Added = allLines(content.New)
	for _, old := range file.olds {
		if old.IsZero() {
			continue
		}
		before, skip := c.read(ctx, reader, file.Path, old)
		if skip != nil {
			skip.Reason = "what it was before: " + skip.Reason + "; all of it counts as added"
			content.Notes = append(content.Notes, skip)
			continue
		}
		content.Added = content.Added.intersect(AddedLines(before, content.New))
	}
	return content, nil
}

// read reads a blob of a path. The result holds until the reader's next use.
func (c *Changes) read(ctx context.Context, reader *odb.Reader, path string, id odb.ID) ([]byte, *Skip) {
	n, ok := c.db.Find(id)
	if !ok {
		return nil, &Skip{Path: path, Reason: "the repository lacks its content", Fix: c.tree.fixAbsent(ctx, c.db)}
	}
	kind, text, err := reader.Read(n)
	switch {
	case errors.Is(err, odb.ErrTooLarge):
		return nil, tooLarge(path)
	case err != nil:
		return nil, &Skip{Path: path, Reason: "could not be read: " + err.Error(), Fix: fixDamage}
	case kind != odb.Blob:
		return nil, &Skip{Path: path, Reason: "could not be read: object " + id.String() + " is a " + kind.String(), Fix: fixDamage}
	}
	return text, nil
}

// contentCache is how much a reader keeps of what files are made of.
const contentCache = 4 << 20

func (c *Changes) take() *odb.Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.readers); n > 0 {
		reader := c.readers[n-1]
		c.readers = c.readers[:n-1]
		return reader
	}
	return c.db.NewReader(contentCache)
}

func (c *Changes) give(reader *odb.Reader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readers = append(c.readers, reader)
}
