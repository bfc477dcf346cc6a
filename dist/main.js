// The action's entry.
'use strict';

require('./lib.js').step('action');
