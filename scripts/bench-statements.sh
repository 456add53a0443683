#!/usr/bin/env bash
# Reads made-up files of banks, and has the Python programs they are compared with read the same files:
# one core. The programs are installed once into the cache.
#
#   bench-statements.sh          files of 4 MB: one of the others reads 100 KB a second
#   bench-statements.sh 2048     files of so many megabytes, without the programs that hold them whole
#
# FLORIN_PYTHON names the Python, 3.11 where it is left out.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

PEERS=crates/statements/benches/peers
python=${FLORIN_PYTHON:-python3.11}
folder=${XDG_CACHE_HOME:-$HOME/.cache}/florin/peers/statements
megabytes=${1:-4}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
formats=(csv camt053)
((megabytes > 64)) || formats+=(mt940 ofx)

install_peers() {
  if ! cmp -s "$PEERS/requirements.txt" "$folder/installed.txt"; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/pip" install --quiet --requirement "$PEERS/requirements.txt"
    cp "$PEERS/requirements.txt" "$folder/installed.txt"
  fi
}

command -v "$python" >/dev/null || fail "the peers need $python; FLORIN_PYTHON names another"
step "Install the programs to compare with (once)" install_peers
step "Florin" cargo run "${locked[@]}" --quiet --release -p statements --example huge_files -- \
  "$made" "$megabytes" "${formats[@]}"
step "The others" "$folder/bin/python" "$PEERS/read.py" "${formats[@]/#/$made/huge-$megabytes.}"
