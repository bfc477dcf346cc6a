// Package oidc fetches what a job proves itself with: its ID token, from the endpoint that GitHub Actions
// offers to jobs, or among those that GitLab has put into the job's environment, and the keys with which the token's issuer signs, by OpenID Connect Discovery. It verifies
// neither: identity does.
package oidc
