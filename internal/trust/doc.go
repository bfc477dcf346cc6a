// Package trust renders from the manifest who may obtain what in the cloud: the trust policy of an AWS
// role and the role of a Vault or OpenBao JWT mount, for each grant one document, as JSON and as Terraform.
// A document is exact: it holds literal values only, and what a cloud can't hold to the letter is a gap
// that says so. It is pure.
package trust
