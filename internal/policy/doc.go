// Package policy asks Rego whether a lease may be: the built-in policy, an organisation's and a
// repository's, each evaluated by itself over the same JSON facts, and all must say so. What isn't
// exactly true denies: undefined, an error, another value, a policy that takes too long.
//
// It is the sole importer of OPA, and takes of it the compiler and the evaluator alone. A policy reaches
// nothing: no network, file, environment, randomness or clock but the time that it is handed.
package policy
