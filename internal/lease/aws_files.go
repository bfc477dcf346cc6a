package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/curfew-ci/curfew/internal/redact"
)

// Names of the files of AWS.
const (
	awsProcessFile = "aws-credentials.json"
	awsConfigFile  = "aws-config"
	awsSharedFile  = "aws-none"
)

// awsFiles are what AWS' tools know as a way of their own, a configuration whose credential_process prints a file and which they
// run again when what it printed has expired (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html):
// that configuration, what its process prints, and an empty file in the place of the user's own
// credentials, which would count before both.
func awsFiles(c *Credential, dir string) ([]File, []Value, error) {
	if len(c.Values) != 5 { // as aws.credential has them
		return nil, nil, errors.New("hand over in files: the session isn't whole")
	}
	id, secret, token, region, boto := c.Values[0], c.Values[1], c.Values[2], c.Values[3], c.Values[4]
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
		path("AWS_CONFIG_FILE", dir, awsConfigFile), path("AWS_SHARED_CREDENTIALS_FILE", dir, awsSharedFile), region, boto,
	}, nil
}
