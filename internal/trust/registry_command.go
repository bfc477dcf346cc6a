package trust

import (
	"strings"
	"unicode"
)

// command is how npm's own tool makes the publisher; "" for registries that have none, and for what it doesn't take
// (https://docs.npmjs.com/cli/commands/npm-trust). Since npm 11.15 a publisher is told what it may do.
func (b *registry) command() string {
	if b.kind.name != "npm" || len(b.publishers) != 1 || strings.Contains(b.publishers[0].Workflow, "/") {
		return ""
	}
	p := b.publishers[0]
	if strings.ContainsFunc(b.pkg+p.Owner+p.Repository+p.Workflow+p.Environment, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	head, project := "npm trust github ", "--repository="
	if b.kind.platform == "GitLab" {
		head, project = "npm trust gitlab ", "--project="
	}
	options := []string{project + p.Owner + "/" + p.Repository, "--file=" + p.Workflow}
	if p.Environment != "" {
		options = append(options, "--environment="+p.Environment)
	}
	return "\nOr by npm 11.15 or later; with --allow-stage-publish instead a person has to approve each version:\n\n" +
		shellCommand(head+shellWord(b.pkg), append(options, "--allow-publish")...)
}
