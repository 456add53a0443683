#!/usr/bin/env bash
# Holds the dependencies against deny.toml: licences, bans, sources, known faults.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

tools=${XDG_CACHE_HOME:-$HOME/.cache}/florin/tools
PATH=$PATH:$tools/bin

advisories() {
  if ! cargo deny fetch db; then
    say "NOT CHECKED: the list of known faults cannot be reached from here"
    return
  fi
  cargo deny --offline check advisories
}

step "Set-up" scripts/setup.sh run
if ! command -v cargo-deny >/dev/null; then
  step "Install cargo-deny (once; it takes some minutes)" \
    env -u CARGO_TARGET_DIR cargo install cargo-deny --locked --root "$tools"
fi
step "Licences, bans, sources" cargo deny check licenses bans sources
step "Known faults" advisories
