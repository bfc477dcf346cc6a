#!/usr/bin/env bash
# Prints the numbers of docs/performance.md: medians of several runs, on the machine at hand.
set -euo pipefail
cache=${1:?usage: bench.sh CACHE}
cd "$(dirname "$0")/../.."

mkdir -p "$cache/bench"
echo '== start-up, 20 runs each'
go test -run '^$' -bench '^BenchmarkStartup' -benchtime 1x -count 20 ./cmd/curfew | tee "$cache/bench/startup.txt"
"$cache/bin/benchstat" "$cache/bench/startup.txt"

echo '== the corpus, ms a file, 6 runs'
go test -run '^$' -bench 'Corpus' -benchtime 1x -count 6 ./internal/... | tee "$cache/bench/corpus.txt"
"$cache/bin/benchstat" -filter '.unit:ms/file' "$cache/bench/corpus.txt"
