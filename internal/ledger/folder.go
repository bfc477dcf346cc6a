package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// What a folder's files and folders may be read by: their owner alone.
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// temporaries is where objects are written before they get their name. It is no object's name, since
// it begins with a dot.
const temporaries = ".tmp"

// Folder is a folder of the local file system. It never leaves it, whatever links lie there, and what
// it says is written has been synced, as has the folder that names it. Several processes may use one.
type Folder struct {
	root *os.Root
	path string
}

// OpenFolder opens the folder at dir, making it where there is none. A link there is refused: whoever can
// put one there would choose where evidence goes.
func OpenFolder(dir string) (*Folder, error) {
	if err := makeFolders(filepath.Clean(dir)); err != nil {
		return nil, fmt.Errorf("open ledger folder: %w", err)
	}
	before, err := os.Lstat(filepath.Clean(dir)) //nolint:gosec // the user names the folder
	if err != nil {
		return nil, fmt.Errorf("open ledger folder: %w", err)
	}
	if !before.IsDir() {
		return nil, fmt.Errorf("open ledger folder: %s is a link: name the folder itself", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open ledger folder: %w", err)
	}
	opened, err := root.Stat(".")
	if err != nil || !os.SameFile(before, opened) {
		return nil, errors.Join(fmt.Errorf("open ledger folder: %s was replaced meanwhile: try again", dir), err, root.Close())
	}
	return &Folder{root: root, path: dir}, nil
}

// makeFolders makes a folder and those above it, each synced into the one that names it.
func makeFolders(dir string) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) { //nolint:gosec // the user names the folder
		return err
	}
	parent := filepath.Dir(dir)
	if err := makeFolders(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the same
		return err
	}
	above, err := os.Open(parent) //nolint:gosec // the same
	if err != nil {
		return err
	}
	return errors.Join(syncFolder(above), above.Close())
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Get reads an object; ErrNotFound where there is none. Links and what else is no regular file are
// refused, as are more than MaxObject bytes (ErrTooLarge).
func (f *Folder) Get(ctx context.Context, name string) (Object, error) {
	if err := f.ready(ctx, name); err != nil {
		return Object{}, f.wrap("read", name, err)
	}
	data, err := f.read(name)
	if err != nil {
		return Object{}, f.wrap("read", name, err)
	}
	return Object{Data: data, Tag: tagOf(data)}, nil
}

// errReplaced says that a name came to mean another file between two looks at it.
var errReplaced = errors.New("the file was replaced meanwhile: try again")

// read reads a file, once more where another process replaced it meanwhile.
func (f *Folder) read(name string) (data []byte, err error) {
	for range 10 {
		if data, err = f.readOnce(name); !errors.Is(err, errReplaced) {
			break
		}
	}
	return data, err
}

func (f *Folder) readOnce(name string) ([]byte, error) {
	before, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errors.New("not a regular file: remove what lies there")
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if opened, err := file.Stat(); err != nil || !os.SameFile(before, opened) {
		return nil, errors.Join(errReplaced, err)
	}
	data, err := io.ReadAll(io.LimitReader(file, MaxObject+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxObject {
		return nil, ErrTooLarge
	}
	return data, nil
}

// Create writes an object whose name isn't taken, and ErrExists where it is. Whoever sees the name sees
// all of the object: it is written under another name and linked to this one, which only one can do.
func (f *Folder) Create(ctx context.Context, name string, data []byte) error {
	if err := f.ready(ctx, name); err != nil {
		return f.wrap("create", name, err)
	}
	temporary, err := f.temporary(data)
	if err != nil {
		return f.wrap("create", name, err)
	}
	defer f.root.Remove(temporary) //nolint:errcheck // what stays behind is never read
	if err := f.folders(path.Dir(name)); err != nil {
		return f.wrap("create", name, err)
	}
	err = f.root.Link(temporary, name)
	if errors.Is(err, fs.ErrExist) {
		err = ErrExists
	}
	if err == nil {
		err = f.sync(path.Dir(name))
	}
	return f.wrap("create", name, err)
}

// temporary writes data to a file of its own and returns its name.
func (f *Folder) temporary(data []byte) (string, error) {
	if len(data) > MaxObject {
		return "", fmt.Errorf("%d bytes: at most %d are allowed", len(data), MaxObject)
	}
	if err := f.folders(temporaries); err != nil {
		return "", err
	}
	name := temporaries + "/" + rand.Text() // so that no two processes meet; nothing depends on it
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, f.root.Remove(name))
	}
	return name, nil
}

// folders makes a folder and those above it.
func (f *Folder) folders(name string) error {
	if _, err := f.root.Stat(name); err == nil {
		return nil
	}
	if err := f.folders(path.Dir(name)); err != nil {
		return err
	}
	if err := f.root.Mkdir(name, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// sync makes durable which names a folder has, and those above it: another process may have made them and
// not come to syncing them.
func (f *Folder) sync(name string) error {
	folder, err := f.root.Open(name)
	if err != nil {
		return err
	}
	if err := errors.Join(syncFolder(folder), folder.Close()); err != nil || name == "." {
		return err
	}
	return f.sync(path.Dir(name))
}

func (f *Folder) ready(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return checkName(name)
}

func (f *Folder) wrap(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q in the ledger folder %s: %w", verb, name, f.path, err)
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
