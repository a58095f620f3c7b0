#!/bin/sh
# Tools for development in the sandbox's image: `tools.sh required|wanted NAME…`, run as root while the image is built. What is
# missing is installed: python and go by the base's package manager, uv from the program beside this script. If a tool cannot be
# had, `required` fails with one line that begins with `opentl: `, and `wanted` says it and goes on. The last line tells what the
# image has, the base's own tools included: `opentl.tools node=24.21.0 python=3.11.2`.
set -u

required=$1
shift
here=${0%/*}
log=${TMPDIR:-/tmp}/opentl-tools.log
updated=

have() { command -v "$1" >/dev/null 2>&1; }

manager=
if have apt-get; then manager=apt-get; elif have apk; then manager=apk; fi

# TOOL: the version of one that works; nothing if there is none
version() {
  case $1 in
    python) python3 -c 'import ensurepip, pip, sys, venv; print(sys.version.split()[0])' ;;
    uv) uv --version | cut -d ' ' -f 2 ;;
    go) go version | cut -d ' ' -f 3 | sed 's/^go//' ;;
    node) node --version | sed 's/^v//' ;;
    *) "$1" --version ;;
  esac 2>/dev/null | head -n 1
}

# TOOL: the packages that bring it, by the base's package manager
packages() {
  case $manager:$1 in
    apt-get:python) echo python3 python3-venv python3-pip ;;
    apt-get:go) echo golang-go ;;
    apk:python) echo python3 py3-pip ;;
    apk:go) echo go ;;
    apk:uv) echo uv ;;
  esac
}

# PACKAGE…
install_packages() {
  case $manager in
    apt-get)
      set -- -y --no-install-recommends "$@"
      # a source that does not answer is not waited for as long as by default
      apt="apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30"
      if [ -z "$updated" ]; then
        $apt -o APT::Update::Error-Mode=any update || return 1
        updated=yes
      fi
      DEBIAN_FRONTEND=noninteractive $apt install "$@"
      ;;
    apk) apk add --no-cache "$@" ;;
  esac
}

# TOOL
install() {
  if [ "$1" = uv ] && [ -f "$here/uv" ]; then
    cp "$here/uv" /usr/local/bin/uv && chmod 755 /usr/local/bin/uv
    return
  fi
  names=$(packages "$1")
  # shellcheck disable=SC2086 -- names of packages
  [ -n "$names" ] && install_packages $names
}

# TOOL: why it could not be installed
reason() {
  if [ "$1" = uv ] && [ "$manager" != apk ]; then
    echo "it was not fetched for this image"
  elif [ -z "$manager" ]; then
    echo "the base has neither apt-get nor apk; choose a base that has it"
  else
    echo "$manager: $(grep -E '^(E: |ERROR: )' "$log" | head -n 2 | tr '\n' ' ')(its packages must be reachable while the image is built; HTTP_PROXY and HTTPS_PROXY are passed on)"
  fi
}

for tool in "$@"; do
  [ -z "$(version "$tool")" ] || continue
  echo "installing $tool"
  : >"$log"
  install "$tool" >"$log" 2>&1
  [ -z "$(version "$tool")" ] || continue
  tail -n 20 "$log"
  echo "opentl: $tool cannot be put into the image: $(reason "$tool")"
  [ "$required" = wanted ] || exit 1
done
[ -z "$updated" ] || { apt-get clean; rm -rf /var/lib/apt/lists/*; } >/dev/null 2>&1
rm -f "$log"

found=
for tool in node npm corepack python uv go; do
  number=$(version "$tool")
  [ -z "$number" ] || found="$found $tool=$number"
done
echo "opentl.tools$found"
