#!/usr/bin/env bash
# Holds the dependencies against deny.toml: licences, bans, sources, known faults.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

tools=${XDG_CACHE_HOME:-$HOME/.cache}/florin/tools
PATH=$PATH:$tools/bin

checked="licences, bans, sources"

# A machine without a way to the list still judges the rest, and says so; a runner has one, or fails.
advisories() {
  if cargo deny fetch db; then
    cargo deny --offline check advisories
    checked+=", known faults"
  elif [[ ${CI:-} == true ]]; then
    fail "the list of known faults cannot be reached from here"
  fi
}

step "Set-up" scripts/setup.sh run
if ! command -v cargo-deny >/dev/null; then
  step "Install cargo-deny (once; it takes some minutes)" \
    env -u CARGO_TARGET_DIR cargo install cargo-deny --locked --root "$tools"
fi
step "Licences, bans, sources" cargo deny check licenses bans sources
step "Known faults" advisories
say "Checked: $checked"
if [[ $checked != *"known faults" ]]; then
  say "NOT CHECKED: known faults, their list cannot be reached from here"
fi
