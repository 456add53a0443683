#!/usr/bin/env bash
# Everything that is judged without running it: format, house rules, clippy, shell scripts.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

# A newer clippy knows lints that this code has not met. Its warnings are shown, and fail only under
# the version that the workspace names.
clippy() {
  local wanted have deny=(-D warnings)
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have=$(rustc --version | cut -d' ' -f2)
  if [[ $have != "$wanted" && $have != "$wanted".* ]]; then
    say "clippy of Rust $have: its warnings do not fail here, those of $wanted do"
    deny=()
  fi
  cargo clippy "${locked[@]}" --workspace --all-targets -- "${deny[@]}"
}

step "Format" cargo fmt --all --check
step "House rules" cargo xtask tidy
if command -v shellcheck >/dev/null; then
  step "Shell scripts" shellcheck scripts/*.sh .ci/run
else
  say "Shell scripts: shellcheck is not installed, they are not judged"
fi
# The binary carries the bundle, so it must be there before anything compiles.
scripts/web.sh build
step "Clippy" clippy
