#!/usr/bin/env bash
# Runs every fuzz target of the project for the given time each. Targets are found, never listed here.
set -euo pipefail
time=${1:?usage: fuzz.sh TIME, such as 30s}
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Minimizing an input may take a slow target's whole time: a few tries are enough.
fuzz() {
  go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 20x "$1" 2>&1 | tee "$log"
}

count=0
while IFS=: read -r file target; do
  package=./$(dirname "$file")
  printf '== %s %s\n' "$package" "$target"
  if ! fuzz "$package" "$target"; then
    # Go's fuzzer reports its own time limit as a failure when that comes in the middle of an input; a
    # failing input is written down, and said to be.
    if grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; then
      echo "fuzz: $target ran into the time limit with no failing input: once more"
      fuzz "$package" "$target"
    else
      exit 1
    fi
  fi
  count=$((count + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal rules | sed 's/:func /:/' | sort)

if [ "$count" -eq 0 ]; then
  echo 'fuzz: no target found: look at the pattern above' >&2
  exit 1
fi
printf '%d fuzz targets, %s each\n' "$count" "$time"
