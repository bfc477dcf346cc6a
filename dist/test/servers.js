// Servers that the tests download from: a host that speaks TLS by a certificate of its own, and a proxy. The certificate is
// written here (RFC 5280, in DER), as Node makes none and no private key is to lie in a repository.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');

// der writes one element: its tag, its length, and what is in it.
function der(tag, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const seq = (...parts) => der(0x30, ...parts);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const extension = (id, value) => seq(oid(id), der(0x04, value));

// certificate makes a key and a certificate for localhost that signs itself.
function certificate() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = seq(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const name = seq(der(0x31, seq(oid('550403'), der(0x0c, 'localhost'))));
  const tbs = seq(
    der(0xa0, der(0x02, [2])), der(0x02, [1]), algorithm, name,
    seq(der(0x17, '240101000000Z'), der(0x17, '490101000000Z')), name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, seq(
      extension('551d11', seq(der(0x82, 'localhost'), der(0x87, [127, 0, 0, 1]))), // subjectAltName
      extension('551d13', seq(der(0x01, [255]))), // basicConstraints: a CA
    )),
  );
  const signed = seq(tbs, algorithm, der(0x03, [0], crypto.sign('sha256', tbs, privateKey)));
  const pem = `-----BEGIN CERTIFICATE-----\n${signed.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: pem };
}

const listening = (t, server) => new Promise((resolve) => {
  const open = new Set();
  server.on('connection', (socket) => { open.add(socket); socket.on('close', () => open.delete(socket)); });
  t.after(() => { open.forEach((socket) => socket.destroy()); server.close(); });
  server.listen(0, '127.0.0.1', () => resolve(server.address().port));
});

// startHost starts a host whose answers are handler's, and writes its certificate to a file for NODE_EXTRA_CA_CERTS.
async function startHost(t, dir, handler) {
  const identity = certificate();
  const file = path.join(dir, 'ca.pem');
  fs.writeFileSync(file, identity.cert);
  const asked = [];
  const server = https.createServer(identity, (request, response) => { asked.push(request); handler(request, response); });
  const port = await listening(t, server);
  return { url: `https://localhost:${port}`, port, asked, env: { NODE_EXTRA_CA_CERTS: file }, identity };
}

// startProxy starts a proxy, by TLS where an identity is given, that connects to all that it is asked for where allow says so.
async function startProxy(t, { identity, allow = () => 200 } = {}) {
  const asked = [];
  const server = identity ? https.createServer(identity) : http.createServer();
  server.on('connect', (request, socket) => {
    asked.push(request);
    socket.on('error', () => {});
    const status = allow(request);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const to = net.connect(Number(request.url.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      to.pipe(socket).pipe(to);
    });
    to.on('error', () => socket.destroy());
  });
  const port = await listening(t, server);
  return { port, asked, url: `${identity ? 'https://localhost' : 'http://127.0.0.1'}:${port}` };
}

module.exports = { startHost, startProxy };
