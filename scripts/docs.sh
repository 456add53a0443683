#!/usr/bin/env bash
# Builds the crates' documentation, and checks the links in it and in the guides.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

step "Set-up" scripts/setup.sh run
scripts/web.sh build
step "Documentation of the crates" \
  env RUSTDOCFLAGS="-D warnings" cargo doc "${locked[@]}" --workspace --no-deps
step "Links in the guides" cargo xtask tidy
say "Open ${CARGO_TARGET_DIR:-target}/doc/florin/index.html"
