package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/manifest"
	"github.com/curfew-ci/curfew/rules"
)

// tellNearest has all commands below root name what an unknown verb or flag was probably meant to be, and how a command is
// written that got too few or too many arguments.
func tellNearest(root *cobra.Command) {
	root.SetFlagErrorFunc(unknownFlag)
	var each func(*cobra.Command)
	each = func(cmd *cobra.Command) {
		switch {
		case cmd.HasSubCommands():
			cmd.Args = unknownVerb
		case cmd.Args != nil:
			cmd.Args = asWritten(cmd.Args)
		}
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each(root)
}

// unknownVerb refuses arguments of a command that only has other commands below it.
func unknownVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	try := fmt.Sprintf("`%s --help` lists what there is", cmd.CommandPath())
	if near := manifest.Nearest(args[0], names); near != "" {
		try = fmt.Sprintf("write `%s %s`", cmd.CommandPath(), near)
	}
	return fmt.Errorf("unknown command %q for %q: %s", args[0], cmd.CommandPath(), try)
}

// asWritten adds to what count says of the arguments how the command is written.
func asWritten(count cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := count(cmd, args); err != nil {
			return fmt.Errorf("%w: write `%s`", err, cmd.UseLine())
		}
		return nil
	}
}

func unknownFlag(cmd *cobra.Command, err error) error {
	var absent *pflag.NotExistError
	if !errors.As(err, &absent) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := manifest.Nearest(absent.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w: write --%s", err, near)
	}
	return fmt.Errorf("%w: `%s --help` lists what there is", err, cmd.CommandPath())
}

// unknownRule says what a rule's id was probably meant to be.
func unknownRule(err error, id string) error {
	all, failed := rules.All()
	if failed != nil {
		return usageError("%w", err)
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.ID
	}
	if near := manifest.Nearest(id, names); near != "" {
		return usageError("%w: write `curfew explain %s`", err, near)
	}
	return usageError("%w; `curfew explain --help` says what can be explained", err)
}
