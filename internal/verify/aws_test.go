package verify_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/verify"
)

// Answers of STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
const stsIdentity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>
  <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>`

func stsError(code string) http.HandlerFunc {
	return says(403, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>`+code+
		`</Code><Message>The request was refused.</Message></Error><RequestId>0</RequestId></ErrorResponse>`)
}

func TestAWS(t *testing.T) {
	id, secret, session := made(t, "aws-access-token"), made(t, "aws-secret-access-key"), made(t, "aws-session-token")
	temporary := "AS" + "IA" + id[4:]
	redacted := redact.New
	longLived := verify.Candidate{Detector: "aws-access-token", Value: redacted([]byte(id)), Near: verify.Near{SecretKey: redacted([]byte(secret))}}
	short := verify.Candidate{
		Detector: "aws-access-token", Value: redacted([]byte(temporary)),
		Near: verify.Near{SecretKey: redacted([]byte(secret)), SessionToken: redacted([]byte(session))},
	}
	live := verify.Result{Status: verify.Live, Subject: "arn:aws:iam::123456789012:user/ci", Reason: "AWS doesn't say what a key may do"}
	tests := []struct {
		name   string
		ask    verify.Candidate
		answer http.HandlerFunc
		want   verify.Result
	}{
		{"live", longLived, says(200, stsIdentity), live},
		{"live, temporary", short, says(200, stsIdentity), live},
		{"not known", longLived, stsError("InvalidClientTokenId"), verify.Result{Status: verify.Dead, Reason: "AWS says: InvalidClientTokenId", Stranger: true}},
		{"over", short, stsError("ExpiredToken"), verify.Result{Status: verify.Dead, Reason: "AWS says: ExpiredToken"}},
		{
			"temporary, not known", short, stsError("InvalidClientTokenId"),
			verify.Result{Status: verify.Unknown, Reason: "AWS says InvalidClientTokenId: revoked, or the keys and the session token don't belong together"},
		},
		{
			"a wrong pair", longLived, stsError("SignatureDoesNotMatch"),
			verify.Result{Status: verify.Unknown, Reason: "AWS says SignatureDoesNotMatch: it knows the key id, but the secret key near it is not its own, or this machine's clock is wrong"},
		},
		{"throttled", longLived, stsError("Throttling"), verify.Result{Status: verify.Unknown, Reason: "AWS says: Throttling"}},
		{"no XML", longLived, says(403, `Access denied by your proxy`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 403, which says neither"}},
		{"another 200", longLived, says(200, `<html/>`), verify.Result{Status: verify.Unknown, Reason: "HOST answered 200, which says neither"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := serve(t, tt.answer)
			got := verifier(t, at("aws", f)).Verify(t.Context(), []verify.Candidate{tt.ask})
			tt.want.Asked, tt.want.Reason = f.host(), strings.ReplaceAll(tt.want.Reason, "HOST", f.host())
			same(t, []verify.Result{tt.want}, got)
			r := f.seen[0]
			if r.Method != http.MethodPost || r.URL.String() != "/" || f.form[0]["Action"] != "GetCallerIdentity" {
				t.Errorf("asked %s %s %v", r.Method, r.URL, f.form[0])
			}
			credential := "AWS4-HMAC-SHA256 Credential=" + string(tt.ask.Value.Reveal()) + "/20261124/us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date"
			if auth := r.Header.Get("Authorization"); !strings.HasPrefix(auth, credential) || strings.Contains(auth, secret) {
				t.Errorf("Authorization: %s", auth)
			}
			if token := r.Header.Get("X-Amz-Security-Token"); token != string(tt.ask.Near.SessionToken.Reveal()) {
				t.Errorf("X-Amz-Security-Token: %s", token)
			}
		})
	}
}

// TestAWSPartitions: a key is dead only where none of AWS' partitions knows it; one that knows it ends the
// search.
func TestAWSPartitions(t *testing.T) {
	id, secret := made(t, "aws-access-token"), made(t, "aws-secret-access-key")
	key := verify.Candidate{Detector: "aws-access-token", Value: redact.New([]byte(id)), Near: verify.Near{SecretKey: redact.New([]byte(secret))}}
	const aws, gov, cn, eu = "sts.us-east-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com", "sts.cn-north-1.amazonaws.com.cn", "sts.eusc-de-east-1.amazonaws.eu"
	tests := []struct {
		name    string
		answers map[string]http.HandlerFunc
		want    verify.Status
		asked   string
	}{
		{"commercial", map[string]http.HandlerFunc{aws: says(200, stsIdentity)}, verify.Live, aws},
		{"government's", map[string]http.HandlerFunc{gov: says(200, stsIdentity)}, verify.Live, aws + ", " + gov},
		{"China's", map[string]http.HandlerFunc{cn: says(200, stsIdentity)}, verify.Live, aws + ", " + gov + ", " + cn},
		{"Europe's", map[string]http.HandlerFunc{eu: says(200, stsIdentity)}, verify.Live, aws + ", " + gov + ", " + cn + ", " + eu},
		{"nobody's", nil, verify.Dead, aws + ", " + gov + ", " + cn + ", " + eu},
		{"one is down", map[string]http.HandlerFunc{gov: says(500, "")}, verify.Unknown, aws + ", " + gov + ", " + cn + ", " + eu},
		{"a wrong pair", map[string]http.HandlerFunc{aws: stsError("SignatureDoesNotMatch")}, verify.Unknown, aws},
	}
	for _, tt := range tests {
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			answer := tt.answers[r.URL.Host]
			if answer == nil {
				answer = stsError("InvalidClientTokenId")
			}
			return newRecorder(answer, r), nil
		})}
		got := verifier(t, verify.Options{Client: client}).Verify(t.Context(), []verify.Candidate{key})[0]
		if got.Status != tt.want || got.Asked != tt.asked {
			t.Errorf("%s: %s by %s, want %s by %s", tt.name, got.Status, got.Asked, tt.want, tt.asked)
		}
	}
}

// TestPair: the halves of AWS' keys find each other in the order in which files have them, and make one
// question.
func TestPair(t *testing.T) {
	id, secret, session := made(t, "aws-access-token"), made(t, "aws-secret-access-key"), made(t, "aws-session-token")
	other := strings.ToLower(secret)
	value := map[string]string{"id": id, "secret": secret, "session": session, "other": other}
	detector := map[string]string{"id": "aws-access-token", "secret": "aws-secret-access-key", "session": "aws-session-token", "other": "aws-secret-access-key"}
	tests := []struct {
		name, text   string // § stands before a name
		secretOfID   string
		sessionOfID  string
		candidateIDs int
	}{
		{"a profile", "[ci]\naws_access_key_id=§id\naws_secret_access_key=§secret\naws_session_token=§session\n", "secret", "session", 1},
		{"upside down", "aws_secret_access_key=§secret\naws_access_key_id=§id\n", "secret", "", 1},
		{"two profiles", "[a]\naws_access_key_id=§id\naws_secret_access_key=§secret\n\n[other]\naws_secret_access_key=§other\n", "secret", "", 1},
		{"far away", "aws_access_key_id=§id\n" + strings.Repeat("#\n", 2000) + "aws_secret_access_key=§secret\n", "", "", 1},
		{"alone", "aws_access_key_id=§id\n", "", "", 1},
	}
	for _, tt := range tests {
		var text strings.Builder
		var found []verify.Found
		for i, part := range strings.Split(tt.text, "§") {
			if i > 0 {
				name := strings.FieldsFunc(part, func(r rune) bool { return r < 'a' || r > 'z' })[0]
				start := text.Len()
				text.WriteString(value[name])
				found = append(found, verify.Found{Index: 10 + i, Detector: detector[name], Value: redact.New([]byte(value[name])), Start: start, End: text.Len()})
				part = strings.TrimPrefix(part, name)
			}
			text.WriteString(part)
		}
		got := verify.Pair([]byte(text.String()), found)
		if len(got) != len(found) {
			t.Fatalf("%s: %d candidates of %d", tt.name, len(got), len(found))
		}
		for i, c := range got {
			if c.Index != found[i].Index || !c.Value.Equal(found[i].Value) {
				t.Errorf("%s: candidate %d is another's", tt.name, i)
			}
			if c.Detector != "aws-access-token" {
				continue
			}
			if string(c.Near.SecretKey.Reveal()) != value[tt.secretOfID] || string(c.Near.SessionToken.Reveal()) != value[tt.sessionOfID] {
				t.Errorf("%s: the id was paired with others", tt.name)
			}
		}
	}
}

// TestPairAsksOnce: both halves of a key were found; AWS is asked once.
func TestPairAsksOnce(t *testing.T) {
	id, secret := made(t, "aws-access-token"), made(t, "aws-secret-access-key")
	text := "aws_access_key_id=" + id + "\naws_secret_access_key=" + secret + "\n"
	found := func(detector, value string) verify.Found {
		start := strings.Index(text, value)
		return verify.Found{Detector: detector, Value: redact.New([]byte(value)), Start: start, End: start + len(value)}
	}
	candidates := verify.Pair([]byte(text), []verify.Found{found("aws-access-token", id), found("aws-secret-access-key", secret)})
	f := serve(t, says(200, stsIdentity))
	for _, r := range verifier(t, at("aws", f)).Verify(t.Context(), candidates) {
		if r.Status != verify.Live {
			t.Errorf("%+v", r)
		}
	}
	if len(f.seen) != 1 {
		t.Errorf("%d requests, want 1", len(f.seen))
	}
}

// TestPairOfAnother: that AWS doesn't know a key id says nothing of the secret key near it, which may be another's.
func TestPairOfAnother(t *testing.T) {
	id, secret := redact.New([]byte(made(t, "aws-access-token"))), redact.New([]byte(made(t, "aws-secret-access-key")))
	f := serve(t, stsError("InvalidClientTokenId"))
	got := verifier(t, at("aws", f)).Verify(t.Context(), []verify.Candidate{
		{Index: 1, Detector: "aws-access-token", Value: id, Near: verify.Near{SecretKey: secret}},
		{Index: 2, Detector: "aws-secret-access-key", Value: secret, Near: verify.Near{AccessKeyID: id}},
	})
	same(t, []verify.Result{
		{Index: 1, Status: verify.Dead, Asked: f.host(), Reason: "AWS says: InvalidClientTokenId", Stranger: true},
		{Index: 2, Status: verify.Unknown, Asked: f.host(), Reason: "AWS doesn't know the key id near it, which may be another key's"},
	}, got)
}

// TestNoSigningKey: ids that sign nothing are unknown to STS, whether they live or not.
func TestNoSigningKey(t *testing.T) {
	id := "AB" + "IA" + made(t, "aws-access-token")[4:]
	f := serve(t, stsError("InvalidClientTokenId"))
	got := verifier(t, at("aws", f)).Verify(t.Context(), []verify.Candidate{
		{Detector: "aws-access-token", Value: redact.New([]byte(id)), Near: verify.Near{SecretKey: redact.New([]byte(made(t, "aws-secret-access-key")))}},
	})
	same(t, []verify.Result{{Status: verify.Unknown, Reason: "its key id is none that requests are signed with"}}, got)
	if len(f.seen) > 0 {
		t.Error("STS was asked")
	}
}
