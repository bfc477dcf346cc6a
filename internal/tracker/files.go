package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// Files keeps tickets in a folder, for where there is no tracker, or none that can be reached: FINGERPRINT.json is a
// ticket, FINGERPRINT.md what a person reads. Who takes a ticket sets "taken" in the first, who closes it "open".
type Files struct {
	store ledger.Store // of which nothing is removed: a ticket that is closed stays
	now   func() time.Time
}

// NewFiles makes a backend of a folder.
func NewFiles(store ledger.Store, now func() time.Time) *Files { return &Files{store, now} }

// File is a ticket's file.
type File struct {
	Schema     int         `json:"schema"`
	Title      string      `json:"title"`
	Open       bool        `json:"open"`
	Taken      bool        `json:"taken"`
	Created    time.Time   `json:"created"`
	Due        time.Time   `json:"due,omitzero"`
	Project    string      `json:"project,omitempty"`
	Labels     []string    `json:"labels"`
	Comments   []Comment   `json:"comments,omitempty"`
	Events     int         `json:"events,omitempty"` // that SSF's receiver was told
	Repository string      `json:"repository"`
	Memo       ticket.Memo `json:"memo"`
}

// Comment is one in a File.
type Comment struct {
	ID   string    `json:"id"` // of the change that it is about
	Time time.Time `json:"time"`
	Text string    `json:"text"` // Markdown
}

const (
	fileSchema = 1
	fileExt    = ".json"
	pageExt    = ".md"
)

// Lag implements ticket.Backend.
func (f *Files) Lag() time.Duration { return 0 }

// List implements ticket.Backend.
func (f *Files) List(ctx context.Context, _ string) ([]ticket.Ticket, error) {
	var out []ticket.Ticket
	for after := ""; ; {
		names, err := f.store.List(ctx, "", after, ledger.MaxList)
		if err != nil {
			return nil, fmt.Errorf("list tickets: %w", err)
		}
		for _, name := range names {
			print, ok := strings.CutSuffix(name, fileExt)
			if !ok || strings.Contains(name, "/") {
				continue
			}
			file, _, err := f.read(ctx, print)
			if err != nil {
				return nil, fmt.Errorf("list tickets: %w", err)
			}
			out = append(out, file.ticket())
		}
		if len(names) < ledger.MaxList {
			return out, nil
		}
		after = names[len(names)-1]
	}
}

func (f *File) ticket() ticket.Ticket {
	print, repository := ticket.ReadLabels(f.Labels)
	return ticket.Ticket{
		Key: print, Fingerprint: print, Repository: repository, Open: f.Open, Taken: f.Taken, Created: f.Created, Memo: f.Memo,
	}
}

// read reads a ticket and the tag that its change needs.
func (f *Files) read(ctx context.Context, print string) (file File, tag string, err error) {
	o, err := f.store.Get(ctx, print+fileExt)
	if err != nil {
		return file, "", err
	}
	if err := json.Unmarshal(o.Data, &file); err != nil {
		return file, "", fmt.Errorf("%s%s: no JSON of a ticket: put it right, or move it away", print, fileExt)
	}
	if file.Schema != fileSchema || file.ticket().Fingerprint != print {
		return file, "", fmt.Errorf("%s%s: expected schema %d and its own label: put it right, or move it away", print, fileExt, fileSchema)
	}
	return file, o.Tag, nil
}

// Create implements ticket.Backend.
func (f *Files) Create(ctx context.Context, d ticket.Draft) (string, error) {
	file := File{Schema: fileSchema, Created: f.now().UTC()}
	return d.Fingerprint, f.write(ctx, file, "", d)
}

// Update implements ticket.Backend.
func (f *Files) Update(ctx context.Context, key string, d ticket.Draft) error {
	file, tag, err := f.read(ctx, key)
	if err != nil || d.Done(file.ticket()) {
		return err
	}
	return f.write(ctx, file, tag, d)
}

// write writes the page first: until the ticket itself is written, the change is made again.
func (f *Files) write(ctx context.Context, file File, tag string, d ticket.Draft) error {
	file.Title, file.Open, file.Due, file.Project, file.Labels = d.Title, d.Open(), d.Due.UTC(), d.Project, d.Labels
	file.Repository, file.Memo = d.Memo.Repository, d.Memo
	said := slices.ContainsFunc(file.Comments, func(c Comment) bool { return c.ID == d.Event() })
	if len(d.Comment) > 0 && !said {
		file.Comments = append(file.Comments, Comment{ID: d.Event(), Time: f.now().UTC(), Text: d.Comment.Markdown()})
	}
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := f.put(ctx, d.Fingerprint+pageExt, file.page(d)); err != nil {
		return err
	}
	if tag == "" {
		return f.store.Create(ctx, d.Fingerprint+fileExt, append(data, '\n'))
	}
	return f.store.Replace(ctx, d.Fingerprint+fileExt, tag, append(data, '\n'))
}

// put writes an object whether it is there or not.
func (f *Files) put(ctx context.Context, name string, data []byte) error {
	err := f.store.Create(ctx, name, data)
	if !errors.Is(err, ledger.ErrExists) {
		return err
	}
	o, err := f.store.Get(ctx, name)
	if err != nil || string(o.Data) == string(data) {
		return err
	}
	return f.store.Replace(ctx, name, o.Tag, data)
}

func (f *File) page(d ticket.Draft) []byte {
	var b strings.Builder
	title := ticket.Document{ticket.Para(ticket.Text(f.Title))}.Markdown()
	b.WriteString("# " + strings.TrimPrefix(title, "&#8203;") + "\n" + d.Body.Markdown())
	for _, c := range f.Comments {
		b.WriteString("\n---\n\n" + c.Time.Format(time.RFC3339) + "\n\n" + c.Text)
	}
	return []byte(b.String())
}
