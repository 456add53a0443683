#!/usr/bin/env bash
# Runs the benchmarks. Arguments go to `cargo bench`.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

step "Set-up" scripts/setup.sh test
scripts/web.sh build
step "Benchmarks" scripts/postgres.sh with cargo bench "${locked[@]}" "${@:---workspace}"
