package posture

// checks binds each rule's id to its code, in the order of the catalogue. A rule is this line,
// rules/<id>.md and <id>.go here; a test holds that the three agree.
func checks() []Check {
	return []Check{
		{"secret-unentitled", secretUnentitled},
		{"token-exceeds-grant", tokenExceedsGrant},
		{"entitlement-expired", entitlementExpired},
		{"entitlement-unused", entitlementUnused},
		{"static-cloud-key", staticCloudKey},
		{"static-beside-oidc", staticBesideOIDC},
		{"oidc-target-mismatch", oidcTargetMismatch},
		{"session-too-long", sessionTooLong},
		{"secret-unrotated", secretUnrotated},
		{"owner-orphaned", ownerOrphaned},
		{"secret-reuse", secretReuse},
		{"secrets-inherit", secretsInherit},
		{"secret-outside-environment", secretOutsideEnvironment},
		{"environment-unprotected", environmentUnprotected},
		{"third-party-credential", thirdPartyCredential},
		{"long-lived-token", longLivedToken},
		{"app-token-exceeds-grant", appTokenExceedsGrant},
		{"deploy-key", deployKey},
		{"secret-scope-wide", secretScopeWide},
		{"secrets-context-whole", secretsContextWhole},
		{"unredacted-secret", unredactedSecret},
		{"token-default", tokenDefault},
		{"privilege-drift", privilegeDrift},
		{"platform-default-broad", platformDefaultBroad},
		{"manifest-fault", manifestFault},
		{"exception-fault", exceptionFault},
		{"hardcoded-credential", hardcodedCredential},
		{"break-glass-unreviewed", breakGlassUnreviewed},
	}
}
