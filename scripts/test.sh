#!/usr/bin/env bash
# Runs every check and test even when one fails, then says which did. `scripts/test.sh check` runs the checks only.
set -u -o pipefail
cd "$(dirname "$0")/.."
mkdir -p tests/output
failed=()
summary=()

step() {
  local name=$1 started=$SECONDS log="tests/output/${1// /-}.log"
  shift
  printf '\n== %s\n' "$name"
  if "$@" 2>&1 | tee "$log"; then
    summary+=("ok      $name ($((SECONDS - started)) s)")
  else
    summary+=("FAILED  $name ($((SECONDS - started)) s), see $log")
    # The names of the tests that failed, as pytest and vitest print them.
    while IFS= read -r line; do summary+=("          ${line:0:150}"); done < <(grep -aE '^ ?(FAILED|ERROR|FAIL) ' "$log" | head -20)
    failed+=("$name")
  fi
}

in_pwa() { (cd pwa && "$@"); }

step "ruff" .venv/bin/ruff check --quiet
step "format" .venv/bin/ruff format --check --quiet
# One long thread: beside it there is room for what follows.
pwa/node_modules/.bin/pyright --project . >tests/output/pyright.out 2>&1 &
pyright=$!
told_by_pyright() { cat tests/output/pyright.out && return "$pyright"; }

step "TypeScript" in_pwa npm run --silent check
[ "${1:-all}" != all ] || step "PWA tests" in_pwa npm test --silent
wait "$pyright"
pyright=$?
step "pyright" told_by_pyright
if [ "${1:-all}" = all ]; then
  step "contract" .venv/bin/pytest -q -n auto --dist loadfile tests/contract tests/architecture
  step "Python tests" .venv/bin/pytest -q -n auto --dist loadfile --no-loadscope-reorder tests --ignore=tests/contract --ignore=tests/architecture --ignore=tests/e2e --ignore=tests/bench
  step "end to end" .venv/bin/pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/e2e
fi

printf '\n== summary\n'
printf '%s\n' "${summary[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf '\n%s\n' "FAILED: ${failed[*]}"
  exit 1
fi
printf '\n%s\n' "Everything passed."
