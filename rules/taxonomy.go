package rules

import "strings"

// Taxonomy is a public list of weaknesses or controls that rules point to.
type Taxonomy struct {
	ID      string // the tag's first part: "owasp", "nist-csf", "cwe", "cicd-sec"
	Name    string
	Version string
	URL     string
	Taxa    []Taxon
}

// Taxon is one entry of a taxonomy.
type Taxon struct {
	Tag  string // as rules carry it: "cwe/cwe-798"
	ID   string // as the taxonomy writes it: "CWE-798"
	Name string
	URL  string
}

// Taxonomies returns the entries that rules may carry, in each taxonomy's own order. The names are
// those of OWASP NHI Top 10 (2025), NIST CSF 2.0, CWE 4.17 and OWASP Top 10 CI/CD Security Risks.
func Taxonomies() []Taxonomy {
	return []Taxonomy{owasp(), csf(), cwe(), cicd()}
}

// LookupTag finds the entry behind a rule's tag.
func LookupTag(tag string) (Taxon, bool) {
	id, _, _ := strings.Cut(tag, "/")
	for _, t := range Taxonomies() {
		if t.ID != id {
			continue
		}
		for _, x := range t.Taxa {
			if x.Tag == tag {
				return x, true
			}
		}
	}
	return Taxon{}, false
}

func owasp() Taxonomy {
	const base = "https://owasp.org/www-project-non-human-identities-top-10/2025/"
	t := Taxonomy{ID: "owasp", Name: "OWASP Non-Human Identities Top 10", Version: "2025", URL: base}
	add := func(tag, id, name, page string) {
		t.Taxa = append(t.Taxa, Taxon{tag, id, name, base + page})
	}
	add("owasp/nhi1", "NHI1:2025", "Improper Offboarding", "1-improper-offboarding/")
	add("owasp/nhi2", "NHI2:2025", "Secret Leakage", "2-secret-leakage/")
	add("owasp/nhi3", "NHI3:2025", "Vulnerable Third-Party NHI", "3-vulnerable-third-party-nhi/")
	add("owasp/nhi4", "NHI4:2025", "Insecure Authentication", "4-insecure-authentication/")
	add("owasp/nhi5", "NHI5:2025", "Overprivileged NHI", "5-overprivileged-nhi/")
	add("owasp/nhi6", "NHI6:2025", "Insecure Cloud Deployment Configurations", "6-insecure-cloud-deployment-configurations/")
	add("owasp/nhi7", "NHI7:2025", "Long-Lived Secrets", "7-long-lived-secrets/")
	add("owasp/nhi8", "NHI8:2025", "Environment Isolation", "8-environment-isolation/")
	add("owasp/nhi9", "NHI9:2025", "NHI Reuse", "9-nhi-reuse/")
	add("owasp/nhi10", "NHI10:2025", "Human Use of NHI", "10-human-use-of-nhi/")
	return t
}

func csf() Taxonomy {
	const base = "https://www.nist.gov/cyberframework"
	t := Taxonomy{ID: "nist-csf", Name: "NIST Cybersecurity Framework", Version: "2.0", URL: base}
	add := func(id, name string) {
		t.Taxa = append(t.Taxa, Taxon{"nist-csf/" + strings.ToLower(id), id, name, base})
	}
	add("GV.RR-02", "Roles, responsibilities and authorities are established and enforced")
	add("GV.SC-10", "Supply chain plans provide for what follows the end of a partnership")
	add("ID.AM-08", "Systems, hardware, software, services and data are managed throughout their life cycles")
	add("ID.RA-07", "Changes and exceptions are managed, assessed for risk, recorded and tracked")
	add("PR.AA-01", "Identities and credentials for users, services and hardware are managed")
	add("PR.AA-05", "Access permissions, entitlements and authorizations are defined in a policy, managed, enforced and reviewed")
	add("PR.PS-04", "Log records are generated and made available for continuous monitoring")
	add("DE.CM-03", "Personnel activity and technology usage are monitored")
	add("DE.CM-06", "External service provider activities and services are monitored")
	add("DE.CM-09", "Computing hardware and software, runtime environments and their data are monitored")
	add("RS.AN-06", "Actions performed during an investigation are recorded; the records' integrity is preserved")
	add("RS.MI-01", "Incidents are contained")
	return t
}

func cwe() Taxonomy {
	t := Taxonomy{ID: "cwe", Name: "Common Weakness Enumeration", Version: "4.17", URL: "https://cwe.mitre.org/"}
	add := func(n, name string) {
		t.Taxa = append(t.Taxa, Taxon{"cwe/cwe-" + n, "CWE-" + n, name, t.URL + "data/definitions/" + n + ".html"})
	}
	add("200", "Exposure of Sensitive Information to an Unauthorized Actor")
	add("250", "Execution with Unnecessary Privileges")
	add("269", "Improper Privilege Management")
	add("272", "Least Privilege Violation")
	add("312", "Cleartext Storage of Sensitive Information")
	add("324", "Use of a Key Past its Expiration Date")
	add("367", "Time-of-check Time-of-use (TOCTOU) Race Condition")
	add("522", "Insufficiently Protected Credentials")
	add("532", "Insertion of Sensitive Information into Log File")
	add("613", "Insufficient Session Expiration")
	add("668", "Exposure of Resource to Wrong Sphere")
	add("672", "Operation on a Resource after Expiration or Release")
	add("798", "Use of Hard-coded Credentials")
	add("1188", "Initialization of a Resource with an Insecure Default")
	return t
}

func cicd() Taxonomy {
	const base = "https://owasp.org/www-project-top-10-ci-cd-security-risks/"
	t := Taxonomy{ID: "cicd-sec", Name: "OWASP Top 10 CI/CD Security Risks", Version: "2022", URL: base}
	add := func(n, name, page string) {
		t.Taxa = append(t.Taxa, Taxon{"cicd-sec/cicd-sec-" + n, "CICD-SEC-" + n, name, base + page})
	}
	add("1", "Insufficient Flow Control Mechanisms", "CICD-SEC-01-Insufficient-Flow-Control-Mechanisms")
	add("2", "Inadequate Identity and Access Management", "CICD-SEC-02-Inadequate-Identity-And-Access-Management")
	add("3", "Dependency Chain Abuse", "CICD-SEC-03-Dependency-Chain-Abuse")
	add("4", "Poisoned Pipeline Execution (PPE)", "CICD-SEC-04-Poisoned-Pipeline-Execution")
	add("5", "Insufficient PBAC (Pipeline-Based Access Controls)", "CICD-SEC-05-Insufficient-PBAC")
	add("6", "Insufficient Credential Hygiene", "CICD-SEC-06-Insufficient-Credential-Hygiene")
	add("7", "Insecure System Configuration", "CICD-SEC-07-Insecure-System-Configuration")
	add("8", "Ungoverned Usage of 3rd Party Services", "CICD-SEC-08-Ungoverned-Usage-of-3rd-Party-Services")
	add("9", "Improper Artifact Integrity Validation", "CICD-SEC-09-Improper-Artifact-Integrity-Validation")
	add("10", "Insufficient Logging and Visibility", "CICD-SEC-10-Insufficient-Logging-And-Visibility")
	return t
}
