#!/bin/sh
# Measures a sandbox's disk use and prints lines for the host, which parses them in DiskReport.ts. POSIX sh and
# coreutils.
#
#   disk.sh free DIR                once a second for a minute: the free space under DIR
#   disk.sh used DIR…               the space that the directories use
#   disk.sh tools TOOLS             makes TOOLS, which the next one needs
#   disk.sh used --open TOOLS DIR…  and the deleted files on their disks that processes still hold open
#
# In a container the agent must not be able to forge this. `free` and `tools` run as root without capabilities, so they
# cannot even be stopped. `used` runs as the agent's user, since directories can be closed to that root. It runs on
# TOOLS, copies that can be executed but not read: the kernel lets no process of the same user look into such a process
# (ptrace, /proc/PID/fd). The agent can still kill or stop it, which makes the measurement fail.
set -u
export LC_ALL=C PATH=/usr/bin:/bin

make_tools() { # DIR
  umask 022
  mkdir -p "$1" || return
  for tool in sh du stat; do
    [ -e "$1/$tool" ] && continue
    cp "$(command -v "$tool")" "$1/$tool.$$" && chmod 0111 "$1/$tool.$$" && mv "$1/$tool.$$" "$1/$tool"
  done
}

free() { # DIR
  left=60
  while [ "$left" -gt 0 ]; do
    stat -f -c 'free %S %a %b %d %c' "$1" || exit
    left=$((left - 1))
    sleep 1
  done
}

used() { # DIR…
  # a file that disappears while its directory is read does not matter; anything else that cannot be read hides
  # something
  { du -skx "$@" 2>&1 >&3 | while IFS= read -r trouble; do
    case $trouble in *": No such file or directory") ;; *) echo hidden ;; esac
  done; } 3>&1
  counted=$(du -sx --inodes "$@" 2>/dev/null)
  if [ -n "$counted" ]; then
    printf '%s\n' "$counted" | while IFS= read -r line; do echo "files $line"; done
  else # not every du supports this
    for directory in "$@"; do
      printf 'files %s\t%s\n' "$(find "$directory" -xdev 2>/dev/null | wc -l)" "$directory"
    done
  fi
}

open() { # DIR…
  stat -c 'device %d' "$@" /
  stat -L -c 'open %h %b %B %d %i' /proc/[0-9]*/fd/* 2>/dev/null
  [ $? -lt 126 ] || echo hidden # more than fit on a command line
}

case $1 in
  free) free "$2" ;;
  tools) make_tools "$2" >/dev/null 2>&1 ;;
  used)
    shift
    if [ "$1" = --open ]; then
      PATH=$2:$PATH
      shift 2
      open "$@"
    fi
    used "$@"
    echo end
    ;;
esac
