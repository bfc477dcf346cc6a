package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// documents judges the Secrets of Kubernetes in a file's YAML, one document after the other. Each is read once, however many of its
// values are asked about.
type documents struct {
	content []byte
	doc     span // the last that was read
	data    span // its data, where they are public
}

// public reports whether all that the Secret holds of which at is a value are certificates, public keys or private keys, which are found
// by their own form. Where that can't be told they aren't: of a Secret one value is found, and speaks for the
// others. Values are asked about in order.
func (d *documents) public(at span) bool {
	if at.start >= d.doc.end {
		d.read(at)
	}
	return d.data.start <= at.start && at.end <= d.data.end
}

// read reads the document that at stands in.
func (d *documents) read(at span) {
	d.doc.start, d.data = d.doc.end, span{}
	if i := bytes.LastIndex(d.content[d.doc.start:at.start], []byte("\n---")); i >= 0 {
		d.doc.start += i + 1
	}
	d.doc.end = len(d.content)
	if i := bytes.Index(d.content[at.start:], []byte("\n---")); i >= 0 {
		d.doc.end = at.start + i + 1
	}
	if data, ok := publicData(string(d.content[d.doc.start:d.doc.end])); ok {
		d.data = span{d.doc.start + data.start, d.doc.start + data.end}
	}
}

// publicData is where the data of a Secret stand that is written as kubectl writes it: "kind" and "data" at the left margin, and
// nothing else that holds values. All of it is public then.
func publicData(doc string) (data span, ok bool) {
	isSecret, within, off := false, false, 0
	for line := range strings.Lines(doc) {
		key := strings.TrimRight(line, " \t\r\n")
		entry := strings.TrimLeft(key, " \t")
		switch {
		case entry == "" || entry[0] == '#':
		case len(entry) < len(key):
			if within && !isPublicEntry(entry) {
				return data, false
			}
		case key == "data:":
			if data != (span{}) {
				return data, false
			}
			within, data.start = true, off+len(line)
		default:
			within = false
			isSecret = isSecret || key == "kind: Secret"
		}
		off += len(line)
		if within {
			data.end = off
		}
	}
	return data, isSecret && !strings.Contains(doc, "stringData")
}

// isPublicEntry reports whether a line of a Secret's data is a key with a certificate or a private key.
func isPublicEntry(line string) bool {
	_, value, ok := strings.Cut(line, ":")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	return ok && (isPublicText(value) || isEncodedKey(value))
}

// isPublicText reports whether a value is base64 of a certificate, or of several, or of a public key, in PEM's frame, or of
// the beginning of a certificate's.
func isPublicText(value string) bool {
	return beginsCertificate(value) || isFramed(value, func(b *pem.Block) bool {
		return isCertificateBlock(b) || b.Type == "PUBLIC KEY" && len(b.Headers) == 0
	})
}

func isCertificateBlock(b *pem.Block) bool { return b.Type == "CERTIFICATE" && len(b.Headers) == 0 }

// beginsCertificate reports whether a value is base64 of a certificate's frame that is cut off, after its mark or later.
func beginsCertificate(value string) bool {
	text, err := base64.StdEncoding.DecodeString(value)
	body, begins := strings.CutPrefix(string(text), "-----BEGIN CERTIFICATE-----")
	body = strings.Join(strings.Fields(body), "")
	other := strings.ContainsFunc(body, func(r rune) bool { return !isBase64(r) })
	return err == nil && begins && !other && (body == "" || isPublicKey(body))
}

// leastKey is how many bytes the shortest private keys have (Ed25519's, by RFC 8410). What is shorter isn't found by its form.
const leastKey = 48

// isEncodedKey reports whether a value is base64 of a private key in PEM's frame, or of a frame without one, with or without certificates.
func isEncodedKey(value string) bool {
	return isFramed(value, func(b *pem.Block) bool {
		key := strings.HasSuffix(b.Type, "PRIVATE KEY") && (len(b.Bytes) == 0 || len(b.Bytes) >= leastKey)
		return key || isCertificateBlock(b)
	})
}

// isFramed reports whether a value is base64 of frames of PEM that all fit, and of nothing beside them.
func isFramed(value string, fits func(*pem.Block) bool) bool {
	rest, err := base64.StdEncoding.DecodeString(value)
	if err != nil || len(rest) == 0 {
		return false
	}
	for len(rest) > 0 {
		block, after := pem.Decode(rest)
		if block == nil || !fits(block) {
			return false
		}
		begin := []byte("-----BEGIN ")
		if frame := rest[:len(rest)-len(after)]; !bytes.HasPrefix(frame, begin) || bytes.Count(frame, begin) != 1 {
			return false
		}
		rest = bytes.TrimSpace(after)
	}
	return true
}
