// Tests of main.js: `node --test dist/main.test.js`. All but the last run it with a stand-in for go, a shell script
// that "builds" another; the last builds and runs the real thing.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');

const shim = path.join(__dirname, 'main.js');

// stage makes a runner's folders; go and curfew are the stand-ins' shell code, go null for a machine
// without it.
function stage(t, { go = '', curfew = '' }) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'shim-'));
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  for (const name of ['bin', 'temp']) {
    fs.mkdirSync(path.join(dir, name));
  }
  fs.writeFileSync(path.join(dir, 'curfew'), `#!/bin/sh\n${curfew}\n`, { mode: 0o755 });
  if (go !== null) {
    const build = `while [ "$1" != -o ]; do shift; done; cp ${dir}/curfew "$2"`;
    fs.writeFileSync(path.join(dir, 'bin', 'go'), `#!/bin/sh\n${go}\n${build}\n`, { mode: 0o755 });
  }
  return { PATH: `${dir}/bin:/nowhere`, RUNNER_TEMP: path.join(dir, 'temp'), dir };
}

// The stand-ins need cp; they get it by an absolute path in PATH's second place.
const withTools = (env) => ({ ...env, PATH: env.PATH.replace('/nowhere', '/usr/bin:/bin') });

// runShim resolves to what main.js printed and how it ended; heard is called with the child and what it
// has printed so far. Past the limit it and all that it started are killed.
function runShim(env, heard = () => {}, limit = 60_000) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [shim], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limit);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => { stdout += data; heard(child, stdout); });
    child.stderr.on('data', (data) => { stderr += data; });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout, stderr });
    });
  });
}

test('runs "curfew action" with the inputs and returns its exit status', async (t) => {
  const env = stage(t, { curfew: 'echo "$@"; env | grep "^INPUT_"; echo problem >&2; exit 3' });
  const got = await runShim({ ...withTools(env), 'INPUT_PATH': 'services' });
  assert.equal(got.status, 3);
  assert.equal(got.stdout, 'action\nINPUT_PATH=services\nproblem\n', 'both streams, in order');
  assert.equal(got.stderr, '');
});

test('passes an input whose name has a hyphen', async (t) => {
  const env = stage(t, { curfew: 'tr "\\0" "\\n" < /proc/$$/environ | grep "^INPUT_FAIL"' });
  const got = await runShim({ ...withTools(env), 'INPUT_FAIL-ON': 'low' });
  assert.equal(got.stdout, 'INPUT_FAIL-ON=low\n');
}, { skip: process.platform !== 'linux' && 'reads /proc' });

test('fails and says what to add where Go is missing', async (t) => {
  const got = await runShim(stage(t, { go: null }));
  assert.equal(got.status, 1);
  assert.match(got.stdout, /^::error title=curfew::Go is missing .* actions\/setup-go/);
});

test('fails where the build fails, with what Go said', async (t) => {
  const got = await runShim(withTools(stage(t, { go: 'echo "no required module" >&2; exit 1' })));
  assert.equal(got.status, 1);
  assert.match(got.stderr, /no required module/);
  assert.match(got.stdout, /^::error title=curfew::go could not build curfew \(exit status 1\)/);
});

test('fails outside of GitHub Actions', async (t) => {
  const { PATH } = withTools(stage(t, {}));
  const got = await runShim({ PATH });
  assert.equal(got.status, 1);
  assert.match(got.stdout, /RUNNER_TEMP is not set/);
});

test('fails where curfew is killed', async (t) => {
  const got = await runShim(withTools(stage(t, { curfew: 'kill -9 $$' })));
  assert.equal(got.status, 1);
  assert.match(got.stdout, /curfew was ended by SIGKILL/);
});

test('fails where what was built does not start', async (t) => {
  const env = stage(t, {});
  fs.writeFileSync(path.join(env.dir, 'curfew'), '#!/no/such/interpreter\n', { mode: 0o755 });
  const got = await runShim(withTools(env));
  assert.equal(got.status, 1);
  assert.match(got.stdout, /could not start curfew/);
});

test('hands a cancellation on to curfew and waits for it', async (t) => {
  const env = stage(t, { curfew: 'trap "echo tidied; exit 7" INT; echo ready; while :; do sleep 0.05; done' });
  const got = await runShim(withTools(env), (child, printed) => {
    if (printed === 'ready\n') {
      child.kill('SIGINT'); // to main.js alone, as the runner sends it
    }
  });
  assert.equal(got.stdout, 'ready\ntidied\n');
  assert.equal(got.status, 7);
});

test('builds in its own folder, whatever the job set for other builds', async (t) => {
  const env = stage(t, { go: 'pwd; echo "flags=$GOFLAGS work=$GOWORK cgo=$CGO_ENABLED"; for a; do echo "arg=$a"; done' });
  const got = await runShim({
    ...withTools(env), GOFLAGS: '-toolexec=evil', GOWORK: '/elsewhere', CGO_ENABLED: '1', GITHUB_ACTION_REF: 'v1 -extld=evil',
  });
  assert.equal(got.status, 0);
  assert.match(got.stderr, new RegExp(`^${fs.realpathSync(path.dirname(__dirname))}\nflags= work=off cgo=0\n`));
  assert.doesNotMatch(got.stderr, /evil/);
  assert.match(got.stderr, /cli\.version=source\n/);
});

test('leaves nothing that a later job would run', async (t) => {
  const env = withTools(stage(t, { curfew: 'echo "$0"' }));
  const [first, second] = [await runShim(env), await runShim(env)];
  assert.notEqual(first.stdout, second.stdout);
});

test('builds this source and scans', async (t) => {
  const env = stage(t, { go: null });
  const outputs = path.join(env.dir, 'outputs');
  const got = await runShim({
    ...process.env,
    RUNNER_TEMP: env.RUNNER_TEMP,
    GITHUB_OUTPUT: outputs,
    GITHUB_STEP_SUMMARY: path.join(env.dir, 'summary'),
    GITHUB_EVENT_NAME: 'push',
    INPUT_PATH: path.join(path.dirname(__dirname), 'testdata', 'shop'),
  }, () => {}, 600_000);
  assert.equal(got.status, 1, got.stdout + got.stderr);
  assert.match(got.stdout, /^::stop-commands::curfew-[0-9a-f]{32}\n/);
  assert.match(got.stdout, /\n::error .*file=/);
  assert.match(fs.readFileSync(outputs, 'utf8'), /^findings<<(\S+)\n[1-9][0-9]*\n\1\n/m);
  assert.match(fs.readFileSync(outputs, 'utf8'), /^sarif-file<</m);
  assert.ok(fs.statSync(path.join(env.dir, 'summary')).size > 0);
});
