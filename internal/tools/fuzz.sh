#!/usr/bin/env bash
# Runs every fuzz target of the project for the given time each. Targets are found, never listed here.
set -euo pipefail
time=${1:?usage: fuzz.sh TIME, such as 30s}
cd "$(dirname "$0")/../.."

count=0
while IFS=: read -r file target; do
  package=./$(dirname "$file")
  printf '== %s %s\n' "$package" "$target"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package"
  count=$((count + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal rules | sed 's/:func /:/' | sort)

if [ "$count" -eq 0 ]; then
  echo 'fuzz: no target found: look at the pattern above' >&2
  exit 1
fi
printf '%d fuzz targets, %s each\n' "$count" "$time"
