// The action's entry: builds curfew from the action's own source, as there is no release to fetch yet,
// and runs it as this step. No dependencies; anything that goes wrong fails the step.
'use strict';

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const source = path.resolve(__dirname, '..');

class Failure extends Error {}

// Variables that could send the build elsewhere: other flags, another workspace, another module.
const buildEnv = (env) => ({ ...env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' });

// build compiles curfew into a fresh folder, so that nothing an earlier job left behind is ever run;
// Go's own build cache makes the second time quick.
function build(env) {
  if (!env.RUNNER_TEMP) {
    throw new Failure('RUNNER_TEMP is not set: this runs as a step of GitHub Actions only');
  }
  const folder = fs.mkdtempSync(path.join(env.RUNNER_TEMP, 'curfew-build-'));
  const binary = path.join(folder, process.platform === 'win32' ? 'curfew.exe' : 'curfew');
  const ref = env.GITHUB_ACTION_REF || 'source';
  const version = /^[\w./-]+$/.test(ref) ? ref : 'source';
  const go = spawnSync('go', [
    'build', '-trimpath', '-buildvcs=false',
    '-ldflags', `-s -w -X github.com/curfew-ci/curfew/internal/cli.version=${version}`,
    '-o', binary, './cmd/curfew',
  ], { cwd: source, env: buildEnv(env), stdio: ['ignore', 2, 2] });
  if (go.error?.code === 'ENOENT') {
    throw new Failure('Go is missing on this runner, and curfew is built from source: '
      + 'add a step "uses: actions/setup-go" with "go-version: \'1.26\'" before this one');
  }
  if (go.error) {
    throw new Failure(`could not start go: ${go.error.message}`);
  }
  if (go.status !== 0) {
    throw new Failure(`go could not build curfew (${ending(go.status, go.signal)}), see above: `
      + 'it needs Go 1.26 (actions/setup-go) and the module proxy');
  }
  return binary;
}

// run starts curfew and resolves to its exit status. Both its streams go to one, so that what it prints
// between two workflow commands stays between them.
function run(binary, env) {
  return new Promise((resolve, reject) => {
    let child;
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward); // before curfew starts: a cancellation must not leave it alone
    process.on('SIGTERM', forward);
    child = spawn(binary, ['action'], { env, stdio: ['ignore', 1, 1] });
    child.on('error', (err) => reject(new Failure(`could not start curfew: ${err.message}`)));
    child.on('close', (status, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      if (status === null) {
        reject(new Failure(`curfew was ended by ${signal}`));
        return;
      }
      resolve(status);
    });
  });
}

const ending = (status, signal) => (signal ? `ended by ${signal}` : `exit status ${status}`);

// escape makes a message one workflow command.
const escape = (text) => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');

async function main() {
  try {
    process.exitCode = await run(build(process.env), process.env);
  } catch (err) {
    process.stdout.write(`::error title=curfew::${escape(err instanceof Failure ? err.message : String(err.stack))}${os.EOL}`);
    process.exitCode = 1;
  }
}

main();
