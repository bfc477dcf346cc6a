// Tests of the download: from a host that speaks TLS on this machine, with and without a proxy.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { test } = require('node:test');

const { isDirect, proxyFor } = require('../download.js');
const { runShim, stage, key } = require('./stage.js');
const { startHost, startProxy } = require('./servers.js');

// serving makes a copy of the action whose table names a host that answers by handler, or with the binary.
async function serving(t, handler) {
  const s = stage(t, { script: 'echo RAN', cached: false });
  const host = await startHost(t, s.dir, (request, response) => (handler ? handler(request, response, s, host) : response.end(s.binary)));
  const file = path.join(s.dir, 'action', 'release.json');
  const table = JSON.parse(fs.readFileSync(file));
  table.assets[key].url = `${host.url}/curfew`;
  fs.writeFileSync(file, JSON.stringify(table));
  Object.assign(s.env, host.env);
  return { s, host };
}

function failsBy(s, got, message) {
  assert.equal(got.status, 1, got.stdout + got.stderr);
  assert.match(got.stdout, message);
  assert.match(got.stdout, /^::error title=curfew::[^\n]*\n$/);
  assert.doesNotMatch(got.stdout, /RAN/);
  assert.deepEqual(fs.readdirSync(s.env.RUNNER_TEMP).filter((name) => name !== 'curfew-download'), []);
  const folder = path.dirname(s.kept);
  assert.deepEqual(fs.existsSync(folder) ? fs.readdirSync(folder) : [], [], 'nothing half of it lies there');
}

test('downloads once a job', async (t) => {
  const { s, host } = await serving(t);
  for (let n = 0; n < 2; n++) {
    const got = await runShim(s);
    assert.deepEqual([got.status, got.stdout], [0, 'RAN\n']);
  }
  assert.equal(host.asked.length, 1);
  assert.equal(host.asked[0].headers.authorization, undefined);
});

test('follows a redirect to another path by https', async (t) => {
  const { s, host } = await serving(t, (request, response, s) => {
    if (request.url === '/curfew') {
      response.writeHead(302, { location: '/signed?token=x' }).end();
      return;
    }
    response.end(s.binary);
  });
  assert.equal((await runShim(s)).stdout, 'RAN\n');
  assert.deepEqual(host.asked.map((request) => request.url), ['/curfew', '/signed?token=x']);
});

test('follows no redirect to http, and none without end', async (t) => {
  let asked = 0;
  const plain = http.createServer((request, response) => { asked++; response.end(); });
  await new Promise((resolve) => { plain.listen(0, '127.0.0.1', resolve); });
  t.after(() => plain.close());
  for (const [to, message] of [
    [`http://127.0.0.1:${plain.address().port}/curfew`, /was sent on from localhost:[0-9]+ to http:\/\/127\.0\.0\.1:[0-9]+: expected https\. It was not followed/],
    ['file:///bin/sh', /to file:\/\/: expected https/],
    ['/curfew', /sends the download on more than 5 times/],
  ]) {
    const { s } = await serving(t, (request, response) => { response.writeHead(302, { location: to }).end(); });
    failsBy(s, await runShim(s), message);
  }
  assert.equal(asked, 0);
});

test('takes nothing that is not the file of the release', async (t) => {
  for (const [handler, message] of [
    [(request, response, s) => response.end(s.binary.toString().replace('RAN', 'BAD')), /isn't the file of the release: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}\. It was not run/],
    [(request, response, s) => response.end(Buffer.concat([s.binary, Buffer.from('\n')])), /has more than the [0-9]+ bytes/],
    [(request, response, s) => response.end(s.binary.subarray(3)), /ended after [0-9]+ of [0-9]+ bytes/],
    [(request, response) => response.end(), /ended after 0 of/],
    [(request, response) => { response.statusCode = 404; response.end(); }, /localhost:[0-9]+ answered 404\. .*put the binary at .*curfew\/1\.2\.3\//],
    [(request, response) => { response.writeHead(302).end(); }, /answered 302/],
  ]) {
    const { s } = await serving(t, handler);
    failsBy(s, await runShim(s), message);
  }
});

test('stops at a download without end', async (t) => {
  let sent = 0;
  const { s } = await serving(t, (request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16))) { sent += 1 << 16; }
    };
    response.on('drain', more);
    more();
  });
  failsBy(s, await runShim(s), /has more than/);
  assert.ok(sent < 1 << 26, `${sent} bytes were taken`);
});

test('tries again where a server is busy or a connection breaks', async (t) => {
  let n = 0;
  const { s } = await serving(t, (request, response, s) => {
    n++;
    if (n === 1) {
      response.writeHead(503).end();
    } else if (n === 2) {
      response.writeHead(200, { 'content-length': s.binary.length });
      response.write(s.binary.subarray(0, 4), () => response.destroy());
    } else {
      response.end(s.binary);
    }
  });
  assert.equal((await runShim(s)).stdout, 'RAN\n');
  assert.equal(n, 3);
});

test('trusts no certificate that nobody vouches for', async (t) => {
  const { s, host } = await serving(t);
  delete s.env.NODE_EXTRA_CA_CERTS;
  failsBy(s, await runShim(s), /self-signed certificate.* NODE_EXTRA_CA_CERTS/);
  assert.equal(host.asked.length, 0);
});

test('downloads anew what was changed since, and says so', async (t) => {
  const { s, host } = await serving(t);
  await runShim(s);
  fs.writeFileSync(s.kept, s.binary.toString().replace('RAN', 'BAD'));
  const got = await runShim(s);
  assert.equal(got.status, 0);
  assert.match(got.stdout, /^::warning title=curfew::.* was changed since it was downloaded: its SHA-256 .* It was not run, and is downloaded anew\nRAN\n$/);
  assert.equal(host.asked.length, 2);
});

test('goes through the proxy that the environment names, with its login', async (t) => {
  for (const variable of ['https_proxy', 'HTTPS_PROXY']) {
    const { s, host } = await serving(t);
    const proxy = await startProxy(t);
    const name = proxy.url.replace('//', '//user:p%40ss@');
    const got = await runShim(s, { env: { [variable]: name, NODE_USE_ENV_PROXY: '1' } });
    assert.equal(got.stdout, 'RAN\n');
    assert.deepEqual(proxy.asked.map((request) => request.url), [`localhost:${host.port}`]);
    assert.equal(Buffer.from(proxy.asked[0].headers['proxy-authorization'].split(' ')[1], 'base64').toString(), 'user:p@ss');
    assert.equal(host.asked[0].headers['proxy-authorization'], undefined);
  }
});

test('goes through a proxy that speaks TLS', async (t) => {
  const { s, host } = await serving(t);
  const proxy = await startProxy(t, { identity: host.identity });
  assert.equal((await runShim(s, { env: { https_proxy: proxy.url } })).stdout, 'RAN\n');
  assert.equal(proxy.asked.length, 1);
});

test('goes round the proxy for the hosts of NO_PROXY', async (t) => {
  const { s } = await serving(t);
  const proxy = await startProxy(t);
  assert.equal((await runShim(s, { env: { HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,localhost' } })).stdout, 'RAN\n');
  assert.equal(proxy.asked.length, 0);
});

test('fails by a proxy that refuses, is not there, or cannot be one, and shows no login', async (t) => {
  for (const [make, message] of [
    [async () => (await startProxy(t, { allow: () => 407 })).url.replace('//', '//user:hush@'), /the proxy 127\.0\.0\.1:[0-9]+ answered 407/],
    [() => 'http://user:hush@127.0.0.1:1', /the proxy 127\.0\.0\.1:1: connect ECONNREFUSED/],
    [() => 'socks5://user:hush@127.0.0.1:1', /HTTPS_PROXY names no proxy that can be used/],
    [() => 'http://user:hush@', /HTTPS_PROXY names no proxy that can be used/],
  ]) {
    const { s, host } = await serving(t);
    const got = await runShim(s, { env: { HTTPS_PROXY: await make() } });
    failsBy(s, got, message);
    assert.doesNotMatch(got.stdout, /hush/);
    assert.equal(host.asked.length, 0, 'it does not go round it');
  }
});

test('reads NO_PROXY as curl does', () => {
  for (const [list, host, want] of [
    ['', 'github.com', false], ['*', 'github.com', true], ['github.com', 'github.com', true], ['GitHub.com', 'github.com', true],
    ['github.com', 'api.github.com', true], ['.github.com', 'api.github.com', true], ['*.github.com', 'api.github.com', true],
    ['github.com', 'evilgithub.com', false], ['hub.com', 'github.com', false], ['a, github.com b', 'github.com', true],
    ['github.com:443', 'github.com', true], ['github.com:8443', 'github.com', false], ['github.com:8443', 'github.com:8443', true],
    ['127.0.0.1', '127.0.0.1', true], ['::1', '[::1]', true], ['[::1]:443', '[::1]', true], ['::1', 'github.com', false], [':443', 'github.com', false],
  ]) {
    assert.equal(isDirect(new URL(`https://${host}/x`), list), want, `${list} for ${host}`);
  }
  assert.equal(proxyFor(new URL('https://github.com'), { HTTP_PROXY: 'http://p', http_proxy: 'http://p' }), null);
  assert.equal(proxyFor(new URL('https://github.com'), { HTTPS_PROXY: 'proxy.example:3128' }).href, 'http://proxy.example:3128/');
  assert.equal(proxyFor(new URL('https://github.com'), { https_proxy: 'http://small', HTTPS_PROXY: 'http://large' }).host, 'small');
});
