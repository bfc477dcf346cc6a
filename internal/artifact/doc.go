// Package artifact uploads files as an artifact of the job's run, by the artifact service that the runner names to an action:
// Twirp's CreateArtifact and FinalizeArtifact, and between them the blocks of a zip to a signed URL, as Azure's block blobs
// take them. It is version 4 of the artifacts; GitHub documents it by its client alone:
// https://github.com/actions/toolkit/tree/main/packages/artifact. GitHub Enterprise Server doesn't have it.
package artifact
