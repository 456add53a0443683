#!/usr/bin/env bash
# Builds Florin and serves the demo family. Arguments go to `florin demo`.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

step "Set-up" scripts/setup.sh run
scripts/web.sh build
step "Build florin" cargo build "${locked[@]}" --package florin
say "florin demo $*"
exec cargo run "${locked[@]}" --quiet --package florin -- demo "$@"
