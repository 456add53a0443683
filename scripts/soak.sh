#!/usr/bin/env bash
# The same tests in their long form: more random cases, more kills. FLORIN_SOAK_ROUNDS and
# PROPTEST_CASES say how long; the tests read them.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

export FLORIN_SOAK_ROUNDS=${FLORIN_SOAK_ROUNDS:-200}
export PROPTEST_CASES=${PROPTEST_CASES:-5000}

step "Set-up" scripts/setup.sh test
scripts/web.sh build
step "Soak: $FLORIN_SOAK_ROUNDS rounds, $PROPTEST_CASES random cases a property" \
  scripts/postgres.sh with cargo test "${locked[@]}" --release "${@:---workspace}"
step "Planted faults: would the tests notice?" cargo xtask plant
