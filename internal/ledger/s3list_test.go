package ledger

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// shelf is a fake of a bucket's lists. It gives short pages, as S3 may, and ignores limits.
func shelf(page int, keys ...string) http.HandlerFunc {
	slices.Sort(keys)
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		begin := q.Get("start-after")
		if token := q.Get("continuation-token"); token != "" {
			last, _ := hex.DecodeString(strings.TrimPrefix(token, "+/="))
			begin = string(last)
		}
		var found []string
		for _, key := range keys {
			if strings.HasPrefix(key, q.Get("prefix")) && key > begin {
				found = append(found, key)
			}
		}
		shown := found[:min(page, len(found))]
		fmt.Fprint(w, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
		for _, key := range shown {
			if q.Get("encoding-type") == "url" {
				key = url.QueryEscape(key)
			}
			fmt.Fprintf(w, "<Contents><Key>%s</Key></Contents>", key)
		}
		if len(shown) < len(found) {
			fmt.Fprintf(w, "<IsTruncated>true</IsTruncated><NextContinuationToken>+/=%x</NextContinuationToken>", shown[len(shown)-1])
		}
		fmt.Fprintf(w, "<EncodingType>%s</EncodingType></ListBucketResult>", q.Get("encoding-type"))
	}
}

// TestS3List: what somebody else puts beside names is neither listed nor in the way.
func TestS3List(t *testing.T) {
	hostile := []string{"l/b/\x01", "l/b/ ", "l/b/!", "l/b/1 2", "l/b/<Key>", "l/b/..", "l/b/2//", "l/b/2/../3", "l/b/4\u202e", "l/b/%41", "l/b/+", "l/b/~"}
	names := []string{"b/1", "b/2", "b/3", "b/3.seal", "b/A"}
	all := slices.Clone(hostile)
	for _, name := range names {
		all = append(all, "l/"+name)
	}
	for page := 1; page < len(all)+2; page++ {
		s := bucketOf(t, shelf(page, all...))
		for limit := 1; limit <= len(names)+1; limit++ {
			got, err := s.List(t.Context(), "b/", "", limit)
			if want := names[:min(limit, len(names))]; !slices.Equal(got, want) || err != nil {
				t.Fatalf("pages of %d, limit %d: %q, %v", page, limit, got, err)
			}
			got, err = s.List(t.Context(), "b/", "b/2", limit)
			if want := names[2:][:min(limit, 3)]; !slices.Equal(got, want) || err != nil {
				t.Fatalf("pages of %d, limit %d after b/2: %q, %v", page, limit, got, err)
			}
		}
	}
}

// TestS3ListRefuses: a list that isn't whole isn't taken for one, since what isn't in it counts as free.
func TestS3ListRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ answer, want string }{
		"no way on":   {"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "isn't the whole list"},
		"no end":      {"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>", "more than 1000 pages"},
		"a circle":    {"<ListBucketResult><Contents><Key>l/b/~</Key></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>", "in another order"},
		"no key":      {"<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>l/b/%4</Key></Contents></ListBucketResult>", "encoded wrongly"},
		"an error":    {"<Error><Code>SlowDown</Code></Error>", "is no list"},
		"wrong token": {"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x y</NextContinuationToken></ListBucketResult>", "has a space"},
	} {
		s := bucketOf(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, tt.answer) })
		if got, err := s.List(t.Context(), "b/", "", 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
