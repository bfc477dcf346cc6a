// Measures what the action adds to the bare binary: `node dist/test/bench.js BINARY REPOSITORY`. Whole processes, in alternating
// order, medians of 20 with the middle half in brackets. The binary lies in the tool cache, as it does when it has been put there.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { digest, key, version } = require('./stage.js');

const rounds = 20;

const [binary, repository] = process.argv.slice(2).map((name) => path.resolve(name));
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'curfew-bench-'));
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }));

// stage copies the action, with a table that names the binary, and puts that into a tool cache.
function stage() {
  const dist = path.dirname(__dirname);
  fs.mkdirSync(path.join(dir, 'action'));
  for (const name of fs.readdirSync(dist).filter((name) => name.endsWith('.js'))) {
    fs.copyFileSync(path.join(dist, name), path.join(dir, 'action', name));
  }
  const program = fs.readFileSync(binary);
  fs.writeFileSync(path.join(dir, 'action', 'release.json'), JSON.stringify({
    schema: 1, version, commit: '0'.repeat(40),
    assets: { [key]: { name: 'curfew', url: 'https://localhost/curfew', sha256: digest(program), bytes: program.length } },
  }));
  const folder = path.join(dir, 'tools', 'curfew', version, process.arch);
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(binary, path.join(folder, process.platform === 'win32' ? 'curfew.exe' : 'curfew'));
  fs.writeFileSync(`${folder}.complete`, '');
  for (const name of ['temp', 'ended/curfew/leases', 'ended/curfew/ledger']) {
    fs.mkdirSync(path.join(dir, name), { recursive: true, mode: 0o700 });
  }
}

function env(temp) {
  const files = { GITHUB_OUTPUT: 'output', GITHUB_STEP_SUMMARY: 'summary' };
  for (const name of Object.keys(files)) {
    files[name] = path.join(dir, files[name]);
    fs.writeFileSync(files[name], '');
  }
  return { PATH: process.env.PATH, HOME: dir, RUNNER_TEMP: path.join(dir, temp), RUNNER_TOOL_CACHE: path.join(dir, 'tools'), GITHUB_ACTIONS: 'true', ...files };
}

// time runs a program to its end and returns the milliseconds that it took.
function time(want, program, args, variables = {}, temp = 'temp') {
  const from = process.hrtime.bigint();
  const got = spawnSync(program, args, { cwd: repository, env: { ...env(temp), ...variables }, encoding: 'utf8' });
  const took = Number(process.hrtime.bigint() - from) / 1e6;
  if (got.status !== want) {
    throw new Error(`${program} ${args.join(' ')}: exit status ${got.status}, expected ${want}\n${got.stdout}${got.stderr}`);
  }
  return took;
}

const script = (name) => path.join(dir, 'action', name);
const kinds = {
  'curfew scan, the bare binary': () => time(0, binary, ['scan', '--fail-on=never']),
  'scan by the action': () => time(0, process.execPath, [script('main.js')], { 'INPUT_FAIL-ON': 'never' }),
  'post, where no step has leased': () => time(0, process.execPath, [script('post.js')]),
  'post, where all has ended before': () => time(0, process.execPath, [script('post.js')], {}, 'ended'),
};

const at = (sorted, part) => sorted[Math.floor((sorted.length - 1) * part)].toFixed(0);

function show(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  process.stdout.write(`${name}: ${at(sorted, 0.5)} ms (${at(sorted, 0.25)}–${at(sorted, 0.75)})\n`);
}

stage();
const times = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
for (let n = 0; n <= rounds; n++) {
  for (const [name, run] of Object.entries(kinds)) {
    const took = run();
    if (n > 0) { // the first warms the caches of files
      times[name].push(took);
    }
  }
}
process.stdout.write(`Node ${process.version}, a binary of ${(fs.statSync(binary).size / 1e6).toFixed(1)} MB, ${rounds} rounds\n`);
for (const [name, all] of Object.entries(times)) {
  show(name, all);
}
const [bare, whole] = Object.values(times);
show('the action over the bare binary', whole.map((took, n) => took - bare[n]));
