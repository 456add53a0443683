#!/usr/bin/env bash
# The web page: `web.sh build` makes web/dist, which the binary carries, where its sources changed;
# `web.sh check` holds types and unit tests; `web.sh journey` walks through it in a browser.
# Without web/package.json there is nothing to do.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

if [[ ! -f web/package.json ]]; then
  say "Web: there is no web/package.json yet"
  exit 0
fi

# Stamps stand inside node_modules: they go where it goes, and never into the bundle.
INSTALLED=web/node_modules/.florin-installed
BUILT=web/node_modules/.florin-built

hash_of() {
  sha256sum -- "$@" 2>/dev/null | sha256sum
}

# What the bundle is made of: everything under web/ that is not ignored, and the contract.
hash_of_sources() {
  local sources
  readarray -d '' -t sources < <(
    git ls-files -z --cached --others --exclude-standard -- web '*openapi.json'
  )
  hash_of "${sources[@]}"
}

stamp_is() {
  [[ -f $1 && $(<"$1") == "$2" ]]
}

install() {
  local wanted
  wanted=$(hash_of web/package.json web/package-lock.json)
  if ! stamp_is "$INSTALLED" "$wanted"; then
    step "Web: install packages" npm --prefix web ci --no-audit --no-fund
    mkdir -p web/node_modules
    echo "$wanted" >"$INSTALLED"
  fi
}

build() {
  local wanted
  wanted=$(hash_of_sources)
  if [[ -f web/dist/index.html ]] && stamp_is "$BUILT" "$wanted"; then
    say "Web: the bundle is up to date"
    return
  fi
  step "Web: build the bundle" npm --prefix web run build
  hash_of_sources >"$BUILT"
}

install
case ${1:-} in
  build) build ;;
  check)
    step "Web: check" npm --prefix web run check
    step "Web: unit tests" npm --prefix web test
    ;;
  journey)
    step "Web: build the binary to walk through" cargo build "${locked[@]}" --package florin
    FLORIN_BIN=${CARGO_TARGET_DIR:-$PWD/target}/debug/florin
    CHROMIUM_BIN=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
    export FLORIN_BIN CHROMIUM_BIN
    step "Web: journeys in a browser" npm --prefix web run --if-present journey
    ;;
  *) fail "usage: scripts/web.sh build | check | journey" ;;
esac
