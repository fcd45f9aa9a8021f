#!/bin/sh
# Brings the system packages that the tests need: Chromium, for the tests that run in a browser, and on Linux what the
# testnet's faults are made with. Does nothing when all is there; CHROMIUM=/path/to/browser names one that apt does not know.
set -eu

log=$(mktemp)
trap 'rm -f "$log"' EXIT
is_updated=''

# apt_install PACKAGE…: with a reason in $why_not when it is not possible
apt_install () {
  why_not=''
  if ! command -v apt-get >/dev/null; then why_not='this machine has no apt-get'; return 1; fi
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then why_not='installing needs root, and there is no sudo'; return 1; fi
    # without a terminal sudo must not wait for a password
    if [ -t 0 ]; then as_root='sudo'; else as_root='sudo -n'; fi
  fi
  apt () { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1; }
  if [ -z "$is_updated" ] && apt update; then is_updated=yes; fi
  if ! apt install -y --no-install-recommends "$@"; then
    tail -n 5 "$log" >&2
    why_not="apt-get could not install $*"
    return 1
  fi
}

# --- what faults are made with: faketime, file systems in images, namespaces, a compiler

# programs for root are not in everybody's PATH
has () { PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null; }

if [ "$(uname -s)" = Linux ]; then
  missing=''
  has cc || missing="$missing gcc libc6-dev"
  has faketime || missing="$missing faketime"
  has mkfs.xfs || missing="$missing xfsprogs"
  has mkfs.ext4 || missing="$missing e2fsprogs"
  has ip || missing="$missing iproute2"
  if [ -z "$missing" ]; then
    echo 'faults: everything is there'
  elif apt_install $missing; then
    echo "faults:$missing (installed)"
  else
    # The tests that need them fail, and say so.
    echo "apt.sh: missing for tests of faults:$missing; $why_not" >&2
  fi
fi

# --- a browser

fail () {
  echo "apt.sh: $1" >&2
  echo "apt.sh: install Chromium (or Chrome) yourself and set CHROMIUM to its path; only the browser tests need it." >&2
  exit 1
}

if [ -n "${CHROMIUM:-}" ]; then
  [ -x "$CHROMIUM" ] || fail "CHROMIUM is set to $CHROMIUM, which is not a program"
  echo "chromium: $CHROMIUM"
  exit 0
fi

# the same names as in testnet/browser/chromium.ts
for name in chromium chromium-browser google-chrome-stable google-chrome; do
  if found=$(command -v "$name"); then
    echo "chromium: $found"
    exit 0
  fi
done

apt_install chromium || fail "Chromium is missing: $why_not"
found=$(command -v chromium) || fail 'apt-get has installed chromium, but it is not in PATH'
echo "chromium: $found (installed)"
