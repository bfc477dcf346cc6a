// Downloads a release's binary over https: through the proxy that the environment names, which Node by itself doesn't heed
// before version 24, and to no more bytes than the table says.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const tls = require('node:tls');

const { Failure } = require('./failure.js');

const tries = 3;
const mostRedirects = 5;
const idle = 30_000; // ms without a byte
const limit = 600_000; // ms for a try

// Passing is an answer that another try may better.
class Passing extends Error {}

// download brings the asset to places.kept, whole and proven, or not at all.
async function download(asset, places, version, env) {
  for (let n = 1; ; n++) {
    try {
      keep(await fetched(asset, env), places.kept);
      return;
    } catch (err) {
      if (err instanceof Failure) {
        throw err;
      }
      if (n === tries || !(err instanceof Passing || err.code)) {
        throw new Failure(`could not download curfew ${version} from ${new URL(asset.url).host}: ${err.message || err.code}. ${advice(err, places)}`);
      }
      await pause(n * 1000);
    }
  }
}

// keep writes a file that is there as a whole or not at all: steps may run side by side.
function keep(bytes, file) {
  const temporary = `${file}.${crypto.randomBytes(8).toString('hex')}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
    fs.renameSync(temporary, file);
  } catch (err) {
    fs.rmSync(temporary, { force: true });
    throw new Failure(`could not keep the download in RUNNER_TEMP: ${err.message}`);
  }
}

// advice is what to do where a runner can't reach the release.
function advice(err, places) {
  const cache = places.cached || 'RUNNER_TOOL_CACHE/curfew/VERSION/ARCH/curfew';
  const trust = /CERT|SIGNATURE|ISSUER/.test(err.code || '') ? ' Where a proxy breaks up TLS, name its certificate by NODE_EXTRA_CA_CERTS.' : '';
  return `Where this runner can't reach that host, such as with GitHub Enterprise Server, put the binary at ${cache}, `
    + `and an empty file beside its folder, ${places.complete || 'ARCH.complete'}; a proxy is named by HTTPS_PROXY.${trust}`;
}

// fetched is what the asset's URL answers, proven: it is of a known size, so that memory holds it until then.
async function fetched(asset, env) {
  const stop = AbortSignal.timeout(limit);
  const chunks = [];
  let bytes = 0;
  for await (const chunk of await follow(new URL(asset.url), env, stop)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > asset.bytes) {
      throw new Failure(`the download of ${asset.name} has more than the ${asset.bytes} bytes that dist/release.json names. It was not run`);
    }
  }
  if (bytes < asset.bytes) {
    throw new Passing(`the download of ${asset.name} ended after ${bytes} of ${asset.bytes} bytes`);
  }
  const binary = Buffer.concat(chunks);
  const sha256 = crypto.createHash('sha256').update(binary).digest('hex');
  if (sha256 !== asset.sha256) {
    throw new Failure(`the download of ${asset.name} isn't the file of the release: its SHA-256 is ${sha256}, expected ${asset.sha256}. It was not run`);
  }
  return binary;
}

// follow asks for a URL and for where it leads, always by https.
async function follow(url, env, stop) {
  for (let n = 0; n <= mostRedirects; n++) {
    const response = await ask(url, env, stop);
    if (response.statusCode === 200) {
      return response;
    }
    response.resume();
    if (response.statusCode === 429 || response.statusCode >= 500) {
      throw new Passing(`${url.host} answered ${response.statusCode}`);
    }
    const to = response.headers.location;
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || !to || !URL.canParse(to, url)) {
      throw new Error(`${url.host} answered ${response.statusCode}`);
    }
    const next = new URL(to, url);
    if (next.protocol !== 'https:') {
      throw new Failure(`the download was sent on from ${url.host} to ${next.protocol}//${next.host}: expected https. It was not followed`);
    }
    url = next;
  }
  throw new Error(`${url.host} sends the download on more than ${mostRedirects} times`);
}

// ask sends a GET and resolves to the answer's head.
async function ask(url, env, stop) {
  const options = { headers: { 'user-agent': 'curfew-action' }, signal: stop };
  const proxy = proxyFor(url, env);
  if (proxy) {
    const socket = await tunnel(url, proxy, stop);
    options.createConnection = () => tls.connect({ socket, servername: bare(url.hostname), ALPNProtocols: ['http/1.1'] });
  } else {
    options.agent = false;
  }
  return new Promise((resolve, reject) => {
    const request = https.get(url, options, resolve);
    request.setTimeout(idle, () => request.destroy(new Passing(`${url.host} sent nothing for ${idle / 1000} s`)));
    request.on('error', reject);
  });
}

// tunnel has the proxy open a connection to the URL's host (RFC 9110, section 9.3.6). What the proxy is told is the host alone.
function tunnel(url, proxy, stop) {
  const secure = proxy.protocol === 'https:';
  const to = `${url.hostname}:${url.port || 443}`;
  const headers = { host: to };
  if (proxy.username || proxy.password) {
    const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
  }
  return new Promise((resolve, reject) => {
    const refused = (status) => Object.assign(new Error(`the proxy ${proxy.host} answered ${status}`));
    const request = (secure ? https : http).request({
      host: bare(proxy.hostname), port: proxy.port || (secure ? 443 : 80), method: 'CONNECT', path: to, headers, agent: false, signal: stop,
    });
    request.setTimeout(idle, () => request.destroy(new Passing(`the proxy ${proxy.host} sent nothing for ${idle / 1000} s`)));
    request.on('connect', (response, socket, head) => {
      if (response.statusCode !== 200 || head.length > 0) {
        socket.destroy();
        reject(refused(response.statusCode));
        return;
      }
      socket.setTimeout(0);
      resolve(socket);
    });
    request.on('response', (response) => { response.resume(); reject(refused(response.statusCode)); });
    request.on('error', (err) => reject(Object.assign(new Passing(`the proxy ${proxy.host}: ${err.message || err.code}`), { code: err.code })));
    request.end();
  });
}

// proxyFor is the proxy for a URL by https_proxy and no_proxy, in small letters or capitals, as curl reads them; null for none.
function proxyFor(url, env) {
  const text = env.https_proxy || env.HTTPS_PROXY;
  if (!text || isDirect(url, env.no_proxy || env.NO_PROXY || '')) {
    return null;
  }
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full) || !['http:', 'https:'].includes(new URL(full).protocol)) {
    throw new Failure('HTTPS_PROXY names no proxy that can be used: expected http://HOST:PORT or https://HOST:PORT');
  }
  return new URL(full);
}

// isDirect reports whether a list of hosts names the URL's: "*", a host, a domain for all below it, each perhaps with a port.
function isDirect(url, list) {
  const host = bare(url.hostname).toLowerCase();
  return list.split(/[\s,]+/).filter(Boolean).some((entry) => {
    const [, name, port] = /^(\[.*\]|[^:]*|.*:.*:.*)(?::([0-9]+))?$/.exec(entry.toLowerCase()) ?? [];
    if (!name) {
      return false;
    }
    const domain = bare(name).replace(/^\*?\./, '');
    return entry === '*' || (!port || port === (url.port || '443')) && (host === domain || host.endsWith(`.${domain}`));
  });
}

// bare is a host without the brackets of an IPv6 address.
const bare = (host) => host.replace(/^\[(.*)\]$/, '$1');

module.exports = { download, isDirect, proxyFor };
