package courier

import (
	"net/http"
	"testing"
	"time"
)

// TestSigV4 signs the requests without a path and a query of AWS' published test suite, aws-sig-v4-test-suite
// (https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html).
func TestSigV4(t *testing.T) {
	const token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTfl" +
		"fKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6" +
		"fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2I" +
		"CCR/oLxBA=="
	tests := []struct {
		name, method, body string
		header             http.Header
		signed, signature  string
	}{
		{"get-vanilla", "GET", "", nil, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"post-vanilla", "POST", "", nil, "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{
			"get-header-key-duplicate", "GET", "",
			http.Header{"My-Header1": {"value2", "value2", "value1"}},
			"host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
		},
		{
			"get-header-value-trim", "GET", "",
			http.Header{"My-Header1": {" value1"}, "My-Header2": {` "a   b   c"`}},
			"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
		},
		{
			"post-x-www-form-urlencoded", "POST", "Param1=value1",
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
			"content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		},
		{
			"post-sts-header-before", "POST", "",
			http.Header{"X-Amz-Security-Token": {token}},
			"host;x-amz-date;x-amz-security-" + "to" + "ken", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
		},
	}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	signer := SigV4{KeyID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "service"}
	for _, tt := range tests {
		header := http.Header{"X-Amz-Date": {"20150830T123600Z"}}
		for name, values := range tt.header {
			header[name] = values
		}
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + tt.signed + ", Signature=" + tt.signature
		if got := signer.Sign(tt.method, "example.amazonaws.com", "/", header, []byte(tt.body), at); got != want {
			t.Errorf("%s:\n%s, want\n%s", tt.name, got, want)
		}
	}
}

// TestSigV4Query signs the list of objects of S3's own examples
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
func TestSigV4Query(t *testing.T) {
	at := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	signer := SigV4{KeyID: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "s3"}
	header := http.Header{"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Content-Sha256": {hexHash(nil)}}
	const want = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " +
		"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
	if got := signer.SignQuery("GET", "examplebucket.s3.amazonaws.com", "/", "max-keys=2&prefix=J", header, nil, at); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
