package artifact

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
)

// File is a file of an artifact.
type File struct {
	Name string
	Data []byte
}

// archive makes a zip of files, in their order.
func archive(files []File) ([]byte, error) {
	if len(files) == 0 {
		return nil, errors.New("an artifact has at least one file")
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		to, err := w.Create(f.Name)
		if err == nil {
			_, err = to.Write(f.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("put %q into the artifact: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("close the artifact: %w", err)
	}
	return b.Bytes(), nil
}
