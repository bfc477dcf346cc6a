package lease

import (
	"encoding/json"
	"errors"
	"path/filepath"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Names of the files of Kubernetes.
const (
	kubeConfigFile = "kubeconfig"
	kubeTokenFile  = "kubernetes-token" //nolint:gosec // its name
)

// kubeFiles are what tools of Kubernetes know as a way of their own: a kubeconfig
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/) that names a file with the token, which Kubernetes' client library
// reads anew every minute, so that what runs for longer than a token lives goes on with the next. It is JSON, of which YAML is more.
func kubeFiles(n names, g *manifest.Kubernetes, a authority) func(*Credential, string) ([]File, []Value, error) {
	return func(c *Credential, dir string) ([]File, []Value, error) {
		if len(c.Values) < 2 { // as exchange has them
			return nil, nil, errors.New("hand over in files: the lease isn't whole")
		}
		config, err := kubeConfigOf(g, a, filepath.Join(dir, kubeTokenFile))
		if err != nil {
			return nil, nil, err
		}
		files := []File{{kubeTokenFile, c.Values[1].Value}, {kubeConfigFile, config}}
		return files, []Value{path(n[kubeConfig], dir, kubeConfigFile), path(n[kubeConfigPath], dir, kubeConfigFile)}, nil
	}
}

// kubeConfigOf is a kubeconfig with one context.
func kubeConfigOf(g *manifest.Kubernetes, a authority, tokenFile string) (redact.Secret, error) {
	type object = map[string]any
	const name = "curfew"
	context := object{"cluster": name, "user": name}
	if g.Namespace != "" {
		context["namespace"] = g.Namespace
	}
	text, err := json.MarshalIndent(object{
		"apiVersion": "v1", "kind": "Config", "current-context": name,
		"clusters": []object{{"name": name, "cluster": object{"server": g.Server, "certificate-authority-data": a.pem}}}, // []byte is base64
		"users":    []object{{"name": name, "user": object{"tokenFile": tokenFile}}},
		"contexts": []object{{"name": name, "context": context}},
	}, "", "  ")
	if err != nil {
		return redact.Secret{}, errors.New("hand over in files: the kubeconfig can't be written as JSON")
	}
	return redact.New(append(text, '\n')), nil
}
