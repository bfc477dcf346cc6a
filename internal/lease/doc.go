// Package lease exchanges a job's ID token for a short-lived credential, and ends it: with AWS, Google Cloud and Azure, with
// Vault or OpenBao, with an octo-sts-compatible exchange for GitHub, by OAuth's token exchange, and with npm, PyPI and
// crates.io, by plain HTTP, a few files each. To an API server of Kubernetes the ID token itself is handed over, once the server is
// proven to accept it.
//
// It decides nothing: whether the job is entitled to the credential is manifest.Decide's to say, and was
// asked before. It hands nothing over either: it returns values that are fit to be handed over.
//
// Three rules hold throughout. Only addresses that stand in the manifest are asked, or the provider's own. An
// answer is read strictly, and whatever is odd about it refuses the exchange; what was issued by then is
// revoked where it can be. And nothing is called revoked without the server's word.
package lease
