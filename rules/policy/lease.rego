# The built-in policy of a lease. It is asked beside the manifest, never in its place: it can't make a lease
# possible that the manifest's decision denies, and an organisation's or a repository's own policy can't
# undo it, as each is evaluated by itself and all must allow. docs/policy.md says what input holds.
#
# allow lists what must hold, so that a fact that is missing denies; deny only says in words what doesn't.
package curfew.lease

default allow := false

allow if {
	decided
	event_acceptable
	short
	count(deny) == 0
}

deny contains "the manifest's decision doesn't allow it" if not decided

deny contains "what started the run is unknown: the token has neither event_name nor pipeline_source" if not event

deny contains "pull_request_target runs with the repository's rights on what an outsider may have written" if {
	event == "pull_request_target"
}

deny contains sprintf("a lease lives at most %d hours, in whole seconds", [longest / 3600]) if {
	decided
	not short
}

decided if input.decision.allow == true

# GitHub's tokens name the event, GitLab's the pipeline's source. One that has both with different values
# is a conflict, which denies.
event := input.claims.event_name

event := input.claims.pipeline_source

event_acceptable if {
	is_string(event)
	event != ""
	event != "pull_request_target"
}

# No manifest needs longer: a job of GitHub's own runners ends after six hours.
longest := 43200

short if {
	is_number(input.decision.ttl_seconds)
	input.decision.ttl_seconds > 0
	input.decision.ttl_seconds <= longest
}
