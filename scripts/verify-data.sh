#!/usr/bin/env bash
# Reads every statement and the history of rates under a folder, and compares what was read with
# expected readings and with another reader.
set -euo pipefail
caller_directory=$PWD
source "$(dirname "$0")/steps.sh"

RATES=fx/eurofxref-hist.zip

[[ -n ${1:-} ]] || fail "usage: make verify-data DATA=folder"
data=$(cd "$caller_directory" && realpath -m -- "$1")
[[ -d $data ]] || fail "there is no folder $1"
step "Set-up" scripts/setup.sh run
step "Verify the statements under $1" cargo run "${locked[@]}" \
  --package statements --example verify_statements -- "$data"
if [[ -e $data/$RATES ]]; then
  step "Verify the rates in $1/$RATES" cargo run "${locked[@]}" \
    --package markets --example verify_rates -- "$data"
else
  say "NOT CHECKED: rates of exchange, there is no $1/$RATES"
fi
