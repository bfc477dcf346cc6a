package cli

import "github.com/spf13/cobra"

// Verbs lists every command line that help tells of, without the program's name; the first is empty.
func Verbs() []string {
	var lines []string
	var walk func(cmd *cobra.Command, line string)
	walk = func(cmd *cobra.Command, line string) {
		lines = append(lines, line)
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				walk(sub, line+" "+sub.Name())
			}
		}
	}
	walk(newRoot(&Env{}), "")
	return lines
}
