#!/usr/bin/env bash
# Runs the benches of quant and, each right after its own, the Python programs it is compared with: one core,
# CPU time, made-up numbers. They are installed once into the cache.
#
#   bench-quant.sh              every family
#   bench-quant.sh risk series  these: indicators, sweep, performance, risk, portfolio, series
#   bench-quant.sh install      only installs the programs
#
# FLORIN_PYTHON names the Python, 3.11 where it is left out.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

PEERS=crates/quant/benches/peers
python=${FLORIN_PYTHON:-python3.11}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/florin/peers
families=("$@")
((${#families[@]})) || families=(indicators sweep performance risk portfolio series)

# install ENVIRONMENT REQUIREMENTS [PACKAGE WITHOUT DEPENDENCIES]
install() {
  local folder=$cache/$1 wanted=$PEERS/$2
  if ! cmp -s "$wanted" "$folder/installed.txt"; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/pip" install --quiet --requirement "$wanted"
    if [[ -n ${3:-} ]]; then
      "$folder/bin/pip" install --quiet --no-deps "$3"
    fi
    cp "$wanted" "$folder/installed.txt"
  fi
}

install_all() {
  install main requirements.txt empyrical-reloaded==0.7.1
  install series requirements-series.txt
}

peer() {
  local environment=main
  [[ $1 == series ]] && environment=series
  env OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 \
    "$cache/$environment/bin/python" "$PEERS/$1.py"
}

command -v "$python" >/dev/null || fail "the peers need $python; FLORIN_PYTHON names another"
for family in "${families[@]}"; do
  [[ $family == install || -f $PEERS/$family.py ]] || fail "there is no family $family"
done
step "Install the programs to compare with (once; it takes some minutes)" install_all
[[ ${families[0]} == install ]] && exit
for family in "${families[@]}"; do
  step "Quant: $family" cargo bench "${locked[@]}" -p quant --bench "$family"
  step "The others: $family" peer "$family"
done
