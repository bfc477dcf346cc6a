// What fails a step with words of its own, rather than with a stack.
'use strict';

class Failure extends Error {}

module.exports = { Failure };
