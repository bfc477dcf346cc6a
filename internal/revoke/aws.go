package revoke

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// AWSKeys are the user's own, by which AWS is asked to end somebody's. The zero is none.
type AWSKeys struct {
	ID     string
	Secret redact.Secret
	Token  redact.Secret // of temporary keys; the zero for others
}

// errNoAWSKeys says what is missing.
var errNoAWSKeys = errors.New("an AWS access key is ended by who may do that in its account: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, with AWS_SESSION_TOKEN where they are temporary")

// awsWay makes a key inactive: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html. Whose it is
// must be said, and is asked first: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html.
func awsWay() way {
	return way{
		service: "aws", base: "https://iam.amazonaws.com", detectors: []string{"aws-access-token"}, prefixes: []string{"AKIA"},
		method: http.MethodPost, signed: true, read: readAWS,

		carries: "the key's id in its body, signed by your own AWS keys, which need iam:GetAccessKeyLastUsed and iam:UpdateAccessKey",
		ends:    "this access key: IAM's UpdateAccessKey sets it Inactive. Sessions that it opened live on",
		back:    "yes: set it Active again, or delete it",
		told:    "nobody; it stands in CloudTrail",
		docs:    "https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html",
	}
}

// askAWS asks whose a key is and makes it inactive. Where that isn't told, AWS takes it for a key of who asks, or refuses.
func (r *Revoker) askAWS(ctx context.Context, l *courier.Line, id redact.Secret) (courier.Answer, error) {
	key := string(id.Reveal())
	form := url.Values{"Action": {"UpdateAccessKey"}, "Status": {"Inactive"}, "AccessKeyId": {key}}
	var owner struct {
		Name string `xml:"GetAccessKeyLastUsedResult>UserName"`
	}
	a, err := r.iam(ctx, l, url.Values{"Action": {"GetAccessKeyLastUsed"}, "AccessKeyId": {key}}, false)
	if err == nil && a.Status == http.StatusOK && xml.Unmarshal(a.Body, &owner) == nil && owner.Name != "" {
		form.Set("UserName", owner.Name)
	}
	return r.iam(ctx, l, form, true)
}

// iam sends one request to IAM.
func (r *Revoker) iam(ctx context.Context, l *courier.Line, form url.Values, once bool) (courier.Answer, error) {
	form.Set("Version", "2010-05-08")
	base, err := courier.ParseEndpoint(l.Base())
	if err != nil {
		return courier.Answer{}, err
	}
	body, at := []byte(form.Encode()), r.opt.Now()
	header := http.Header{
		"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}, "X-Amz-Date": {at.UTC().Format(courier.AmzDate)},
	}
	if r.opt.AWS.Token.Len() > 0 {
		header["X-Amz-Security-Token"] = []string{string(r.opt.AWS.Token.Reveal())}
	}
	signer := courier.SigV4{KeyID: r.opt.AWS.ID, Secret: string(r.opt.AWS.Secret.Reveal()), Region: iamRegion(base.Hostname()), Service: "iam"}
	header["Authorization"] = []string{signer.Sign(http.MethodPost, base.Host, "/", header, body, at)}
	return l.Ask(ctx, courier.Question{Method: http.MethodPost, Header: header, Body: body, Once: once})
}

// iamRegion is the region by which an endpoint of IAM wants requests signed:
// https://docs.aws.amazon.com/general/latest/gr/iam-service.html.
func iamRegion(host string) string {
	switch {
	case host == "iam.us-gov.amazonaws.com":
		return "us-gov-west-1"
	case strings.HasSuffix(host, ".amazonaws.com.cn"):
		return "cn-north-1"
	}
	return "us-east-1"
}

// readAWS reads the answer to UpdateAccessKey, which is empty but for its name.
func readAWS(a courier.Answer) word {
	var said struct {
		XMLName xml.Name
		Code    string `xml:"Error>Code"`
	}
	if xml.Unmarshal(a.Body, &said) != nil {
		return word{kind: refused}
	}
	if a.Status == http.StatusOK && said.XMLName.Local == "UpdateAccessKeyResponse" {
		return word{kind: revoked}
	}
	return word{kind: refused, code: said.Code}
}
