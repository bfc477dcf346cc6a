package lease

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/curfew-ci/curfew/internal/redact"
)

// File is a file in which a credential, or a part of it, is handed over.
type File struct {
	Name    string // in its folder
	Content redact.Secret
}

// Files is the credential as files of a folder, whose path is absolute, and the variables by which tools find them:
// for each secret value a file of its name and a variable NAME_FILE with its path. What is no secret stays a variable.
// Whoever renews the credential writes the same files anew.
// A provider whose tools know a way of their own has other files.
func (c *Credential) Files(dir string) ([]File, []Value, error) {
	if !filepath.IsAbs(dir) || strings.ContainsAny(dir, "\"'\r\n\x00") {
		return nil, nil, fmt.Errorf("hand over in files: %q can't stand in a configuration: expected an absolute path without quotes", dir)
	}
	if len(c.Values) == 0 {
		return nil, nil, errors.New("hand over in files: the credential has no values, as one that was read from a stub")
	}
	if c.files != nil {
		return c.files(c, dir)
	}
	files, vars := c.eachItsFile(dir)
	return files, vars, nil
}

// eachItsFile is a file for each secret value.
func (c *Credential) eachItsFile(dir string) ([]File, []Value) {
	var files []File
	var vars []Value
	for _, v := range c.Values {
		if v.Public {
			vars = append(vars, v)
			continue
		}
		files = append(files, File{v.Name, v.Value})
		vars = append(vars, path(v.Name+"_FILE", dir, v.Name))
	}
	return files, vars
}

// path is the variable that names a file.
func path(name, dir, file string) Value {
	return Value{Name: name, Value: redact.New([]byte(filepath.Join(dir, file))), Public: true}
}
