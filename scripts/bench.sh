#!/usr/bin/env bash
# Runs the benchmarks. Arguments go to `cargo bench`.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

# A server that has a machine of 24 GiB to itself, where the tests' has 64 MB.
export FLORIN_TEST_POSTGRES_SETTINGS=${FLORIN_TEST_POSTGRES_SETTINGS:-shared_buffers=2GB max_wal_size=4GB}

step "Set-up" scripts/setup.sh test
scripts/web.sh build
step "Benchmarks" scripts/postgres.sh with cargo bench "${locked[@]}" "${@:---workspace}"
