package tracker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// SSF tells a receiver of the Shared Signals Framework when a credential's provider says that it is dead, and when it no
// longer does: by events of OpenID CAEP 1.0 (https://openid.net/specs/openid-caep-1_0.html) in security event tokens (RFC
// 8417) that are pushed to it (RFC 8935). All else that becomes of a ticket is none of its business.
//
// A receiver can't be asked what it holds, so the tickets are kept in Files as well, each after it was delivered. An event
// that is tried again has the same id.
type SSF struct {
	*Files
	desk    *courier.Desk
	opt     SSFOptions
	key     *setKey
	secrets []redact.Secret
}

// SSFOptions are what an SSF is handed.
type SSFOptions struct {
	Options
	URL      string
	Audience string
	Issuer   string
	Key      redact.Secret // one of curfew ledger key's, or an RSA key in PEM
	Token    redact.Secret // by which the receiver knows who pushes; the zero where it asks for none
}

const (
	caepEvents       = "https://schemas.openid.net/secevent/caep/event-type/"
	sessionRevoked   = caepEvents + "session-revoked"
	credentialChange = caepEvents + "credential-change"
	// credentialType is one that CAEP has no name for, which it leaves to who sends and who receives.
	credentialType = "token"
)

// NewSSF makes a backend. It sends nothing.
func NewSSF(o SSFOptions, record *Files) (*SSF, error) {
	if o.Key.Len() == 0 {
		return nil, errors.New("no key signs the events: expected --ssf-key FILE, or SSF_KEY in the environment")
	}
	key, err := readSETKey(o.Key)
	if err != nil {
		return nil, err
	}
	s := &SSF{Files: record, desk: o.desk(), opt: o, key: key, secrets: []redact.Secret{o.Key}}
	if o.Token.Len() > 0 {
		s.secrets = append(s.secrets, o.Token)
	}
	return s, nil
}

// set is the claims of a security event token.
type set struct {
	Issuer   string              `json:"iss"`
	ID       string              `json:"jti"`
	IssuedAt int64               `json:"iat"`
	Audience string              `json:"aud"`
	Txn      string              `json:"txn"` // the cause: the same for all that becomes of it
	Subject  subject             `json:"sub_id"`
	Events   map[string]setEvent `json:"events"` // exactly one
}

// subject is RFC 9493's opaque form: the ticket's fingerprint. Nobody could find the credential by it.
type subject struct {
	Format string `json:"format"`
	ID     string `json:"id"`
}

// setEvent is what CAEP says of an event. It doesn't say when it happened: nobody knows.
type setEvent struct {
	CredentialType string            `json:"credential_type,omitempty"`
	ChangeType     string            `json:"change_type,omitempty"`
	FriendlyName   string            `json:"friendly_name,omitempty"`
	Initiator      string            `json:"initiating_entity"`
	Reason         map[string]string `json:"reason_admin"`
}

// eventOf is what a receiver must hear of a change of a ticket, from what it was: that the provider's word is another one.
// A ticket that is new, or of which nobody asked the provider, says nothing of a credential's end.
func eventOf(was ticket.Memo, d ticket.Draft) (uri string, event setEvent, ok bool) {
	m := d.Memo
	if m.Dead == was.Dead || m.Kind == "" || m.Digest || m.Duplicate {
		return "", event, false
	}
	event = setEvent{CredentialType: credentialType, FriendlyName: ticket.Inert(m.Kind, maxShort), Initiator: "system"}
	why := "its provider says that it is dead: "
	switch {
	case m.Dead && d.Session:
		uri, event.CredentialType, event.FriendlyName = sessionRevoked, "", ""
	case m.Dead:
		uri, event.ChangeType = credentialChange, "revoke"
	default:
		uri, event.ChangeType, why = credentialChange, "update", "its provider doesn't say any more that it is dead: "
	}
	event.Reason = map[string]string{"en": ticket.Inert(why+m.What+", "+m.Repository, maxReason)}
	return uri, event, true
}

// maxReason is how many characters a reason has at most.
const maxReason = 300

// Update implements ticket.Backend.
func (s *SSF) Update(ctx context.Context, key string, d ticket.Draft) error {
	file, tag, err := s.read(ctx, key)
	if err != nil || d.Done(file.ticket()) {
		return err
	}
	if uri, event, ok := eventOf(file.Memo, d); ok {
		// The same change can come again, later: how many there were tells them apart.
		id := fmt.Sprintf("evt_%s_%d", d.Event(), file.Events)
		if err := s.push(ctx, set{
			Issuer: s.opt.Issuer, ID: id, IssuedAt: s.now().Unix(), Audience: s.opt.Audience, Txn: d.Memo.Cause,
			Subject: subject{"opaque", d.Fingerprint}, Events: map[string]setEvent{uri: event},
		}); err != nil {
			return err
		}
		file.Events++
	}
	return s.write(ctx, file, tag, d)
}

// push sends an event until the receiver says that it has it, which RFC 8935 has one status for.
func (s *SSF) push(ctx context.Context, claims set) error {
	token, err := s.key.token("secevent+jwt", claims)
	if err != nil {
		return err
	}
	line, ctx, cancel, err := s.desk.Open(ctx, s.opt.URL, courier.Dialect{Said: ssfSaid}, s.secrets...)
	if err != nil {
		return err
	}
	defer cancel()
	header := http.Header{"Content-Type": {"application/secevent+jwt"}, "Accept": {"application/json"}}
	if s.opt.Token.Len() > 0 {
		header.Set("Authorization", "Bearer "+string(s.opt.Token.Reveal()))
	}
	a, err := line.Ask(ctx, courier.Question{Method: http.MethodPost, Bare: true, Header: header, Body: token})
	switch {
	case err != nil:
		return err
	case a.Status >= 200 && a.Status <= 299 && a.Status != http.StatusAccepted:
		return fmt.Errorf("%s: a receiver that has taken an event answers 202: is it the address that takes them?", line.Words(a))
	case a.Status != http.StatusAccepted:
		return &refusedError{status: a.Status, words: line.Words(a)}
	}
	return nil
}

// ssfSaid reads the words of a refusal.
func ssfSaid(a courier.Answer) string {
	var e struct {
		Err         string `json:"err"`
		Description string `json:"description"`
	}
	if json.Unmarshal(a.Body, &e) != nil || e.Err == "" {
		return ""
	}
	if e.Description == "" {
		return e.Err
	}
	return e.Err + ": " + e.Description
}
