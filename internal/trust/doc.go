// Package trust renders from the manifest what each grant's provider must be told, so that it lets in whom the
// manifest does: for each grant one document, in the form that the provider or its tools take, as JSON, and as Terraform
// where there are resources for it. What is deployed can be compared with it. A document is exact: it holds literal
// values only, and what a provider can't hold to the letter is a gap that says so. It is pure.
package trust
