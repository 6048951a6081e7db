#!/usr/bin/env bash
# Checks that the named things are on this machine; installs the Debian or Ubuntu package of one that is missing.
set -euo pipefail

present() {
  case "$1" in
    python) python=$("$(dirname "$0")/find-python.sh") || exit 1
      "$python" -c 'import ensurepip, venv' 2>/dev/null ;;
    node) command -v npm >/dev/null && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' ;;
    fonts) "$(dirname "$0")/../.venv/bin/python" -c 'from doorstep.households import fonts; fonts.find()' 2>/dev/null ;;
    browser) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
    firefox) command -v firefox-esr || command -v firefox ;;
    webkit) command -v xvfb-run && /usr/bin/python3 -c 'import gi; gi.require_version("WebKit2", "4.1")' ;;
    *) echo "unknown: $1" >&2 && exit 2 ;;
  esac >/dev/null
}

package() {
  case "$1" in
    python) echo python3-venv ;;
    fonts) echo fonts-noto-cjk ;;
    browser) echo chromium ;;
    firefox) echo firefox-esr ;;
    webkit) echo python3-gi gir1.2-webkit2-4.1 xvfb xauth ;;
  esac
}

missing=()
for thing in "$@"; do
  present "$thing" && continue
  if [ "$thing" = node ]; then
    echo "Doorstep needs Node 20 or newer with npm. 需要 Node 20 或更新版本。" >&2
    exit 1
  fi
  read -ra packages <<<"$(package "$thing")"
  missing+=("${packages[@]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
if command -v apt-get >/dev/null && { [ ${#as_root[@]} -eq 0 ] || sudo -n true 2>/dev/null; }; then
  echo "System packages: ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  for thing in "$@"; do present "$thing" || { echo "$thing is still missing after the installation" >&2; exit 1; }; done
else
  echo "Missing on this machine: ${missing[*]}. Please install, then run make again. 请先安装:" >&2
  echo "    sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
