# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts. Puts them into the repository's root with cargo in reach, and gives
# them `say` (what is being done), `fail` (why it cannot go on) and `step` (does something, and
# tells how long it took or that it failed).

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# A shell that was open while Rust was installed does not have it in its path yet.
if ! command -v cargo >/dev/null && [[ -x $HOME/.cargo/bin/cargo ]]; then
  PATH=$HOME/.cargo/bin:$PATH
fi

# A runner clones afresh each time: what it built must live outside the clone to be found again,
# and the lock file is what it judges.
locked=()
if [[ ${CI:-} == true ]]; then
  export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/florin/target}
  locked=(--locked)
fi

say() {
  printf '==> %s\n' "$*"
}

fail() {
  printf '==> %s\n' "$*" >&2
  exit 1
}

step_name=
step_started_us=

# step NAME COMMAND…
# The command does not run under `||` or `if`: there bash would go on after a failure inside it.
step() {
  step_name=$1
  step_started_us=${EPOCHREALTIME/[.,]/}
  shift
  say "$step_name"
  "$@"
  say "$step_name: done in $(step_took)"
  step_name=
}

step_took() {
  local took_ms=$(((${EPOCHREALTIME/[.,]/} - step_started_us) / 1000))
  printf '%d.%d s' $((took_ms / 1000)) $((took_ms % 1000 / 100))
}

tell_failure() {
  local status=$?
  if ((status != 0)) && [[ -n $step_name ]]; then
    printf '==> FAILED: %s (after %s, status %d)\n' "$step_name" "$(step_took)" "$status" >&2
  fi
}
trap tell_failure EXIT
