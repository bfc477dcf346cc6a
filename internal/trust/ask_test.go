package trust

import "testing"

// TestFromTerraform: what is to be applied is told from what a provider has, whatever tags that has.
func TestFromTerraform(t *testing.T) {
	for src, want := range map[string]bool{
		"# rendered\nresource \"aws_iam_role\" \"deploy\" {\n}\n":                     true,
		"  data \"x\" \"y\" {\n":                                                      false,
		"data: {\n  a: b }\n":                                                         false,
		`{"format_version":"1.0","terraform_version":"1.9.0","values":{}}`:            true,
		`{"version":4,"terraform_version": "1.9.0"}`:                                  true,
		`{"Role":{"Tags":[{"Key":"terraform_version","Value":"1.9.0"}]}}`:             false,
		`{"Role":{"Description":"made by the state's \"terraform_version\": 4"}}`:     false,
		`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity"}]}`: false,
	} {
		if got := fromTerraform([]byte(src)); got != want {
			t.Errorf("%v, want %v: %s", got, want, src)
		}
	}
}
