//go:build e2e

package ledger

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
	"github.com/curfew-ci/curfew/internal/testservers"
)

// TestE2ES3 holds a real S3 to what the folder is held to.
func TestE2ES3(t *testing.T) {
	const user, password = "root-of-the-tests", "made-up-for-the-tests"
	m := testservers.StartMinIO(t, "MINIO_ROOT_USER="+user, "MINIO_ROOT_PASSWORD="+password)
	bucket := func(prefix string) *S3 {
		s, err := NewS3(S3Options{
			Endpoint: m.URL, Region: "us-east-1", Bucket: "evidence", Prefix: prefix, Now: time.Now,
			Credentials: func(context.Context) (S3Credentials, error) {
				return S3Credentials{KeyID: user, Secret: redact.New([]byte(password))}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ctx := t.Context()
	if a, err := bucket("").ask(ctx, http.MethodPut, "/evidence", "", nil, nil); err != nil || a.status != http.StatusOK {
		t.Fatalf("make the bucket: %v, %v", a.refused(), err)
	}
	testStore(t, bucket(""))
	testStore(t, bucket("a/store/"))
	t.Run("hostile keys", func(t *testing.T) {
		s := bucket("h/")
		for _, key := range []string{"%01", "%20", "a%201", "%E2%80%AE", "%2541"} {
			req, err := http.NewRequestWithContext(ctx, http.MethodPut, m.URL+"/evidence/h/"+key, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Amz-Date", time.Now().UTC().Format(courier.AmzDate))
			req.Header.Set("X-Amz-Content-Sha256", tagOf(nil))
			signer := courier.SigV4{KeyID: user, Secret: password, Region: "us-east-1", Service: "s3"}
			req.Header.Set("Authorization", signer.Sign(http.MethodPut, req.URL.Host, "/evidence/h/"+key, req.Header, nil, time.Now()))
			resp, err := http.DefaultClient.Do(req)
			if err != nil || resp.StatusCode != http.StatusOK || resp.Body.Close() != nil {
				t.Fatalf("%s: %v, %v", key, resp, err)
			}
		}
		for _, name := range []string{"a", "b.jsonl", "c/d"} {
			if err := s.Create(ctx, name, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, limit := range []int{1, 2, 3, MaxList} {
			want := []string{"a", "b.jsonl", "c/d"}[:min(limit, 3)]
			if got, err := s.List(ctx, "", "", limit); err != nil || !slices.Equal(got, want) {
				t.Errorf("limit %d: %q, %v", limit, got, err)
			}
		}
	})
	t.Run("slots", func(t *testing.T) {
		const jobs, limit = 20, 3
		now := at()
		for range 3 {
			var got atomic.Int64
			var wg sync.WaitGroup
			for range jobs {
				wg.Go(func() {
					_, err := Slots{Store: bucket("slots/"), Now: func() time.Time { return now }}.Take(ctx, claim(limit, now.Add(time.Minute)))
					var full *FullError
					switch {
					case err == nil:
						got.Add(1)
					case !errors.As(err, &full):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got.Load() != limit {
				t.Errorf("%d slots were taken of %d", got.Load(), limit)
			}
			now = now.Add(time.Hour)
		}
	})
	t.Run("log", func(t *testing.T) {
		s := bucket("l/")
		l := grown(t, s, 3, 300)
		if r, err := Verify(ctx, s, options(t)); err != nil || r.Checkpoint != l.Checkpoint() {
			t.Errorf("%+v, %v", r, err)
		}
		stale := open(t, s)
		add(t, l, recordLines(t, 300, 1))
		if _, err := stale.Append(ctx, recordLines(t, 400, 1)); !errors.Is(err, ErrChanged) {
			t.Errorf("the second writer: %v", err)
		}
	})
}
