package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the release's name; set by the linker (-X).
var version = ""

const (
	groupCheck  = "check"
	groupUse    = "use"
	groupGovern = "govern"
)

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "curfew",
		Short: "curfew keeps every CI credential within what its manifest entitles it to, and ends it with its job",
		Long: "curfew keeps every CI credential within what a manifest in git entitles it to, and ends it with its job.\n\n" +
			"Exit: 0 clean · 1 findings at or above --fail-on · 2 usage or manifest error · 3 could not finish",
		SilenceErrors: true, // Run prints them, masked and escaped
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(
		&cobra.Group{ID: groupCheck, Title: "Check"},
		&cobra.Group{ID: groupUse, Title: "Use"},
		&cobra.Group{ID: groupGovern, Title: "Govern"},
	)
	root.AddCommand(
		newInit(env), newScan(env), newReport(env), newExplain(env), newDoctor(env), newUpload(env),
		newExec(env), newLease(env), newRevoke(env),
		newManifest(env), newTrust(env), newTicket(env), newCertify(env), newBreakGlass(env), newInventory(env), newLedger(env),
		newVersion(env), newAction(env), newActionPost(env), newWatchdog(env),
	)
	tellNearest(root)
	return root
}

func newVersion(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(env.Stdout, "curfew", Version())
			return err
		},
	}
}

// Version is the release's name, or what the build knows of its module.
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
