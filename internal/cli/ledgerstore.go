package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/curfew-ci/curfew/internal/ledger"
	"github.com/curfew-ci/curfew/internal/redact"
)

// s3Scheme is what a store begins with that is a bucket; all others are folders.
const s3Scheme = "s3://"

// bucketFlags say how the buckets that a command line names are reached. Who may, the environment says.
type bucketFlags struct {
	region   string
	endpoint string
}

func (f *bucketFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.region, "s3-region", "", "the buckets' `REGION`; AWS_REGION unless said")
	flags.StringVar(&f.endpoint, "s3-endpoint", "", "the `URL` of another store that speaks as S3 does")
}

// openedStore is a store that a command line named. It remembers what went wrong in reading and writing it, as that
// proves nothing about what it holds.
type openedStore struct {
	ledger.Store
	bucket bool
	close  func() error
	fault  error // the first that isn't the store's answer to a condition
}

// open opens the store that spec names: the path of a folder, or s3://BUCKET or s3://BUCKET/PREFIX. A folder that isn't
// there is made for who writes; for who reads it is a mistake, since an empty one looks like nothing was lost.
func (f *bucketFlags) open(env *Env, spec string, writes bool) (*openedStore, error) {
	if rest, ok := strings.CutPrefix(spec, s3Scheme); ok {
		s, err := f.openBucket(env, rest)
		if err != nil {
			return nil, usageError("%s: %w", spec, err)
		}
		return &openedStore{Store: s, bucket: true, close: func() error { return nil }}, nil
	}
	if strings.Contains(spec, "://") {
		return nil, usageError("%q: expected a folder or s3://BUCKET/PREFIX", spec)
	}
	if _, err := os.Lstat(spec); !writes && errors.Is(err, fs.ErrNotExist) {
		return nil, usageError("there is no folder %s: expected that of a ledger, or s3://BUCKET/PREFIX", spec)
	}
	folder, err := ledger.OpenFolder(spec)
	if err != nil {
		return nil, &exitError{ExitUnfinished, err}
	}
	return &openedStore{Store: folder, close: folder.Close}, nil
}

func (f *bucketFlags) openBucket(env *Env, rest string) (*ledger.S3, error) {
	bucket, prefix, _ := strings.Cut(rest, "/")
	if prefix = strings.TrimRight(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	region := f.region
	if region == "" {
		region = env.Getenv("AWS_REGION")
	}
	if region == "" {
		return nil, errors.New("in which region? expected --s3-region or AWS_REGION")
	}
	credentials := ledger.S3Credentials{
		KeyID:   env.Getenv("AWS_ACCESS_KEY_ID"),
		Secret:  redact.New([]byte(env.Getenv("AWS_SECRET_ACCESS_KEY"))),
		Session: redact.New([]byte(env.Getenv("AWS_SESSION_TOKEN"))),
	}
	if credentials.KeyID == "" || credentials.Secret.Len() == 0 {
		return nil, errors.New("who asks? expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, with AWS_SESSION_TOKEN where they are temporary")
	}
	return ledger.NewS3(ledger.S3Options{
		Endpoint: f.endpoint, Region: region, Bucket: bucket, Prefix: prefix, Client: newClient(), Now: env.Now,
		Credentials: func(context.Context) (ledger.S3Credentials, error) { return credentials, nil },
	})
}

// newClient makes a client whose requests go through the proxy that the environment names, which net/http reads by itself.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
}

// Get implements ledger.Store.
func (s *openedStore) Get(ctx context.Context, name string) (ledger.Object, error) {
	o, err := s.Store.Get(ctx, name)
	return o, s.remember(err)
}

// Create implements ledger.Store.
func (s *openedStore) Create(ctx context.Context, name string, data []byte) error {
	return s.remember(s.Store.Create(ctx, name, data))
}

// Replace implements ledger.Store.
func (s *openedStore) Replace(ctx context.Context, name, tag string, data []byte) error {
	return s.remember(s.Store.Replace(ctx, name, tag, data))
}

// List implements ledger.Store.
func (s *openedStore) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	names, err := s.Store.List(ctx, prefix, after, limit)
	return names, s.remember(err)
}

func (s *openedStore) remember(err error) error {
	answered := err == nil || errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrExists) ||
		errors.Is(err, ledger.ErrChanged) || errors.Is(err, ledger.ErrTooLarge)
	if s.fault == nil && !answered {
		s.fault = err
	}
	return err
}

// holdsLog reports whether there is a log in a store.
func (s *openedStore) holdsLog(ctx context.Context) (bool, error) {
	names, err := s.List(ctx, "log/", "", 1)
	return len(names) > 0, err
}
