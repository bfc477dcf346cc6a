// A Vault for tests: HashiCorp Vault's own core, HTTP API, JWT login, key-value store and file audit, in
// memory and on loopback alone. It is a module of its own, so that none of it reaches the binary or go.mod;
// Vault's licence (BUSL 1.1) lets it be run for tests, and it is never shipped.
//
// It writes one line of JSON, {"address": "127.0.0.1:PORT", "root_token": "hvs.…"}, and serves until it is
// killed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwtauth "github.com/hashicorp/vault-plugin-auth-jwt"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen: an address of this machine")
	flag.Parse()
	if err := run(*addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(addr string) error {
	core, root, err := start()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return fmt.Errorf("%s isn't this machine alone", addr)
	}
	said := map[string]string{"address": l.Addr().String(), "root_token": root}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	server := &http.Server{
		Handler:           vaulthttp.Handler.Handler(&vault.HandlerProperties{Core: core, ListenerConfig: &configutil.Listener{}}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	return server.Serve(l)
}

// start makes a core in memory, initialises it and opens its seal.
func start() (core *vault.Core, root string, err error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, "", err
	}
	core, err = vault.NewCore(&vault.CoreConfig{
		Physical: storage, DisableMlock: true, Logger: logger, NumRollbackWorkers: 1,
		AuditBackends:      map[string]audit.Factory{"file": audit.NewFileBackend},
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"jwt": jwtauth.Factory},
		BuiltinRegistry:    registry{},
	})
	if err != nil {
		return nil, "", err
	}
	made, err := core.Initialize(context.Background(), &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
		RecoveryConfig: &vault.SealConfig{},
	})
	if err != nil {
		return nil, "", err
	}
	open, err := core.Unseal(made.SecretShares[0])
	if err == nil && !open {
		err = errors.New("the seal stays shut")
	}
	return core, made.RootToken, err
}

// registry says which plugins are built in.
type registry struct{}

func (registry) Contains(name string, t consts.PluginType) bool {
	return name == "jwt" && t == consts.PluginTypeCredential || name == "kv" && t == consts.PluginTypeSecrets
}

func (r registry) Get(name string, t consts.PluginType) (func() (any, error), bool) {
	if !r.Contains(name, t) {
		return nil, false
	}
	factory := logical.Factory(jwtauth.Factory)
	if name == "kv" {
		factory = kv.Factory
	}
	return func() (any, error) { return factory, nil }, true
}

func (registry) Keys(t consts.PluginType) []string {
	switch t {
	case consts.PluginTypeCredential:
		return []string{"jwt"}
	case consts.PluginTypeSecrets:
		return []string{"kv"}
	}
	return nil
}

func (registry) DeprecationStatus(string, consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, true
}

func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
