// Runs after the job's steps, also after failed and cancelled ones: ends what was leased. Where nothing was, it needs no binary.
'use strict';

const { isIdle, step } = require('./lib.js');

if (!isIdle(process.env)) {
  step('action-post');
}
