#!/usr/bin/env bash
# The same tests in their long form: more random cases, more kills, more simulations.
# FLORIN_SOAK_ROUNDS, PROPTEST_CASES and FLORIN_SEEDS say how long; the tests read them.
# FLORIN_SOAK_FAULT is a part of the names of the faults that are planted afterwards; all where it is
# left out. `make soak SEEDS=1000` runs the simulation of a thousand seeds and nothing else.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

export FLORIN_SOAK_ROUNDS=${FLORIN_SOAK_ROUNDS:-200}
export PROPTEST_CASES=${PROPTEST_CASES:-5000}
export FLORIN_SEEDS=${FLORIN_SEEDS:-200}

if [[ -n ${SEEDS:-} ]]; then
  step "Soak: $SEEDS seeds" env FLORIN_SEEDS="$SEEDS" \
    cargo test "${locked[@]}" --profile soak -p ledger --test simulation -- --nocapture nothing_is_lost
  exit
fi

step "Set-up" scripts/setup.sh test
scripts/web.sh build
step "Soak: $FLORIN_SOAK_ROUNDS rounds, $PROPTEST_CASES random cases a property" \
  scripts/postgres.sh with cargo test "${locked[@]}" --profile soak "${@:---workspace}"
step "Planted faults: would the tests notice?" cargo xtask plant ${FLORIN_SOAK_FAULT:+"$FLORIN_SOAK_FAULT"}
