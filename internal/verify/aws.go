package verify

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
)

// askAWS asks STS whose the keys are, for which no permission is needed:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html. The secret key isn't sent:
// it signs the request.
func askAWS(ctx context.Context, q *question) verdict {
	keys, missing := awsKeysOf(q.Candidate)
	if missing != "" {
		return unknown(missing)
	}
	body := []byte("Action=GetCallerIdentity&Version=2011-06-15")
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"},
		"X-Amz-Date":   {q.now.UTC().Format(courier.AmzDate)},
	}
	if keys.token != "" {
		header["X-Amz-Security-Token"] = []string{keys.token}
	}
	signer := courier.SigV4{KeyID: keys.id, Secret: keys.secret, Region: awsRegion(q.base.Hostname()), Service: "sts"}
	header["Authorization"] = []string{signer.Sign(http.MethodPost, q.base.Host, "/", header, body, q.now)}
	a, err := q.line.send(ctx, http.MethodPost, q.base.Scheme+"://"+q.base.Host+"/", header, body)
	if err != nil {
		return unknown(err.Error())
	}
	return awsVerdict(a, keys.token != "")
}

// awsSecretKey is the detector of the half of a key that isn't its name.
const awsSecretKey = "aws-secret-access-key" //nolint:gosec // its name

// awsKeys are what a request is signed with.
type awsKeys struct{ id, secret, token string }

// awsKeysOf puts together the keys of which a candidate is one, or says which is missing.
func awsKeysOf(c Candidate) (k awsKeys, missing string) {
	k = awsKeys{id: string(c.Value.Reveal()), secret: string(c.Near.SecretKey.Reveal()), token: string(c.Near.SessionToken.Reveal())}
	if c.Detector == awsSecretKey {
		k.id, k.secret = string(c.Near.AccessKeyID.Reveal()), k.id
	}
	switch {
	case k.id == "":
		return k, "needs the access key id, which stands nowhere near"
	case k.secret == "":
		return k, "needs the secret key, which stands nowhere near"
	case strings.HasPrefix(k.id, "ASIA") && k.token == "":
		return k, "needs the session token, which stands nowhere near"
	case strings.HasPrefix(k.id, "AKIA"):
		k.token = "" // a long-lived key has none: one that stands near is another's
	case !strings.HasPrefix(k.id, "ASIA"): // a bearer token's id, say: STS knows none of them, whether they live or not
		return k, "its key id is none that requests are signed with"
	}
	return k, ""
}

// awsRegion is the region in the name of an endpoint of STS, "sts.eu-west-1.amazonaws.com".
func awsRegion(host string) string {
	labels := strings.Split(host, ".")
	if len(labels) >= 4 && labels[0] == "sts" && labels[2] == "amazonaws" { // .com, .com.cn, .eu
		return labels[1]
	}
	return "us-east-1"
}

// awsVerdict reads an answer of STS. The codes of its refusals are those of
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
func awsVerdict(a answer, temporary bool) verdict {
	if a.status == http.StatusOK {
		var who struct {
			Arn string `xml:"GetCallerIdentityResult>Arn"`
		}
		if xml.Unmarshal(a.body, &who) != nil || !strings.HasPrefix(who.Arn, "arn:") {
			return a.unexpected()
		}
		return verdict{Status: Live, Subject: who.Arn, Reason: "AWS doesn't say what a key may do"}
	}
	var refused struct {
		Code string `xml:"Error>Code"`
	}
	if xml.Unmarshal(a.body, &refused) != nil || refused.Code == "" {
		return a.unexpected()
	}
	switch refused.Code {
	case "InvalidClientTokenId":
		if temporary {
			return unknown("AWS says InvalidClientTokenId: revoked, or the keys and the session token don't belong together")
		}
		return stranger("AWS says: InvalidClientTokenId")
	case "ExpiredToken", "ExpiredTokenException":
		return dead("AWS says: " + refused.Code)
	case "SignatureDoesNotMatch":
		v := unknown("AWS says SignatureDoesNotMatch: it knows the key id, but the secret key near it is not its own, or this machine's clock is wrong")
		v.known = true
		return v
	}
	return unknown("AWS says: " + refused.Code)
}
