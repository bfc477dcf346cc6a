package artifact

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/curfew-ci/curfew/internal/courier"
	"github.com/curfew-ci/curfew/internal/redact"
)

// put writes the zip to where the service says: as one block, and the list of it.
// https://learn.microsoft.com/en-us/rest/api/storageservices/put-block
func (s *Service) put(ctx context.Context, signed string, zip []byte) error {
	to, err := courier.ParseAddress(signed)
	if err != nil {
		return fmt.Errorf("the signed URL %w", err)
	}
	query := to.Query()
	base := *to
	base.RawQuery, base.ForceQuery = "", false
	line, ctx, cancel, err := s.desk.Open(ctx, base.String(), courier.Dialect{}, signatures(query)...)
	if err != nil {
		return err
	}
	defer cancel()
	const block = "MDAwMDAw" // "000000"
	for _, step := range []struct {
		name, kind string
		body       []byte
	}{
		{"block", "application/octet-stream", zip},
		{"blocklist", "application/xml", []byte(`<?xml version="1.0" encoding="utf-8"?><BlockList><Latest>` + block + `</Latest></BlockList>`)},
	} {
		query.Set("comp", step.name)
		if query.Del("blockid"); step.name == "block" {
			query.Set("blockid", block)
		}
		a, err := line.Ask(ctx, courier.Question{
			Method: http.MethodPut, Bare: true, Query: query, Body: step.body,
			Header: http.Header{"Content-Type": {step.kind}, "X-Ms-Blob-Content-Type": {"application/zip"}},
		})
		if err == nil && a.Status != http.StatusCreated {
			err = errors.New(line.Words(a))
		}
		if err != nil {
			return fmt.Errorf("write the artifact: %w", err)
		}
	}
	return nil
}

// signatures are the values of a signed URL that let whoever has them write there.
func signatures(query url.Values) []redact.Secret {
	var all []redact.Secret
	for name, values := range query {
		if strings.Contains(strings.ToLower(name), "sig") {
			for _, v := range values {
				all = append(all, redact.New([]byte(v)), redact.New([]byte(url.QueryEscape(v))))
			}
		}
	}
	return all
}
