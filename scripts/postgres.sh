#!/usr/bin/env bash
# A private PostgreSQL for the tests: on a free port of 127.0.0.1, in a temporary directory, gone
# without a trace afterwards.
#
#   postgres.sh with COMMAND…   start it, run the command with FLORIN_TEST_POSTGRES_URL set, stop it
#   postgres.sh revived COMMAND…  the same with a server of its own that is started again whenever
#                               it ends, for tests that kill it
#   postgres.sh start | url | stop   the same in steps, for working by hand
#   postgres.sh find            print where the server's programs are
#
# Settings of the server besides are words of FLORIN_TEST_POSTGRES_SETTINGS: those of the tests are
# small, and benches ask for those of a server that has a machine to itself.
#
# The URL's role is a superuser, so that tests can make databases and roles. A server that is
# already named by FLORIN_TEST_POSTGRES_URL is used by `with`, and left alone.
set -euo pipefail
caller_directory=$PWD
source "$(dirname "$0")/steps.sh"

VERSION_MIN=15
START_SECONDS_MAX=30
STOP_SECONDS_MAX=10
# What `start` leaves for `url` and `stop`: directory, process, URL.
STATE=.postgres

# Text sorts as people sort it, as it does on most installed servers. A query that counts on the
# order of bytes must say so, or it fails here rather than there.
LOCALE=(--encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US)

directory=
server=
url=
# What ends the process that `server` names.
stop_signal=QUIT

find_programs() {
  local programs version
  for programs in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5,5nr); do
    version=${programs%/bin}
    version=${version##*/}
    if [[ -x $programs/initdb && $version =~ ^[0-9]+$ ]] && ((version >= VERSION_MIN)); then
      echo "$programs"
      return
    fi
  done
  fail "no PostgreSQL $VERSION_MIN or newer under /usr/lib/postgresql; run scripts/setup.sh test"
}

# PostgreSQL refuses to run as root: there it runs as its own user, or as nobody.
unprivileged() {
  if ((EUID != 0)); then
    "$@"
    return
  fi
  local user=nobody
  if id postgres >/dev/null 2>&1; then
    user=postgres
  fi
  setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
}

own() {
  if ((EUID == 0)); then
    chown -R "$(unprivileged id -u):$(unprivileged id -g)" "$1"
  fi
}

make_cluster() {
  local password
  directory=$(mktemp -d "${TMPDIR:-/tmp}/florin-postgres.XXXXXX")
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s\n' "$password" >"$directory/password"
  own "$directory"
  # A password sent in clear over loopback keeps other users of the machine out, and spares each of
  # thousands of connections the key derivation of SCRAM in a debug build.
  (cd / && unprivileged "$programs/initdb" --pgdata="$directory/data" --username=florin_test \
    --pwfile="$directory/password" --auth=password --no-sync --no-instructions "${LOCALE[@]}") \
    >"$directory/log" 2>&1 || fail_with_log "initdb failed"
  url=postgres://florin_test:$password@127.0.0.1
}

# fsync stays on: what the tests show is durability.
run_server() {
  cd /
  local process=("$programs/postgres" -D "$directory/data"
    -c port="$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories=
    -c fsync=on -c max_connections=200 -c shared_buffers=64MB)
  local setting
  for setting in ${FLORIN_TEST_POSTGRES_SETTINGS:-}; do
    process+=(-c "$setting")
  done
  # With `with`, the server ends when this script does, even when that is killed.
  if [[ $1 == bound ]]; then
    process=(--pdeathsig=INT "${process[@]}")
  else
    process=(-- "${process[@]}")
  fi
  local identity=()
  if ((EUID == 0)); then
    identity=(--reuid="$(unprivileged id -u)" --regid="$(unprivileged id -g)" --clear-groups)
  fi
  # A session of its own keeps Ctrl-C for the command: the server stops after it.
  exec setsid setpriv "${identity[@]}" "${process[@]}" </dev/null >>"$directory/log" 2>&1
}

# Keeps a server running that somebody kills. One whose last processes are still ending does not
# start; the next attempt may.
revive_server() {
  local process
  trap 'while kill -QUIT "$process" 2>/dev/null; do sleep 0.05; done; exit' TERM
  while true; do
    run_server bound &
    process=$!
    wait "$process" || true
    sleep 0.1
  done
}

# Two runs may pick the same port at the same time: then the server of one does not start, and that
# run picks another.
boot() {
  programs=$(find_programs)
  make_cluster
  local port
  for _ in 1 2 3 4 5; do
    port=$((RANDOM % 12000 + 20000))
    if (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      continue
    fi
    if [[ $1 == revived ]]; then
      stop_signal=TERM
      revive_server &
    else
      run_server "$1" &
    fi
    server=$!
    if answers "$port"; then
      url=$url:$port/postgres
      return
    fi
  done
  fail_with_log "PostgreSQL does not start"
}

answers() {
  local tries
  for ((tries = 0; tries < START_SECONDS_MAX * 10; tries++)); do
    if "$programs/pg_isready" -q -h 127.0.0.1 -p "$1"; then
      # Somebody else's server may answer there, while ours has given up.
      kill -0 "$server" 2>/dev/null
      return
    fi
    kill -0 "$server" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

fail_with_log() {
  tail -n 20 "$directory/log" >&2 || true
  fail "$1"
}

# What it holds is thrown away, so it is stopped at once, without a last checkpoint.
halt() {
  if [[ -n $server ]]; then
    kill -"$stop_signal" "$server" 2>/dev/null || true
    if [[ $stop_signal == TERM ]]; then
      wait "$server" || true
    fi
    local tries
    for ((tries = 0; tries < STOP_SECONDS_MAX * 20; tries++)); do
      [[ -e $directory/data/postmaster.pid ]] || break
      sleep 0.05
    done
  fi
  if [[ -n $directory ]]; then
    rm -rf "$directory"
  fi
}

# Reads what `start` left, if that server still runs.
recall() {
  [[ -f $STATE ]] || return 1
  { read -r directory && read -r server && read -r url; } <"$STATE"
  [[ -e $directory/data/postmaster.pid ]] && kill -0 "$server" 2>/dev/null
}

start() {
  if ! recall; then
    boot free
    (umask 077 && printf '%s\n' "$directory" "$server" "$url" >"$STATE")
  fi
  echo "$url"
}

stop() {
  if ! recall; then
    rm -f "$STATE"
    fail "no server of this clone is running"
  fi
  halt
  rm -f "$STATE"
}

run_with() {
  local kind=$1
  shift
  (($# > 0)) || fail "usage: scripts/postgres.sh with COMMAND…"
  if [[ $kind == bound && -n ${FLORIN_TEST_POSTGRES_URL:-} ]]; then
    cd "$caller_directory"
    exec "$@"
  fi
  trap halt EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  boot "$kind"
  cd "$caller_directory"
  FLORIN_TEST_POSTGRES_URL=$url "$@"
}

case ${1:-} in
  with) shift && run_with bound "$@" ;;
  revived) shift && run_with revived "$@" ;;
  start) start ;;
  stop) stop ;;
  url) recall || fail "no server of this clone is running; scripts/postgres.sh start" && echo "$url" ;;
  find) find_programs ;;
  *) fail "usage: scripts/postgres.sh with COMMAND… | revived COMMAND… | start | url | stop | find" ;;
esac
