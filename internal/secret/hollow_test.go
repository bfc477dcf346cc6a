package secret

import (
	"encoding/base64"
	"strings"
	"testing"
)

// Each text has one credential's form. The first of its detector that is told as a finding, or why it isn't: "-" is a
// finding. Frames of keys and addresses are put together here, so that no scanner finds one.
func TestHollow(t *testing.T) {
	const begin, end = "-----BEGIN RSA PRIV" + "ATE KEY-----", "-----END RSA PRIV" + "ATE KEY-----"
	const hooks = "https://hooks.sla" + "ck.com/services/"
	base64Of := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	cert := base64Of("-----BEGIN CERTIFICATE-----\n" + fillRandom("{base64:64}", 1) + "\n-----END CERTIFICATE-----\n")
	key := base64Of(begin + "\n" + fillRandom("MI{base64:62}\n{base64:64}", 2) + "\n" + end + "\n")
	secret := func(data string) string { return "kind: Secret\ntype: x\ndata:\n" + data + "metadata:\n  name: web\n" }
	cases := []struct{ name, detector, path, text, want string }{
		{"a key", "private-key", "a.pem", begin + "\n" + fillRandom("MI{base64:62}\n{base64:64}", 1) + "\n" + end + "\n", "-"},
		{"a key in one string", "private-key", "a.go", `"` + begin + `\n` + fillRandom("MI{base64:62}", 1) + `\n` + end + `\n"`, "-"},
		{"a key cut into strings", "private-key", "a.go", `"` + begin + `\n" +` + "\n\t\"" + fillRandom(`MI3{base64:37}" + "{base64:39}\n`, 1) + end + `"`, "-"},
		{"a key in short lines", "private-key", "a.pem", begin + "\n" + fillRandom(strings.Repeat("{base64:16}\n", 12), 3) + end + "\n", "-"},
		{"a key below code", "private-key", "a.py", `s.replace("` + begin + `", "")` + strings.Repeat(" # and more", 9) + "\nK = `" + begin + "\n" + fillRandom("MI{base64:62}", 1) + "\n" + end + "`\n", "-"},
		{"code with two marks", "private-key", "a.py", `known = ["` + begin + `", # and more words, so that it is as long as a key` + "\n\t\"" + begin + `", "others", "that have words behind them"]`, "stand-in"},
		{"code that takes a frame off", "private-key", "A.java", `pem.replace("` + begin + `", "").replaceAll(System.lineSeparator(), "").replace("` + end + `", "");`, "stand-in"},
		{"words in a frame", "private-key", "a.json", `"` + begin + `\nput the private key of your own service account here, all of its lines\n` + end + `"`, "stand-in"},
		{"an address with its end", "slack-webhook-url", "a.sh", "curl " + hooks + fillRandom("T{HEX:8}/B{HEX:8}/{alnum:24}", 1), "-"},
		{"an address with more behind", "slack-webhook-url", "a.sh", "curl " + hooks + fillRandom("T{HEX:8}/B{HEX:8}/{alnum:24}", 1) + "/abc", "-"},
		{"an address to fill in", "slack-webhook-url", "a.md", hooks + "T00000000/B00000000/" + strings.Repeat("X", 24), "stand-in"},
		{"a login", "curl-auth-user", "a.sh", "curl -u \"deployer:" + fillRandom("{alnum:20}", 1) + "\" https://x.test", "-"},
		{"a command's output", "curl-auth-user", "a.sh", "curl -u \"$LOGIN:$(cat /tmp/data/admin.txt)\" https://x.test", "variable"},
		{"an indirect variable", "curl-auth-user", "a.sh", "curl -s -u \"${login}:${!word_of}\" https://x.test", "variable"},
		{"a variable's element", "curl-auth-user", "a.sh", "curl -s -u \"${login}:${words[1]}${sep:-}\" https://x.test", "variable"},
		{"a variable with a default", "curl-auth-user", "a.sh", "curl -u \"deployer:${WORD:-" + fillRandom("{alnum:20}", 1) + "}\" https://x.test", "-"},
		{"an element with a default", "curl-auth-user", "a.sh", "curl -u \"deployer:${words[1]:-" + fillRandom("{alnum:20}", 1) + "}\" https://x.test", "-"},
		{"a command that prints", "curl-auth-user", "a.sh", "curl -u \"deployer:$(echo " + fillRandom("{alnum:20}", 1) + ")\" https://x.test", "-"},
		{"a command and more", "curl-auth-user", "a.sh", "curl -u \"deployer:$(hostname)" + fillRandom("{alnum:20}", 1) + "\" https://x.test", "-"},
		{"what the shell leaves alone", "curl-auth-user", "a.sh", "curl -" + "u 'deployer:${" + fillRandom("a{alnum:20}", 1) + ":0}' https://x.test", "-"},
		{"a password alone in single quotes", "curl-auth-user", "a.sh", "curl -" + "u deployer:'${" + fillRandom("a{alnum:20}", 1) + "#0}' https://x.test", "-"},
		{"a user alone", "curl-auth-user", "a.sh", "curl -u \"argo-cluster-client:\" https://x.test", "name"},
		{"a key as user", "curl-auth-user", "a.sh", "curl -u \"" + fillRandom("{alnum:32}", 1) + ":\" https://x.test", "-"},
		{"a certificate", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n"), "public key"},
		{"a certificate and its key", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n  # the key\n  tls.key: \"" + key + "\"\n"), "public key"},
		{"several with comments", "kubernetes-secret-yaml", "a.yml", "a: b\n---\n" + secret("  tls.crt: "+cert+"\n# public\n  ca.crt: "+cert+"\n\n") + "---\ndata:\n  pin: MTIzNA==\n", "public key"},
		{"a mark alone", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + base64Of("-----BEGIN CERTIFICATE-----") + "\n"), "public key"},
		{"a certificate cut off", "kubernetes-secret-yaml", "a.yml", secret("  ca.pem: " + base64Of("-----BEGIN CERTIFICATE-----\nMIIDxDCCAqygAwIBAgIUAAAA\nAAAA") + "\n"), "public key"},
		{"a mark and what is no certificate", "kubernetes-secret-yaml", "a.yml", secret("  ca.pem: " + base64Of("-----BEGIN CERTIFICATE-----\ncorrecthorsebattery") + "\n"), "-"},
		{"a certificate and what is behind it", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + base64Of("-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\nword=correct horse\n") + "\n"), "-"},
		{"a certificate beside what names a key", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n  a: " + base64Of("-----BEGIN it with no PRIVATE KEY but correct horse") + "\n"), "-"},
		{"a certificate beside what is too short for a key", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n  a: " + base64Of(begin+"\n"+base64Of("correct horse")+"\n"+end+"\n") + "\n"), "-"},
		{"a certificate below a comment", "kubernetes-secret-yaml", "a.yml", secret("  pin: MTIzNA==\n  # data:\n  tls.crt: " + cert + "\n"), "-"},
		{"a comment at the margin", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n# more\n  pin: MTIzNA==\n"), "-"},
		{"a certificate beside plain data", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: "+cert+"\n") + "stringData:\n  pin: correct\n", "-"},
		{"a certificate above a Secret", "kubernetes-secret-yaml", "a.yml", "kind: ConfigMap\ndata:\n  ca: " + cert + "\n---\n" + secret("  pin: "+base64Of("correct horse")+"\n"), "-"},
		{"a certificate, then a password", "kubernetes-secret-yaml", "a.yml", secret("  tls.crt: " + cert + "\n  password: " + base64Of("correct horse battery") + "\n"), "-"},
		{"a short password, then a certificate", "kubernetes-secret-yaml", "a.yml", secret("  pin: MTIzNA==\n  tls.crt: " + cert + "\n"), "-"},
		{"a password", "kubernetes-secret-yaml", "a.yml", secret("  password: " + base64Of("correct horse battery") + "\n"), "-"},
		{"in braces", "kubernetes-secret-yaml", "a.yml", "kind: Secret\ndata: {\n  tls.crt: " + cert + ",\n  pin: MTIzNA== }\n", "-"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tokens, err := newDetector(t).Detect(t.Context(), c.path, []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range tokens {
				if tok := &tokens[i]; tok.Detector == c.detector {
					got = append(got, string(tok.Unlikely)+map[bool]string{true: "-"}[tok.Unlikely == ""])
				}
			}
			if len(got) == 0 || got[0] != c.want {
				t.Errorf("%s: %q, want %q", c.detector, got, c.want)
			}
		})
	}
}

// A frame with no key in it speaks for nothing that stands between its marks, and is masked like any other.
func TestHollowCoversNothing(t *testing.T) {
	const begin, end = "-----BEGIN PRIV" + "ATE KEY-----", "-----END PRIV" + "ATE KEY-----"
	token := "ghp_" + fillRandom("{alnum:36}", 4)
	text := `text.replace("` + begin + `", "").header("Authorization", "` + token + `").replace("` + end + `", "")`
	tokens, err := newDetector(t).Detect(t.Context(), "A.java", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for i := range tokens {
		if tok := &tokens[i]; tok.Unlikely == "" && !tok.Covered && string(tok.Value.Reveal()) == token {
			told++
		}
	}
	if told != 1 {
		t.Errorf("of %d tokens %d tell the one inside, want 1", len(tokens), told)
	}
	if masked := NewMasker(tokens...).Mask(text); strings.Contains(masked, token) {
		t.Error("the one inside isn't masked")
	}
}
