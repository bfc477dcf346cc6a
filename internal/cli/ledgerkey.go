package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

func newLedgerKey(env *Env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "key NAME --out FILE",
		Short: "make a key that signs a log's checkpoints",
		Long: "Make a key for ledger collect --key-file, for the log of that NAME: a URL without its scheme that nobody\n" +
			"else uses. The key goes to a new FILE that you alone may read; its public half, for --key, is printed.\n" +
			"A collector that runs in GitHub Actions needs none.",
		Example: "  curfew ledger key acme.example/curfew --out collector.key",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return makeKey(env, args[0], out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "the new `FILE` for the key")
	_ = cmd.MarkFlagRequired("out") // fails only for flags that don't exist
	return cmd
}

func makeKey(env *Env, origin, out string) error {
	private, public, err := ledger.NewKey(origin, rand.Reader)
	if err != nil {
		return usageError("%w", err)
	}
	file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user names it
	if err != nil {
		return usageError("--out: %w; a key that is there isn't replaced", err)
	}
	_, err = file.Write(append(private.Reveal(), '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return &exitError{ExitUnfinished, errors.Join(err, os.Remove(out))}
	}
	_, err = fmt.Fprintln(env.Stdout, public)
	return err
}

// maxKeyFile is how many bytes a key's file may have.
const maxKeyFile = 4 << 10

// readKeyFile reads a signing key that nobody else may read.
func readKeyFile(name string) (redact.Secret, error) {
	file, err := os.Open(name) //nolint:gosec // the user names it
	if err != nil {
		return redact.Secret{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	switch {
	case err != nil:
		return redact.Secret{}, err
	case !info.Mode().IsRegular():
		return redact.Secret{}, fmt.Errorf("%s is no regular file", name)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0: // which has no such bits
		return redact.Secret{}, fmt.Errorf("%s may be read by others (mode %#o): chmod 600 it, and make another key if somebody could have", name, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err != nil {
		return redact.Secret{}, err
	}
	if len(text) > maxKeyFile {
		return redact.Secret{}, fmt.Errorf("%s has more than %d bytes: no key has", name, maxKeyFile)
	}
	return redact.New(bytes.TrimRight(text, "\r\n")), nil
}
