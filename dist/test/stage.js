// What the tests of the action's entry share: a copy of the action with a table of its own, a runner's folders, and a
// stand-in for the binary, which is a shell script.
'use strict';

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const key = `${process.platform}-${process.arch}`;
const version = '1.2.3';

// stage makes a copy of the action and a runner's folders. script is the stand-in's; it lies in the tool cache unless cached
// is false, and url is where the table says that it can be had.
function stage(t, { script = '', cached = true, url = 'https://localhost:1/curfew', change = () => {} } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'curfew shim-')); // with a blank, as on some machines
  t.after(() => fs.rmSync(dir, { recursive: true, force: true }));
  for (const name of ['action', 'temp', 'tools']) {
    fs.mkdirSync(path.join(dir, name));
  }
  const dist = path.dirname(__dirname);
  for (const name of fs.readdirSync(dist).filter((name) => name.endsWith('.js'))) {
    fs.copyFileSync(path.join(dist, name), path.join(dir, 'action', name));
  }
  const binary = Buffer.from(`#!/bin/sh\n${script}\n`);
  const table = {
    schema: 1, version, commit: '0'.repeat(40),
    assets: { [key]: { name: 'curfew_1.2.3_test', url, sha256: digest(binary), bytes: binary.length } },
  };
  change(table);
  fs.writeFileSync(path.join(dir, 'action', 'release.json'), JSON.stringify(table));
  const folder = path.join(dir, 'tools', 'curfew', version, process.arch);
  if (cached) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'curfew'), binary);
    fs.writeFileSync(`${folder}.complete`, '');
  }
  return {
    dir, binary, cached: path.join(folder, 'curfew'), complete: `${folder}.complete`,
    kept: path.join(dir, 'temp', 'curfew-download', 'curfew_1.2.3_test'),
    env: { PATH: '/usr/bin:/bin', RUNNER_TEMP: path.join(dir, 'temp'), RUNNER_TOOL_CACHE: path.join(dir, 'tools') },
  };
}

const digest = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

// runShim resolves to what the action's main.js, or another file, printed and how it ended; heard is called with the child and
// what it has printed so far. Past the limit it and all that it started are killed.
function runShim(s, { file = 'main.js', env = {}, heard = () => {}, limit = 60_000 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(s.dir, 'action', file)], {
      env: { ...s.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
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

module.exports = { digest, key, runShim, stage, version };
