#!/usr/bin/env bash
# Reads every statement under a folder and says which parse and which do not.
set -euo pipefail
caller_directory=$PWD
source "$(dirname "$0")/steps.sh"

[[ -n ${1:-} ]] || fail "usage: make verify-data DATA=folder"
data=$(cd "$caller_directory" && realpath -- "$1")
[[ -d $data ]] || fail "there is no folder $1"
step "Verify $1" cargo run "${locked[@]}" --quiet --release --package statements \
  --example verify_data -- "$data"
