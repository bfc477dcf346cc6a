package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/scan"
	"github.com/curfew-ci/curfew/internal/verify"
)

// verifyFlags say which credentials to ask their services about.
type verifyFlags struct {
	spec []string
	at   []string
}

func (f *verifyFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.spec, "verify", nil, "ask services whether what was found still works; `LIST` holds, parted by commas,\nall, services, detectors, or findings' ids")
	flags.StringArrayVar(&f.at, "verify-at", nil, "ask a service at a host of your own, `SERVICE=URL`; repeatable")
}

// options reads the flags.
func (f *verifyFlags) options(env *Env) (scan.Verification, error) {
	v := scan.Verification{Spec: strings.Join(f.spec, ",")}
	if len(f.at) > 0 && v.Spec == "" {
		return v, usageError("--verify-at says where to ask: add --verify, which says what about")
	}
	v.Options = verify.Options{Now: env.Now, Endpoints: map[string][]string{}, Client: newClient()}
	for _, at := range f.at {
		service, base, ok := strings.Cut(at, "=")
		if !ok || base == "" {
			return v, usageError("--verify-at: expected SERVICE=URL, such as vault=https://vault.example.com")
		}
		v.Options.Endpoints[service] = append(v.Options.Endpoints[service], base)
	}
	return v, nil
}
