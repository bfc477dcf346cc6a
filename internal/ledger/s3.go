package ledger

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// S3 is a bucket of Amazon S3, or of a store that speaks as it does and has conditional writes: If-None-Match
// and If-Match on PutObject
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). A store that takes these
// headers and doesn't mind them would lose records: Probe tells. The bucket is named in the path.
type S3 struct {
	opt  S3Options
	base *url.URL
	http *http.Client
}

// S3Options are what an S3 is handed.
type S3Options struct {
	Endpoint string // "" is Amazon's of the region
	Region   string
	Bucket   string
	Prefix   string // what all names begin with, such as "ledger/"; may be empty
	Client   *http.Client
	Now      func() time.Time
	// Credentials is asked for each request, as leased ones end.
	Credentials func(ctx context.Context) (S3Credentials, error)
}

// S3Credentials sign requests.
type S3Credentials struct {
	KeyID   string
	Secret  redact.Secret
	Session redact.Secret // of temporary ones
}

// How long a request may take, and how often and after what a write is tried again that met another one.
const (
	s3Timeout = time.Minute
	s3Tries   = 5
	s3Pause   = 200 * time.Millisecond
)

// NewS3 makes a store of a bucket. It sends nothing.
func NewS3(opt S3Options) (*S3, error) {
	if opt.Endpoint == "" {
		opt.Endpoint = "https://s3." + opt.Region + ".amazonaws.com"
	}
	base, err := courier.ParseEndpoint(opt.Endpoint)
	switch {
	case err != nil:
		return nil, fmt.Errorf("S3 endpoint: %w", err)
	case strings.Trim(base.Path, "/") != "":
		return nil, errors.New("S3 endpoint: expected no path")
	case opt.Region == "" || safe(opt.Region) != opt.Region:
		return nil, errors.New("S3 region: expected a name such as eu-west-1")
	case opt.Bucket == "" || strings.Trim(opt.Bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || opt.Bucket[0] == '.':
		return nil, errors.New("S3 bucket: expected a name of a-z 0-9 . - that doesn't begin with a dot")
	case opt.Prefix != "" && (!strings.HasSuffix(opt.Prefix, "/") || checkName(strings.TrimSuffix(opt.Prefix, "/")) != nil):
		return nil, errors.New("S3 prefix: expected parts of A-Z a-z 0-9 . _ -, each ended by a slash")
	}
	return &S3{opt: opt, base: base, http: courier.Client(opt.Client)}, nil
}

// Get implements Store. The tag is the object's ETag.
func (s *S3) Get(ctx context.Context, name string) (Object, error) {
	a, err := s.object(ctx, http.MethodGet, name, nil, nil)
	if err == nil && a.status == http.StatusNotFound {
		err = ErrNotFound
	}
	if err == nil && a.status != http.StatusOK {
		err = a.refused()
	}
	if err == nil && len(a.body) > MaxObject {
		err = ErrTooLarge
	}
	if err == nil && a.tag == "" {
		err = errors.New("the answer has no ETag")
	}
	if err != nil {
		return Object{}, s.wrap("read", name, err)
	}
	return Object{Data: a.body, Tag: a.tag}, nil
}

// Create implements Store.
func (s *S3) Create(ctx context.Context, name string, data []byte) error {
	return s.wrap("create", name, s.put(ctx, name, "If-None-Match", "*", data, ErrExists))
}

// Replace implements Store.
func (s *S3) Replace(ctx context.Context, name, tag string, data []byte) error {
	return s.wrap("replace", name, s.put(ctx, name, "If-Match", tag, data, ErrChanged))
}

// put writes an object on a condition; unmet is the error where that doesn't hold.
func (s *S3) put(ctx context.Context, name, condition, value string, data []byte, unmet error) error {
	if len(data) > MaxObject {
		return fmt.Errorf("%d bytes: at most %d are allowed", len(data), MaxObject)
	}
	for try := 1; ; try++ {
		a, err := s.object(ctx, http.MethodPut, name, http.Header{condition: {value}}, data)
		switch {
		case err != nil:
			return err
		case a.status == http.StatusOK:
			return nil
		case a.status == http.StatusPreconditionFailed:
			return unmet
		case a.status == http.StatusNotFound && condition == "If-Match" && a.code() == "NoSuchKey":
			return ErrNotFound
		case a.status != http.StatusConflict || try == s3Tries:
			return a.refused()
		}
		// Another write was under way: which of the two came first shows after it.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s3Pause):
		}
	}
}

// object asks about one object.
func (s *S3) object(ctx context.Context, method, name string, header http.Header, body []byte) (answer, error) {
	if err := checkName(name); err != nil {
		return answer{}, err
	}
	return s.ask(ctx, method, "/"+s.opt.Bucket+"/"+s.opt.Prefix+name, "", header, body)
}

// answer is what S3 said.
type answer struct {
	host   string
	status int
	tag    string
	body   []byte          // cut off behind MaxObject and one byte
	sent   []redact.Secret // what the request held, and an answer may repeat
}

// code is S3's own word for what went wrong.
func (a answer) code() string {
	var said struct{ Code string }
	_ = xml.Unmarshal(a.body, &said) // no word then
	return said.Code
}

func (a answer) refused() error {
	said := redact.NewMasker(a.sent...).Mask(a.code())
	return fmt.Errorf("%s answered %d %s", a.host, a.status, courier.Printable(said, 60))
}

// ask sends one signed request. Path and query have no character that two would escape differently.
func (s *S3) ask(ctx context.Context, method, path, query string, header http.Header, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s3Timeout)
	defer cancel()
	credentials, err := s.opt.Credentials(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("credentials: %w", err)
	}
	to := url.URL{Scheme: s.base.Scheme, Host: s.base.Host, Path: path, RawQuery: query}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		req.Header = header.Clone()
	}
	at := s.opt.Now()
	req.Header.Set("X-Amz-Date", at.UTC().Format(courier.AmzDate))
	req.Header.Set("X-Amz-Content-Sha256", tagOf(body))
	if credentials.Session.Len() > 0 {
		req.Header.Set("X-Amz-Security-Token", string(credentials.Session.Reveal()))
	}
	signer := courier.SigV4{KeyID: credentials.KeyID, Secret: string(credentials.Secret.Reveal()), Region: s.opt.Region, Service: "s3"}
	req.Header.Set("Authorization", signer.SignQuery(method, s.base.Host, path, query, req.Header, body, at))
	resp, err := s.http.Do(req)
	if err != nil {
		return answer{}, errors.Join(errors.New(courier.Broken(s.base.Host, err)), ctx.Err())
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	read, err := io.ReadAll(io.LimitReader(resp.Body, MaxObject+1))
	if err != nil {
		return answer{}, errors.New(courier.Broken(s.base.Host, err))
	}
	sent := []redact.Secret{credentials.Secret, credentials.Session}
	return answer{s.base.Host, resp.StatusCode, resp.Header.Get("ETag"), read, sent}, nil
}

func (s *S3) wrap(verb, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %q in the bucket %s: %w", verb, name, s.opt.Bucket, err)
}
