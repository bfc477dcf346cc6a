package lease

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
)

// authority is whom a server's certificate must be of.
type authority struct {
	pool *x509.CertPool
	pem  []byte // the certificates alone, without what stood around them
}

// readAuthority reads a file of certificates in PEM; path names it in errors. Text between them is let be, as bundles have comments.
func readAuthority(path string, src []byte) (authority, error) {
	fault := func(what string) (authority, error) {
		return authority{}, fmt.Errorf("the authority in %s %s", path, what)
	}
	if bytes.Contains(src, []byte("PRIVATE KEY-----")) {
		return fault("has a private key beside it: take the key out of the repository, make a new one, and leave certificates alone")
	}
	out := authority{pool: x509.NewCertPool()}
	for rest := src; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if bytes.Contains(rest, []byte("-----BEGIN ")) {
				return fault("has a block that isn't PEM: expected CERTIFICATE blocks")
			}
			break
		}
		if block.Type != "CERTIFICATE" {
			return fault("has a block of another type than CERTIFICATE: leave certificates alone")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fault("has a block that is no certificate of X.509")
		}
		out.pool.AddCert(certificate)
		out.pem = append(out.pem, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes})...)
	}
	if out.pem == nil {
		return fault("has no certificate: expected PEM, -----BEGIN CERTIFICATE-----")
	}
	return out, nil
}

// trusting is a desk whose requests trust that authority and no other. All else of the transport, proxies among it, is as it was.
func (d *desk) trusting(a authority) (*desk, error) {
	transport, ok := d.client.Transport.(*http.Transport)
	if !ok || transport.DialTLSContext != nil || transport.DialTLS != nil { //nolint:staticcheck // what is set there would decide instead
		return nil, errors.New("the requests' transport can't be told whom to trust")
	}
	transport = transport.Clone()
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.RootCAs, transport.TLSClientConfig.InsecureSkipVerify = a.pool, false
	own, client := *d, *d.client
	client.Transport = transport
	own.client = &client
	return &own, nil
}
