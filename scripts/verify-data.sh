#!/usr/bin/env bash
# Reads every statement and the history of rates under a folder, and compares what was read with
# expected readings and with another reader.
set -euo pipefail
caller_directory=$PWD
source "$(dirname "$0")/steps.sh"

[[ -n ${1:-} ]] || fail "usage: make verify-data DATA=folder"
data=$(cd "$caller_directory" && realpath -- "$1")
[[ -d $data ]] || fail "there is no folder $1"
step "Verify $1" cargo run "${locked[@]}" --quiet --release --package statements \
  --example verify_data -- "$data"
step "Verify the rates in $1" cargo run "${locked[@]}" --quiet --release --package markets \
  --example verify_data -- "$data"
