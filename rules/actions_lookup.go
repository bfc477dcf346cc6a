package rules

import "strings"

// Action returns what is known of an action by its slug (owner/repo or owner/repo/path, lower case), or
// nil.
func (a *Actions) Action(slug string) *Action { return a.actions[slug] }

// Variable returns what is known of an environment variable, or nil.
func (a *Actions) Variable(name string) *Variable {
	name = strings.ToUpper(name)
	if v := a.variables[name]; v != nil {
		return v
	}
	for _, v := range a.prefixes {
		if strings.HasPrefix(name, v.Name[:len(v.Name)-1]) {
			return v
		}
	}
	return nil
}

// Service returns the service called id, or nil.
func (a *Actions) Service(id string) *Service {
	for _, s := range a.Services {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// ByName guesses from a stored secret's name whose credential it is: nil where nothing speaks for one.
func (a *Actions) ByName(secret string) *Service {
	secret = strings.ToUpper(secret)
	if v := a.Variable(secret); v != nil {
		return v.Service
	}
	for i := range a.names {
		if wildcard(a.names[i].glob, secret) {
			return a.names[i].service
		}
	}
	return nil
}

// ByHost returns the service whose container registry host is, or nil.
func (a *Actions) ByHost(host string) *Service {
	for _, s := range a.Services {
		for _, glob := range s.Hosts {
			if wildcard(glob, host) {
				return s
			}
		}
	}
	return nil
}

// Owns reports whether an account's actions are the service's own.
func (s *Service) Owns(account string) bool {
	for _, o := range s.Owners {
		if strings.EqualFold(o, account) {
			return true
		}
	}
	return false
}

// NamesIdentifier reports whether a stored secret's name says that it is a name, number, address or public key, which
// opens nothing by itself. Neither do the two switches that GitHub takes from a secret or a variable of that name.
func NamesIdentifier(secret string) bool {
	secret = strings.ToUpper(secret)
	if secret == "ACTIONS_STEP_DEBUG" || secret == "ACTIONS_RUNNER_DEBUG" {
		return true
	}
	for _, end := range []string{
		"USERNAME", "_USER", "_USR", "EMAIL", "_EMAIL_ADDRESS", "_CHANNEL", "CHANNEL_ID", "_ORG", "_ORG_ID", "_TEAM", "_TEAM_ID",
		"ACCOUNT_ID", "PROJECT_ID", "APP_ID", "CLIENT_ID", "CLIENTID", "TENANT_ID", "TENANTID", "SUBSCRIPTION_ID", "SUBSCRIPTIONID",
		"INSTALLATION_ID", "ROLE_ARN", "_SUB_ID", "_NAME", "_REGION", "_HOST", "_HOSTNAME", "_REGISTRY", "_BUCKET", "_ZONE_ID",
		"_USERS", "_LOGIN", "_LOGINS", "_ROLE", "_ROLE_TO_ASSUME", "ROLEARN", "_ZONE", "_DOMAIN", "_CLUSTER", "_PROJECT", "_REPOSITORY",
		"_RESOURCE_GROUP", "_STORAGE_ACCOUNT", "_ALIAS", "_ISSUER", "_PUBKEY", "PUBLIC_KEY", "_KEYGRIP", "_FINGERPRINT",
	} {
		if strings.HasSuffix(secret, end) {
			return true
		}
	}
	return false
}
