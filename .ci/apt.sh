#!/bin/sh
# Brings the system packages that the tests need: Chromium, for the tests that run in a browser.
# Does nothing when it is there; CHROMIUM=/path/to/browser names one that apt does not know.
set -eu

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

command -v apt-get >/dev/null || fail 'Chromium is missing and this machine has no apt-get'

as_root=''
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail 'Chromium is missing; installing it needs root, and there is no sudo'
  # without a terminal sudo must not wait for a password
  if [ -t 0 ]; then as_root='sudo'; else as_root='sudo -n'; fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt () { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1; }

if apt update && apt install -y --no-install-recommends chromium && found=$(command -v chromium); then
  echo "chromium: $found (installed)"
else
  tail -n 5 "$log" >&2
  fail 'apt-get could not install the package chromium'
fi
