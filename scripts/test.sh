#!/usr/bin/env bash
# Everything that must hold on each change, the quickest to fail first. Arguments go to `cargo test`.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

step "Set-up" scripts/setup.sh test
scripts/lint.sh
scripts/web.sh check
step "Compile the tests" cargo test "${locked[@]}" --no-run "${@:---workspace}"
step "Tests, on SQLite and PostgreSQL" \
  scripts/postgres.sh with cargo test "${locked[@]}" "${@:---workspace}"
scripts/web.sh journey
say "All that must hold, holds ($SECONDS s)"
