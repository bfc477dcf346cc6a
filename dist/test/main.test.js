// Tests of main.js and post.js: `node --test dist/test/*.test.js`. They run them with a stand-in for the binary.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

const lib = require('../lib.js');
const { digest, key, runShim, stage, version } = require('./stage.js');

// failsBy expects one error, the stand-in not run, and nothing left of it.
function failsBy(s, got, message) {
  assert.equal(got.status, 1, got.stdout + got.stderr);
  assert.match(got.stdout, message);
  assert.match(got.stdout, /^::error title=curfew::[^\n]*\n$/, 'one error and nothing else');
  assert.doesNotMatch(got.stdout, /RAN/);
  assert.equal(got.stderr, '');
  assert.deepEqual(fs.readdirSync(s.env.RUNNER_TEMP).filter((name) => name.startsWith('curfew-run-')), []);
}

test('runs "curfew action" with the inputs and returns its exit status', async (t) => {
  const s = stage(t, { script: 'echo "$@"; env | grep "^INPUT_"; echo problem; exit 3' });
  const got = await runShim(s, { env: { INPUT_PATH: 'services' } });
  assert.equal(got.status, 3);
  assert.equal(got.stdout, 'action\nINPUT_PATH=services\nproblem\n');
  assert.equal(got.stderr, '');
});

test('shows what curfew says on stderr', async (t) => {
  const got = await runShim(stage(t, { script: 'echo "panic: lost" >&2; exit 2' }));
  assert.deepEqual([got.status, got.stdout], [2, 'panic: lost\n']);
});

test('passes an input whose name has a hyphen', { skip: process.platform !== 'linux' && 'reads /proc' }, async (t) => {
  const s = stage(t, { script: 'tr "\\0" "\\n" < /proc/$$/environ | grep "^INPUT_FAIL"' });
  const got = await runShim(s, { env: { 'INPUT_FAIL-ON': 'low' } });
  assert.equal(got.stdout, 'INPUT_FAIL-ON=low\n');
});

test('runs a copy in a folder of its own, which is gone afterwards', async (t) => {
  const s = stage(t, { script: 'echo "$0"; ls -ld "${0%/*}" "$0" | cut -c1-10' });
  const [first, second] = [await runShim(s), await runShim(s)];
  const [file, ...modes] = first.stdout.trim().split('\n');
  assert.deepEqual(modes, ['drwx------', '-rwx------']);
  assert.ok(file.startsWith(s.env.RUNNER_TEMP), file);
  assert.notEqual(first.stdout, second.stdout);
  assert.deepEqual(fs.readdirSync(s.env.RUNNER_TEMP), []);
});

test('prints more than a pipe holds, to the end', async (t) => {
  const got = await runShim(stage(t, { script: 'i=0; while [ $i -lt 20000 ]; do echo "line $i of many"; i=$((i+1)); done; exit 1' }));
  assert.equal(got.status, 1);
  assert.ok(got.stdout.endsWith('line 19999 of many\n'));
});

test('fails outside of GitHub Actions', async (t) => {
  const s = stage(t);
  const got = await runShim({ ...s, env: { PATH: s.env.PATH } });
  assert.equal(got.status, 1);
  assert.match(got.stdout, /^::error title=curfew::RUNNER_TEMP is not set/);
});

test('fails where curfew is killed', async (t) => {
  const s = stage(t, { script: 'kill -9 $$' });
  failsBy(s, await runShim(s), /curfew was ended by SIGKILL/);
});

test('fails where the binary does not start', async (t) => {
  const s = stage(t);
  const broken = Buffer.from('#!/no/such/interpreter\n');
  fs.writeFileSync(s.cached, broken);
  const file = path.join(s.dir, 'action', 'release.json');
  const table = JSON.parse(fs.readFileSync(file));
  Object.assign(table.assets[key], { sha256: digest(broken), bytes: broken.length });
  fs.writeFileSync(file, JSON.stringify(table));
  failsBy(s, await runShim(s), /could not start curfew/);
});

test('hands a cancellation on to curfew and waits for it', async (t) => {
  const s = stage(t, { script: 'trap "echo tidied; exit 7" INT; echo ready; while :; do sleep 0.05; done' });
  const got = await runShim(s, {
    heard: (child, printed) => {
      if (printed === 'ready\n') {
        child.kill('SIGINT'); // to main.js alone, as the runner sends it
      }
    },
  });
  assert.equal(got.stdout, 'ready\ntidied\n');
  assert.equal(got.status, 7);
});

test('post runs "curfew action-post" where a step has left something, and nothing where none has', async (t) => {
  const s = stage(t, { script: 'echo RAN "$@"' });
  assert.deepEqual(await runShim(s, { file: 'post.js' }), { status: 0, signal: null, stdout: '', stderr: '' });
  assert.equal((await runShim(s, { file: 'post.js', env: { STATE_lease: '01A' } })).stdout, 'RAN action-post\n');
  fs.mkdirSync(path.join(s.env.RUNNER_TEMP, 'curfew'));
  assert.equal((await runShim(s, { file: 'post.js' })).stdout, 'RAN action-post\n');
});

test('post proves the binary as main does', async (t) => {
  const s = stage(t, { script: 'echo RAN' });
  fs.mkdirSync(path.join(s.env.RUNNER_TEMP, 'curfew'));
  fs.writeFileSync(s.cached, s.binary.toString().replace('RAN', 'BAD'));
  failsBy(s, await runShim(s, { file: 'post.js' }), /tools\/curfew\/1\.2\.3\/.*its SHA-256 is/);
});

test('fails where there is no release', async (t) => {
  const s = stage(t, { script: 'echo RAN' });
  fs.rmSync(path.join(s.dir, 'action', 'release.json'));
  failsBy(s, await runShim(s), /dist\/release\.json is missing, as it is until the first release/);
});

test('fails by a table that cannot be used', async (t) => {
  for (const [change, message] of [
    [(table) => { table.schema = 2; }, /schema/],
    [(table) => { table.version = '../../1.2.3'; }, /version/],
    [(table) => { delete table.version; }, /version/],
    [(table) => { table.commit = 'main'; }, /commit/],
    [(table) => { table.assets = {}; }, /no assets/],
    [(table) => { table.assets[key].name = '../curfew'; }, /name/],
    [(table) => { table.assets[key].sha256 = table.assets[key].sha256.slice(1); }, /sha256/],
    [(table) => { table.assets[key].sha256 = undefined; }, /sha256/],
    [(table) => { table.assets[key].bytes = -1; }, /bytes/],
    [(table) => { table.assets[key].bytes = '3'; }, /bytes/],
    [(table) => { table.assets[key].url = 'http://localhost/curfew'; }, /https/],
    [(table) => { table.assets[key].url = 'file:///bin/sh'; }, /https/],
    [(table) => { table.assets[key] = null; }, /name/],
    [(table) => { table.assets = { 'sunos-x64': table.assets[key] }; }, new RegExp(`isn't built for ${key}: it runs on sunos-x64`)],
  ]) {
    const s = stage(t, { script: 'echo RAN', change });
    failsBy(s, await runShim(s), message);
  }
  const s = stage(t, { script: 'echo RAN' });
  for (const text of ['', '[]', 'null', '{"schema":1', '"text"']) {
    fs.writeFileSync(path.join(s.dir, 'action', 'release.json'), text);
    failsBy(s, await runShim(s), /dist\/release\.json can't be used/);
  }
});

test('fails where the tool cache holds something else, and downloads nothing instead', async (t) => {
  for (const [change, message] of [
    [(s) => fs.writeFileSync(s.cached, s.binary.toString().replace('RAN', 'BAD')), /isn't curfew 1\.2\.3: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}\. It was not run/],
    [(s) => fs.appendFileSync(s.cached, '\n'), /it has [0-9]+ bytes, expected/],
    [(s) => fs.truncateSync(s.cached, 5), /it has 5 bytes/],
    [(s) => { fs.rmSync(s.cached); fs.mkdirSync(s.cached); }, /it is no file/],
  ]) {
    const s = stage(t, { script: 'echo RAN' });
    change(s);
    failsBy(s, await runShim(s), message);
  }
});

test('takes a folder of the tool cache that is not complete for absent', async (t) => {
  const s = stage(t, { script: 'echo RAN' });
  fs.rmSync(s.complete);
  failsBy(s, await runShim(s), /could not download curfew 1\.2\.3 from localhost:1/);
});

test('no variable says which binary is run', async (t) => {
  const s = stage(t, { script: 'echo RAN' });
  const evil = path.join(s.dir, 'evil');
  fs.writeFileSync(evil, '#!/bin/sh\necho EVIL\n', { mode: 0o755 });
  const env = {};
  for (const name of ['CURFEW', 'CURFEW_BINARY', 'CURFEW_PATH', 'CURFEW_SHA256', 'CURFEW_URL', 'CURFEW_VERSION', 'GITHUB_ACTION_PATH', 'GITHUB_ACTION_REF',
    'INPUT_BINARY', 'INPUT_VERSION', 'INPUT_URL', 'INPUT_SHA256', 'STATE_binary', 'STATE_path']) {
    env[name] = evil;
  }
  assert.equal((await runShim(s, { env })).stdout, 'RAN\n');
});

test('what is changed after the check is not what runs', (t) => {
  const s = stage(t, { script: 'echo RAN' });
  const copy = path.join(s.env.RUNNER_TEMP, 'copy');
  const asset = { sha256: digest(s.binary), bytes: s.binary.length };
  assert.equal(lib.proveCopy(s.cached, copy, asset), '');
  fs.writeFileSync(s.cached, 'tampered');
  assert.deepEqual(fs.readFileSync(copy), s.binary);
  assert.throws(() => lib.proveCopy(s.cached, copy, { ...asset, bytes: 8 }), { code: 'EEXIST' }, 'nothing that lies there already is taken');
});

test('finds the binary of each platform', () => {
  const asset = (name) => ({ name, url: `https://example.com/${name}`, sha256: '0'.repeat(64), bytes: 1 });
  const table = { version, assets: { 'win32-x64': asset('curfew_1.2.3_windows_amd64.exe'), 'darwin-arm64': asset('curfew_1.2.3_darwin_arm64') } };
  const win = lib.assetOf(table, 'win32', 'x64');
  assert.deepEqual(lib.placesOf({ RUNNER_TEMP: 'D:\\a\\_temp', RUNNER_TOOL_CACHE: 'C:\\hostedtoolcache\\windows' }, table, win, 'win32', 'x64'), {
    program: 'curfew.exe', kept: 'D:\\a\\_temp\\curfew-download\\curfew_1.2.3_windows_amd64.exe',
    cached: 'C:\\hostedtoolcache\\windows\\curfew\\1.2.3\\x64\\curfew.exe', complete: 'C:\\hostedtoolcache\\windows\\curfew\\1.2.3\\x64.complete',
  });
  const mac = lib.assetOf(table, 'darwin', 'arm64');
  assert.deepEqual(lib.placesOf({ RUNNER_TEMP: '/Users/runner/work/_temp', RUNNER_TOOL_CACHE: '/Users/runner/hostedtoolcache' }, table, mac, 'darwin', 'arm64'), {
    program: 'curfew', kept: '/Users/runner/work/_temp/curfew-download/curfew_1.2.3_darwin_arm64',
    cached: '/Users/runner/hostedtoolcache/curfew/1.2.3/arm64/curfew', complete: '/Users/runner/hostedtoolcache/curfew/1.2.3/arm64.complete',
  });
  assert.deepEqual(lib.placesOf({ RUNNER_TEMP: '/t' }, table, mac, 'darwin', 'arm64'), { program: 'curfew', kept: '/t/curfew-download/curfew_1.2.3_darwin_arm64' });
  for (const [platform, arch] of [['win32', 'ia32'], ['freebsd', 'x64'], ['__proto__', ''], ['constructor', '']]) {
    assert.throws(() => lib.assetOf(table, platform, arch), /isn't built for .*: it runs on darwin-arm64, win32-x64/);
  }
});
