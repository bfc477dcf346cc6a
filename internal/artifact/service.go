package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// Options are what a Service works with. Now must be set.
type Options struct {
	URL    string        // ACTIONS_RESULTS_URL
	Token  redact.Secret // ACTIONS_RUNTIME_TOKEN
	Client *http.Client  // nil is one without a proxy
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error // nil is the real clock
}

// Service is the artifact service of a run.
type Service struct {
	url      string
	token    redact.Secret
	run, job string // as the service calls them
	desk     courier.Desk
}

// Receipt is what the service says of an artifact.
type Receipt struct {
	Name, ID string
	Bytes    int // of the zip
}

const (
	timeout = 30 * time.Second
	budget  = 2 * time.Minute
	version = 4

	maxBytes = 64 << 20 // of the zip, which is sent as one block
)

// Open reads what the runner says of its service. It sends nothing.
func Open(o Options) (*Service, error) {
	if o.URL == "" || o.Token.Len() == 0 {
		return nil, errors.New("the runner names no artifact service: expected ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN, as an action has them")
	}
	run, job, err := backend(o.Token)
	if err != nil {
		return nil, err
	}
	s := &Service{url: o.URL, token: o.Token, run: run, job: job, desk: courier.Desk{
		Client: courier.Client(o.Client), Now: o.Now, Sleep: o.Sleep, Timeout: timeout, Budget: budget,
	}}
	if s.desk.Sleep == nil {
		s.desk.Sleep = courier.Pause
	}
	return s, nil
}

// backend reads from the token, a JWT that is the service's to verify, by which names it knows the run and the job.
func backend(token redact.Secret) (run, job string, err error) {
	unfit := errors.New("ACTIONS_RUNTIME_TOKEN names no run: expected a JWT with the scope Actions.Results:RUN:JOB")
	parts := strings.Split(string(token.Reveal()), ".")
	if len(parts) != 3 {
		return "", "", unfit
	}
	src, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", "", unfit // the error would quote it
	}
	var claims struct {
		Scopes string `json:"scp"`
	}
	if json.Unmarshal(src, &claims) != nil {
		return "", "", unfit
	}
	for scope := range strings.FieldsSeq(claims.Scopes) {
		if of := strings.Split(scope, ":"); len(of) == 3 && of[0] == "Actions.Results" && of[1] != "" && of[2] != "" {
			return of[1], of[2], nil
		}
	}
	return "", "", unfit
}

// Upload uploads files as an artifact of a name that the run has none of yet. One that fails on its way leaves an artifact that nobody
// sees, as it was never finalized.
func (s *Service) Upload(ctx context.Context, name string, files []File) (*Receipt, error) {
	if !namePattern().MatchString(name) {
		return nil, fmt.Errorf("the artifact's name %q can't be one: expected letters, digits, dots, hyphens and underscores", name)
	}
	zip, err := archive(files)
	if err != nil {
		return nil, err
	}
	if len(zip) > maxBytes {
		return nil, fmt.Errorf("the artifact has %d bytes, at most %d are sent", len(zip), maxBytes)
	}
	line, ctx, cancel, err := s.desk.Open(ctx, s.url, courier.Dialect{Said: said}, s.token)
	if err != nil {
		return nil, err
	}
	defer cancel()
	var made struct {
		OK    bool   `json:"ok"`
		URL   string `json:"signedUploadUrl"`
		Other string `json:"signed_upload_url"` // the same, as protobuf's JSON may spell it
	}
	if err := s.call(ctx, line, "CreateArtifact", map[string]any{"name": name, "version": version}, &made); err != nil {
		return nil, err
	}
	if made.URL == "" {
		made.URL = made.Other
	}
	if !made.OK || made.URL == "" {
		return nil, errors.New("the artifact service made no artifact: has the run one of that name?")
	}
	if err := s.put(ctx, made.URL, zip); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(zip)
	var done struct {
		OK    bool        `json:"ok"`
		ID    json.Number `json:"artifactId"`
		Other json.Number `json:"artifact_id"`
	}
	err = s.call(ctx, line, "FinalizeArtifact", map[string]any{
		"name": name, "size": strconv.Itoa(len(zip)), "hash": "sha256:" + hex.EncodeToString(sum[:]),
	}, &done)
	if err == nil && !done.OK {
		err = errors.New("the artifact service didn't take the artifact")
	}
	if err != nil {
		return nil, err
	}
	if done.ID == "" {
		done.ID = done.Other
	}
	return &Receipt{Name: name, ID: done.ID.String(), Bytes: len(zip)}, nil
}

func namePattern() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$`) }

// call calls a method of the service.
func (s *Service) call(ctx context.Context, line *courier.Line, method string, in map[string]any, out any) error {
	in["workflow_run_backend_id"], in["workflow_job_run_backend_id"] = s.run, s.job
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	a, err := line.Ask(ctx, courier.Question{
		Method: http.MethodPost, Path: []string{"twirp/github.actions.results.api.v1.ArtifactService", method}, Body: body,
		Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + string(s.token.Reveal())}},
	})
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", method, err)
	case a.Status != http.StatusOK:
		return fmt.Errorf("%s: %s", method, line.Words(a))
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("%s: %s's answer is no JSON that was expected", method, a.Host)
	}
	return nil
}

// said are Twirp's words of a refusal.
func said(a courier.Answer) string {
	var e struct {
		Message string `json:"msg"`
	}
	if json.Unmarshal(a.Body, &e) != nil {
		return ""
	}
	return e.Message
}
