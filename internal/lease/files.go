package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// File is a file in which a credential, or a part of it, is handed over.
type File struct {
	Name    string // in its folder
	Content redact.Secret
}

// Names of the files of AWS.
const (
	awsProcessFile = "aws-credentials.json"
	awsConfigFile  = "aws-config"
	awsSharedFile  = "aws-none"
)

// Files is the credential as files of a folder, whose path is absolute, and the variables by which tools find them:
// for each secret value a file of its name and a variable NAME_FILE with its path. What is no secret stays a variable.
// Whoever renews the credential writes the same files anew.
//
// AWS' tools know a way of their own: a configuration whose credential_process prints a file, which they run again when
// what it printed has expired (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
func (c *Credential) Files(dir string) ([]File, []Value, error) {
	if !filepath.IsAbs(dir) || strings.ContainsAny(dir, "\"'\r\n\x00") {
		return nil, nil, fmt.Errorf("hand over in files: %q can't stand in a configuration: expected an absolute path without quotes", dir)
	}
	if c.Provider == "aws" {
		return c.awsFiles(dir)
	}
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
	return files, vars, nil
}

// path is the variable that names a file.
func path(name, dir, file string) Value {
	return Value{Name: name, Value: redact.New([]byte(filepath.Join(dir, file))), Public: true}
}

// awsFiles are a configuration, what its process prints, and an empty file in the place of the user's own
// credentials, which would count before both.
func (c *Credential) awsFiles(dir string) ([]File, []Value, error) {
	if len(c.Values) != 4 { // as aws.credential has them
		return nil, nil, errors.New("hand over in files: the session isn't whole")
	}
	id, secret, token, region := c.Values[0], c.Values[1], c.Values[2], c.Values[3]
	text, err := json.Marshal(map[string]any{
		"Version": 1, "AccessKeyId": string(id.Value.Reveal()), "SecretAccessKey": string(secret.Value.Reveal()),
		"SessionToken": string(token.Value.Reveal()), "Expiration": c.NotAfter.UTC().Format(time.RFC3339),
	})
	if err != nil {
		return nil, nil, errors.New("hand over in files: the session can't be written as JSON")
	}
	show := "cat"
	if runtime.GOOS == "windows" {
		show = "cmd /c type"
	}
	config := fmt.Sprintf("[default]\nregion = %s\ncredential_process = %s \"%s\"\n", region.Value.Reveal(), show, filepath.Join(dir, awsProcessFile))
	files := []File{
		{awsProcessFile, redact.New(text)}, {awsConfigFile, redact.New([]byte(config))}, {awsSharedFile, redact.New(nil)},
	}
	return files, []Value{
		path("AWS_CONFIG_FILE", dir, awsConfigFile), path("AWS_SHARED_CREDENTIALS_FILE", dir, awsSharedFile), region,
	}, nil
}
