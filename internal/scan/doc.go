// Package scan gathers facts, runs the checks, applies suppressions and returns one Result, whose
// every text is already masked.
package scan
