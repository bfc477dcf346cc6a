#!/usr/bin/env bash
# Runs every fuzz target of the project for the given time each. Targets are found, never listed here.
# Exit: 0 nothing found · 1 a target failed on an input, which is printed · 2 a target could not run
set -euo pipefail
time=${1:?usage: fuzz.sh TIME, such as 30s}
cd "$(dirname "$0")/../.."
trap 'exit 2' ERR # what fails here without a word is no failing input
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Minimizing an input may take a slow target's whole time: a few tries are enough.
fuzz() {
  go test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 20x "$1" 2>&1 | tee "$log"
}

limited() { grep -q 'context deadline exceeded' "$log" && ! grep -q 'Failing input written' "$log"; }

count=0 found=0
while IFS=: read -r file target; do
  package=./$(dirname "$file")
  count=$((count + 1))
  printf '== %s %s\n' "$package" "$target"
  fuzz "$package" "$target" && continue
  # Go's fuzzer reports its own time limit as a failure when that comes in the middle of an input, which a slow
  # machine makes likely; a failing input is written down, and said to be.
  if limited; then
    echo "fuzz: $target ran into the time limit with no failing input: once more"
    fuzz "$package" "$target" && continue
    if limited; then
      echo "fuzz: $target ran into the time limit again: nothing was found by then"
      continue
    fi
  fi
  input=$(sed -n 's/^ *Failing input written to //p' "$log" | head -n 1)
  if [ -z "$input" ]; then
    echo "fuzz: $target could not run" >&2
    exit 2
  fi
  echo "fuzz: $target fails on $package/$input:"
  cat "$package/$input"
  found=$((found + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal rules | sed 's/:func /:/' | sort)

if [ "$count" -eq 0 ]; then
  echo 'fuzz: no target found: look at the pattern above' >&2
  exit 2
fi
printf '%d fuzz targets, %s each: %d failed on an input\n' "$count" "$time" "$found"
[ "$found" -eq 0 ] || exit 1
