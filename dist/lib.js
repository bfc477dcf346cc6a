// What main.js and post.js share: find the binary that dist/release.json names for this machine, prove that it is the
// one, run it as this step. No dependencies, on Node 20 and 24; anything that goes wrong fails the step, and no variable
// of the environment says which binary it is, what its digest is or where it comes from.
'use strict';

const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { download } = require('./download.js');
const { Failure } = require('./failure.js');

const mostBytes = 1 << 29; // that a table may give a binary: it is hashed in one piece

// world is what a step is run in; tests hand in another.
const world = () => ({
  env: process.env,
  platform: process.platform,
  arch: process.arch,
  table: path.join(__dirname, 'release.json'),
  say: (line) => process.stdout.write(line + os.EOL),
});

// readTable reads the table of the release. It lies in the action's own repository, so that the commit by which the
// action is used says which bytes are run.
function readTable(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (err) {
    if (err.code === 'ENOENT') {
      throw new Failure('this version of the action has no binary: dist/release.json is missing, as it is until the first release '
        + "and in commits between releases. Use the action by a release's tag or commit, or build curfew in the job: go build ./cmd/curfew");
    }
    throw new Failure(`could not read dist/release.json: ${err.message}`);
  }
  let table;
  try {
    table = JSON.parse(text);
  } catch {
    throw unfit('it is no JSON');
  }
  if (table?.schema !== 1) {
    throw unfit('its schema isn\'t 1');
  }
  if (!fits(/^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/, table.version)) {
    throw unfit('its version isn\'t one such as 1.2.3');
  }
  if (!fits(/^[0-9a-f]{40}$/, table.commit)) {
    throw unfit('its commit isn\'t 40 hexadecimal digits');
  }
  if (typeof table.assets !== 'object' || table.assets === null || Object.keys(table.assets).length === 0) {
    throw unfit('it has no assets');
  }
  return table;
}

const fits = (form, text) => typeof text === 'string' && form.test(text);

const unfit = (why) => new Failure(`dist/release.json can't be used: ${why}. Use the action by a release's tag or commit`);

// assetOf is what the table has for a machine.
function assetOf(table, platform, arch) {
  const key = `${platform}-${arch}`;
  if (!Object.hasOwn(table.assets, key)) {
    throw new Failure(`curfew ${table.version} isn't built for ${key}: it runs on ${Object.keys(table.assets).sort().join(', ')}`);
  }
  const asset = table.assets[key];
  if (!fits(/^[0-9A-Za-z][\w.-]*$/, asset?.name)) {
    throw unfit(`the name of ${key} isn't a file's`);
  }
  if (!fits(/^[0-9a-f]{64}$/, asset.sha256)) {
    throw unfit(`the sha256 of ${key} isn't 64 hexadecimal digits`);
  }
  if (!Number.isSafeInteger(asset.bytes) || asset.bytes <= 0 || asset.bytes > mostBytes) {
    throw unfit(`the bytes of ${key} aren't a size`);
  }
  if (!URL.canParse(asset.url) || new URL(asset.url).protocol !== 'https:') {
    throw unfit(`the url of ${key} isn't an https one`);
  }
  return asset;
}

// placesOf says where the binary may lie on a machine: in the tool cache, laid out as @actions/tool-cache does, and where
// an earlier step of this job has downloaded it to.
function placesOf(env, table, asset, platform, arch) {
  const at = platform === 'win32' ? path.win32 : path.posix;
  const program = platform === 'win32' ? 'curfew.exe' : 'curfew';
  const places = { program, kept: at.join(env.RUNNER_TEMP, 'curfew-download', asset.name) };
  if (env.RUNNER_TOOL_CACHE) {
    const folder = at.join(env.RUNNER_TOOL_CACHE, 'curfew', table.version, arch);
    Object.assign(places, { cached: at.join(folder, program), complete: `${folder}.complete` });
  }
  return places;
}

// proveCopy copies a binary into a folder of this step's own and compares the copy with the table: what is run is what was
// compared, whatever becomes of the file that it was copied from. It returns why it isn't the one, "" where it is.
function proveCopy(from, copy, asset) {
  const info = fs.statSync(from);
  if (!info.isFile()) {
    return 'it is no file';
  }
  if (info.size !== asset.bytes) {
    return `it has ${info.size} bytes, expected ${asset.bytes}`;
  }
  fs.copyFileSync(from, copy, fs.constants.COPYFILE_EXCL);
  fs.chmodSync(copy, 0o700);
  const sha256 = crypto.createHash('sha256').update(fs.readFileSync(copy)).digest('hex');
  return sha256 === asset.sha256 ? '' : `its SHA-256 is ${sha256}, expected ${asset.sha256}`;
}

// obtain puts the proven binary at copy.
async function obtain(w, table, asset, copy) {
  const places = placesOf(w.env, table, asset, w.platform, w.arch);
  if (places.cached && fs.existsSync(places.complete) && fs.existsSync(places.cached)) {
    const why = proveCopy(places.cached, copy, asset);
    if (why) {
      throw new Failure(`${places.cached} isn't curfew ${table.version}: ${why}. It was not run: remove it from the tool cache, and find out who put it there`);
    }
    return;
  }
  if (fs.existsSync(places.kept)) { // else post.js would need the network once more
    const why = proveCopy(places.kept, copy, asset);
    if (!why) {
      return;
    }
    w.say(`::warning title=curfew::${escape(`${places.kept} was changed since it was downloaded: ${why}. It was not run, and is downloaded anew`)}`);
    fs.rmSync(copy, { force: true });
    fs.rmSync(places.kept, { force: true, recursive: true });
  }
  await download(asset, places, table.version, w.env);
  const why = proveCopy(places.kept, copy, asset);
  if (why) {
    throw new Failure(`${places.kept} was changed since it was downloaded: ${why}. It was not run: another step or process of this runner writes there`);
  }
}

// run starts the binary and resolves to its exit status. It writes to one stream, and what it writes is handed on in order: the
// runner reads commands there. It is a pipe, as a credential's mask is told to no terminal.
function run(binary, verb, env) {
  return new Promise((resolve, reject) => {
    let child;
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward); // before curfew starts: a cancellation must not leave it alone
    process.on('SIGTERM', forward);
    child = spawn(binary, [verb], { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    child.stdout.pipe(process.stdout, { end: false });
    child.stderr.pipe(process.stdout, { end: false });
    child.on('error', (err) => {
      const hint = err.code === 'EACCES' ? ': is RUNNER_TEMP on a file system that is mounted noexec?' : '';
      reject(new Failure(`could not start curfew: ${err.message}${hint}`));
    });
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

// launch finds, proves and runs curfew, and resolves to its exit status.
async function launch(verb, w) {
  if (!w.env.RUNNER_TEMP) {
    throw new Failure('RUNNER_TEMP is not set: this runs as a step of GitHub Actions only');
  }
  const table = readTable(w.table);
  const asset = assetOf(table, w.platform, w.arch);
  const folder = fs.mkdtempSync(path.join(w.env.RUNNER_TEMP, 'curfew-run-')); // of mode 0700
  try {
    const binary = path.join(folder, w.platform === 'win32' ? 'curfew.exe' : 'curfew');
    await obtain(w, table, asset, binary);
    return await run(binary, verb, w.env);
  } finally {
    tidy(folder);
  }
}

// tidy removes a folder. One that stays, as Windows keeps what somebody looks at, fails nothing: the runner empties RUNNER_TEMP.
function tidy(folder) {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // see above
  }
}

// step runs a verb as this step, whose outcome is its exit status.
async function step(verb, w = world()) {
  try {
    process.exitCode = await launch(verb, w);
  } catch (err) {
    w.say(`::error title=curfew::${escape(err instanceof Failure ? err.message : String(err.stack))}`);
    process.exitCode = 1;
  }
}

// isIdle reports whether no step of this job has left anything to end or to keep. What this use has leased the runner knows as well:
// a step could have removed the folder.
const isIdle = (env) => Boolean(env.RUNNER_TEMP) && !env.STATE_lease && !fs.existsSync(path.join(env.RUNNER_TEMP, 'curfew'));

// escape makes a message one workflow command.
const escape = (text) => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');

module.exports = { assetOf, isIdle, placesOf, proveCopy, readTable, step };
