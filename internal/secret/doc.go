// Package secret finds credentials in content. It is the sole importer of gitleaks and the border
// behind which a value is a redact.Secret.
package secret
