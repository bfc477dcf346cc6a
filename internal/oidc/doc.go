// Package oidc fetches what a job proves itself with: its ID token, from the endpoint that GitHub Actions
// offers to jobs, and the keys with which the token's issuer signs, by OpenID Connect Discovery. It verifies
// neither: identity does.
package oidc
