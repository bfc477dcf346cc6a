package ledger

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/curfew-ci/curfew/internal/identity"
)

// TokenVerifier proves an ID token by its issuer's keys and returns its claims: that the signature holds,
// that the issuer is one that is asked for keys at all, and that the token was made for audience. It
// must not ask whether the token is over: a seal is read long after its job, and Collect holds the times
// of the records to those of the token.
type TokenVerifier func(token []byte, audience string) (identity.Claims, error)

// Collector brings what jobs have sealed into the log. It is the log's one writer.
type Collector struct {
	Inbox   Store // the jobs' files and seals, under any names that end as theirs do; only read
	Archive Store // where files, seals and issuers' keys are kept; the log's store will do
	Log     *Log

	Verify TokenVerifier
	// Keys are the issuer's keys as Verify used them, a JSON Web Key Set: issuers change them, and a seal
	// is to be checked in years too.
	Keys func(ctx context.Context, issuer string) ([]byte, error)

	Issuers      []string     // whose tokens count
	Owners       []PlatformID // of the accounts whose repositories' jobs may write here
	Repositories []PlatformID // and of single repositories
	// Events lists events beside the platform's defaults (identity.Identity.DefaultEvents) whose runs may
	// write here. Those of pull requests never may: what they run is not yet anybody's decision.
	Events []string
	// Recorders are the workflows, each by its job_workflow_ref, whose jobs record of all repositories what they hold and
	// what was done about it: the planes but Issuance. Nobody else's records of those are taken. None unless said.
	Recorders []string
}

// PlatformID is the id of an account or a repository. Platforms count theirs alike: it is one thing's only with the issuer
// of the tokens that say it.
type PlatformID struct{ Issuer, ID string }

// Collected is what a Collect did.
type Collected struct {
	Files   []CollectedFile // in the order of their names; what an error kept out isn't among them
	Before  int             // files that an earlier Collect marked as taken, and that weren't read
	Refused []Refusal       // in the order of their names
	Added   int             // records that the log didn't have
}

// CollectedFile is a file whose records are in the log.
type CollectedFile struct {
	Name    string
	Records int
	Torn    int // bytes at its end that a crash left behind
}

// Refusal is a file of which nothing was taken.
type Refusal struct {
	Name   string
	Reason string // one line, lower case
}

// Collect reads all files of the inbox and appends their records to the log. A file is taken as a whole
// or not at all: its seal must hold, its token speak for it, and its records be those of the token's own
// run. What isn't taken is listed with the reason. A file that was collected before adds nothing,
// and isn't read again.
//
// A seal proves which run wrote a record, not that what the record says is true: a job that may write
// here can write what it likes about itself.
func (c *Collector) Collect(ctx context.Context) (Collected, error) {
	out, err := c.collect(ctx)
	if err != nil {
		return out, fmt.Errorf("collect: %w", err)
	}
	return out, nil
}

func (c *Collector) collect(ctx context.Context) (out Collected, err error) {
	if err := c.Log.learn(ctx); err != nil {
		return out, err
	}
	b := basket{collector: c, fresh: map[string]Hash{}}
	seen := map[string]bool{} // a file comes before its seal
	for names, err := range listsOf(ctx, c.Inbox, "", "") {
		if err != nil {
			return out, err
		}
		taken, err := c.taken(ctx, names)
		if err != nil {
			return out, err
		}
		for _, name := range names {
			if file, ok := strings.CutSuffix(name, sealSuffix); ok && seen[file] {
				continue // read with its file
			}
			if seen[name] = true; taken[name] {
				out.Before++
			} else if err := b.take(ctx, name, &out); err != nil {
				return out, err
			}
		}
	}
	return out, b.empty(ctx, &out)
}

// basket is what was proven and is still to be appended. It is emptied whenever it holds a batch: what lies in the
// inbox is as much as jobs like, and so would be the memory for it.
type basket struct {
	collector *Collector
	files     []basketFile
	lines     [][]byte
	bytes     int
	fresh     map[string]Hash // of the lines, by their records' keys
}

// take proves one file and puts it into the basket, or says in out why it is refused.
func (b *basket) take(ctx context.Context, name string, out *Collected) error {
	s, kept, err := b.collector.file(ctx, name)
	if err == nil {
		err = b.collector.merge(s, b.fresh)
	}
	var trouble *archiveError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &trouble):
		return err
	case err != nil:
		out.Refused = append(out.Refused, Refusal{name, oneLine(err)})
		return nil
	}
	file := basketFile{CollectedFile: CollectedFile{name, len(s.Records), s.Torn}, kept: kept}
	for i, line := range s.Lines {
		b.lines, b.bytes = append(b.lines, line), b.bytes+len(line)+1
		file.keys = append(file.keys, s.Records[i].key())
	}
	b.files = append(b.files, file)
	if b.bytes < maxBatch {
		return nil
	}
	return b.empty(ctx, out)
}

// empty appends what the basket holds to the log.
func (b *basket) empty(ctx context.Context, out *Collected) error {
	added, err := b.collector.Log.Append(ctx, b.lines)
	if out.Added += added; err != nil {
		return err
	}
	for _, file := range b.files {
		out.Files = append(out.Files, file.CollectedFile)
	}
	for _, file := range b.files {
		if err := b.collector.mark(ctx, file); err != nil {
			return &archiveError{err}
		}
	}
	*b = basket{collector: b.collector, fresh: map[string]Hash{}} // the log knows them now
	return nil
}

// file reads, proves and archives one file, and says where it is kept.
func (c *Collector) file(ctx context.Context, name string) (s Sealed, kept string, err error) {
	switch {
	case strings.HasSuffix(name, sealSuffix):
		return Sealed{}, "", errors.New("a seal whose file isn't there")
	case !strings.HasSuffix(name, ".jsonl"):
		return Sealed{}, "", errors.New("neither a job's file nor a seal")
	}
	side, err := c.Inbox.Get(ctx, name+sealSuffix)
	if errors.Is(err, ErrNotFound) {
		return Sealed{}, "", errors.New("not sealed: its job is running, or ended before it could")
	}
	if err != nil {
		return Sealed{}, "", err
	}
	content, err := c.Inbox.Get(ctx, name)
	if err != nil {
		return Sealed{}, "", err
	}
	if s, err = OpenSealed(path.Base(name), content.Data, side.Data); err != nil {
		return Sealed{}, "", err
	}
	return s, archivedFile(side.Data), c.keep(ctx, s, content.Data, side.Data)
}

// keep proves a file that no earlier Collect has taken, and archives it.
func (c *Collector) keep(ctx context.Context, s Sealed, content, side []byte) error {
	if before, err := c.before(ctx, s, content, side); before || err != nil {
		return err
	}
	claims, err := c.Verify(s.Token.Reveal(), s.Audience)
	if err != nil {
		return fmt.Errorf("the ID token doesn't hold: %w", err)
	}
	if err := c.accept(s, claims); err != nil {
		return err
	}
	issuer, _ := claims.Text("iss")
	if err := c.archive(ctx, issuer, content, side); err != nil {
		return &archiveError{err}
	}
	return nil
}

// archiveError is trouble that isn't the file's: nothing may be appended whose seal isn't kept.
type archiveError struct{ err error }

func (e *archiveError) Error() string { return "archive: " + e.err.Error() }
func (e *archiveError) Unwrap() error { return e.err }

// merge adds a file's records to those that will be appended, unless one of them is another record's
// double.
func (c *Collector) merge(s Sealed, fresh map[string]Hash) error {
	for i, r := range s.Records {
		hash := tlog.RecordHash(s.Lines[i])
		have, ok := c.Log.index.hash(r.key())
		if !ok {
			have, ok = fresh[r.key()]
		}
		if ok && have != hash {
			return fmt.Errorf("record %s has the id of another record of its run: one of the two files copied it", r.ID)
		}
	}
	for i, r := range s.Records {
		fresh[r.key()] = tlog.RecordHash(s.Lines[i])
	}
	return nil
}

// oneLine is an error's text without line breaks, which a hostile name or claim may have.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}
