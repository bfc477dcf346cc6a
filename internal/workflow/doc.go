// Package workflow reads GitHub workflows and action metadata into typed nodes that know exactly
// where they stand. It is pure, refuses nothing that GitHub accepts, and holds no opinion: what is
// wrong with a workflow is for the checks to say.
package workflow
