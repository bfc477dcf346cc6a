package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/tracker"
)

// openSSF opens the receiver of security event tokens that the policy names.
func (f *ticketFlags) openSSF(env *Env, o tracker.Options, at *manifest.SSF) (*ticketTarget, error) {
	if at == nil {
		return nil, errNoPolicy("ssf")
	}
	key, err := ssfKey(env, f.ssfKey)
	if err != nil {
		return nil, err
	}
	record, files, err := f.openRecord(env)
	if err != nil {
		return nil, err
	}
	b, err := tracker.NewSSF(tracker.SSFOptions{
		Options: o, URL: at.URL, Audience: at.Audience, Issuer: at.Issuer, Key: key, Token: secretOf(env, "SSF_TOKEN"),
	}, files)
	if err != nil {
		return nil, errors.Join(usageError("--to ssf: %w", err), record.close())
	}
	return &ticketTarget{b, noPlaces, record.close}, nil
}

// ssfKey is the key that signs events: in a file, or in the environment, where no file may be.
func ssfKey(env *Env, file string) (redact.Secret, error) {
	if file == "" {
		return secretOf(env, "SSF_KEY"), nil
	}
	key, err := readKeyFile(file)
	if err != nil {
		return key, usageError("--ssf-key: %w", err)
	}
	return key, nil
}

func newTicketJWKS(env *Env) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "jwks",
		Short: "print the public half of the key that signs events",
		Long: "Print the public half of the key that signs the events of --to ssf as a JSON Web Key Set, for the receiver: it\n" +
			"goes where the jwks_uri of the issuer's /.well-known/ssf-configuration points.",
		Example: "  curfew ticket jwks --ssf-key ssf.key > jwks.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			key, err := ssfKey(env, file)
			if err != nil {
				return err
			}
			text, err := tracker.JWKS(key)
			if err != nil {
				return usageError("--ssf-key: %w", err)
			}
			_, err = env.Stdout.Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "ssf-key", "", "the key's `FILE`; SSF_KEY in the environment unless said")
	return cmd
}
