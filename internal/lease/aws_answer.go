package lease

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/manifest"
)

// awsSession is the answer of AssumeRoleWithWebIdentity. The lists let a repeated element be seen, of which
// the decoder would take the last.
type awsSession struct {
	XMLName xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ AssumeRoleWithWebIdentityResponse"`
	Keys    []struct {
		ID      []string `xml:"AccessKeyId"`
		Secret  []string `xml:"SecretAccessKey"`
		Token   []string `xml:"SessionToken"`
		Expires []string `xml:"Expiration"`
	} `xml:"AssumeRoleWithWebIdentityResult>Credentials"`
}

// credential reads the answer to an exchange. Where it errs and yet returns a credential, that is one that must not be used.
func (p *aws) credential(a answer, r Request, n names) (*Credential, error) {
	var said awsSession
	if err := readXML(a.body, &said); err != nil {
		return nil, fmt.Errorf("%s answered %d, and no session: %w", a.host, a.status, err)
	}
	if len(said.Keys) != 1 {
		return nil, fmt.Errorf("%s answered with %d sessions, expected one", a.host, len(said.Keys))
	}
	keys := said.Keys[0]
	id, err := fit(awsKeyID, one(keys.ID))
	if err != nil {
		return nil, err
	}
	secret, err := fit(awsSecret, one(keys.Secret))
	if err != nil {
		return nil, err
	}
	token, err := fit(awsToken, one(keys.Token))
	if err != nil {
		return nil, err
	}
	c := &Credential{Provider: "aws", Handle: string(id.Reveal()), Issued: p.now(), Revocable: Never, files: awsFiles}
	if len(c.Handle) > 128 { // https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
		return nil, errors.New("the access key id is longer than 128 characters")
	}
	if c.NotAfter, err = time.Parse(time.RFC3339, one(keys.Expires)); err != nil {
		return c, errors.New("the answer doesn't say when the session ends")
	}
	if err := r.term(c.Issued, c.NotAfter); err != nil {
		return c, err
	}
	c.Values = []Value{
		n.public(awsKeyID, c.Handle), n.secret(awsSecret, secret), n.secret(awsToken, token),
		n.public(awsRegion, r.Grant.AWS.Region), n.public(awsBoto, r.Grant.AWS.Region),
	}
	return c, nil
}

// one is the text of an element that must stand once.
func one(all []string) string {
	if len(all) != 1 {
		return ""
	}
	return all[0]
}

// readXML decodes the one document that src must be.
func readXML(src []byte, into any) error {
	dec := xml.NewDecoder(bytes.NewReader(src))
	if err := dec.Decode(into); err != nil {
		return errors.New("it isn't the XML that the API's reference describes") // the error may quote it
	}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if text, ok := token.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(text)) > 0 {
			return errors.New("something follows the XML")
		}
	}
}

// awsRefusal reads the code and the message of a refusal.
func awsRefusal(a answer) (code, message string) {
	var said struct {
		XMLName xml.Name `xml:"ErrorResponse"`
		Code    []string `xml:"Error>Code"`
		Message []string `xml:"Error>Message"`
	}
	if readXML(a.body, &said) != nil {
		return "", ""
	}
	return one(said.Code), one(said.Message)
}

// awsSaid is a refusal in AWS' words.
func awsSaid(a answer) string {
	code, message := awsRefusal(a)
	if code == "" {
		return ""
	}
	return code + ": " + message
}

// awsLater are the refusals that AWS' references call temporary, though their status is 400:
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and API_AssumeRoleWithWebIdentity.html. That the issuer's
// keys weren't read in time has the code of a token that is wrong (https://repost.aws/knowledge-center/iam-sts-invalididentitytoken).
func awsLater(a answer) bool {
	switch code, message := awsRefusal(a); code {
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "IDPCommunicationError":
		return true
	case "InvalidIdentityToken":
		return strings.Contains(message, "retrieve verification key")
	}
	return false
}

// awsTry says what to change for a refusal, by its code.
func awsTry(a answer, g *manifest.AWS) string {
	code, _ := awsRefusal(a)
	switch code {
	case "AccessDenied":
		return fmt.Sprintf("compare the claims with the conditions in the trust policy of %s; AWS also says this of a role that doesn't exist", g.Role)
	case "InvalidIdentityToken":
		return fmt.Sprintf("let the role's account have an OIDC provider of the token's issuer, with the audience %q", g.Audience)
	case "ExpiredTokenException", "ExpiredToken":
		return "exchange the ID token as soon as it is fetched: it lives for minutes; see that the machine's clock is right"
	case "IDPRejectedClaim":
		return "fetch a new ID token: the issuer disowned this one"
	case "PackedPolicyTooLarge":
		return "shorten the session policy that narrow names: AWS packs it, and the message says by how much it is too large; or narrow the role itself"
	case "MalformedPolicyDocument":
		return "mend the session policy that narrow names: IAM's grammar is stricter than JSON's"
	case "RegionDisabledException":
		return fmt.Sprintf("have STS activated in %s, or name another region in the grant", g.Region)
	case "InvalidParameterValue":
		return "compare the claims with what the server trusts, and see what the message names: MinIO says this of the ID token, the role and the session policy alike"
	case "ValidationError":
		return fmt.Sprintf("see what the message names; a ttl must fit in the maximum session duration of %s", g.Role)
	}
	return fmt.Sprintf("see that %s is STS, and what it says of the request", a.host)
}
