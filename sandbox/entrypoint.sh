#!/usr/bin/env bash
# One round of a session inside its sandbox: the repository, its dependencies, the agent, the result. README.md
# describes the inputs, the outputs and the marker lines. Requires bash, coreutils, git and node.
#
# Only this script and an agent's host (acp.mjs, agent.mjs) write to stdout directly. Anything that runs code of the repository or
# of the agent prints through `relay`, which escapes markers, or into the log. PATH stays as the image sets it: only the
# agent finds what the agent installs.
set -u
exec 2>&1

# Removes what an earlier run left, also where it has closed directories even to itself. No program is started for what is
# not there.
remove() {
  local path
  local -a found=()
  for path; do
    [ ! -e "$path" ] && [ ! -L "$path" ] || found+=("$path")
  done
  [ "${#found[@]}" -gt 0 ] || return 0
  rm -rf "${found[@]}" 2>/dev/null || { chmod -R u+rwx "${found[@]}" 2>/dev/null; rm -rf "${found[@]}"; }
}

bridge= # the process that is it: an agent's host, or a program of its own
bridge_port=$OPENTL_WORKSPACE/bridge.port

lacks_bridge() { [ -n "${OPENTL_GATEWAY_SOCKET:-}" ] && [ -z "$bridge" ]; }

# Begins early: what comes before its first use happens while it starts.
start_bridge() {
  lacks_bridge || return 0
  remove "$bridge_port" "$bridge_port.new" # whatever an earlier agent made of them
  node "$OPENTL_RUNTIME/bridge.mjs" "$OPENTL_GATEWAY_SOCKET" "$bridge_port" </dev/null >/dev/null 2>&1 &
  bridge=$!
}

waiting_relay=
waiting_relay_input=
waiting_host=
waiting_host_input=
waiting_host_output=
waiting_host_kind=
ending_host= # that has told its exit code
host_log=$OPENTL_WORKSPACE/host.log

# Starts the relay of the agent before there is an agent, so that nobody waits for node then. It gets what it shall run
# through its stdin.
start_relay() {
  [ -z "$waiting_relay" ] || return 0
  { coproc RELAY { exec node "$OPENTL_RUNTIME/relay.mjs" --wait >&3 3>&-; }; } 3>&1
  # bash forgets both when it has ended
  waiting_relay=${RELAY_PID:-}
  waiting_relay_input=${RELAY[1]:-}
}

# Starts the agent's host before there is anything to work on, so that its modules are loaded by then. With --rehearse there is
# time for it to do a round for itself as well. It gets its environment through its stdin. What its libraries complain of may have
# an agent's words in it, so it goes into a file. It is the bridge, too, if there is none.
start_host() { # KIND [--rehearse]
  local program
  local -a waiting=() bridging=()
  case $1 in
    opentl) program=agent.mjs && waiting=("${@:2}") ;;
    acp) program=acp.mjs ;;
    *) return 0 ;;
  esac
  ! lacks_bridge || bridging=("$OPENTL_GATEWAY_SOCKET" "$bridge_port")
  # whatever an earlier agent made of them
  remove "$host_log" ${bridging:+"$bridge_port" "$bridge_port.new"}
  { coproc HOST { exec node "$OPENTL_RUNTIME/$program" --wait --tell "${waiting[@]}" "${bridging[@]}" 4>&1 >&3 3>&- 2>>"$host_log"; }; } 3>&1
  waiting_host=${HOST_PID:-}
  waiting_host_input=${HOST[1]:-}
  waiting_host_output=${HOST[0]:-}
  waiting_host_kind=$1
  [ -z "${bridging:-}" ] || bridge=$waiting_host
}

# --- The workspace ---------------------------------------------------------------------------------------------------

prepared=      # whether this process has made the workspace for a first round, in which nobody was since
git_variables= # what git read of the environment then

make_directories() { # [DIRECTORY…]: those that a round writes to, and others
  local -a emptied=("$OPENTL_WORKSPACE/out")
  [ "$OPENTL_WORKSPACE" = /workspace ] || emptied+=("$OPENTL_WORKSPACE/tmp")
  remove "${emptied[@]}"
  [ ! -e "${emptied[0]}" ] && [ ! -L "${emptied[0]}" ] && mkdir -p "${emptied[@]}" "$OPENTL_WORKSPACE/home" "$@"
}

make_repository() { # its branch comes with its files
  HOME=$OPENTL_WORKSPACE/home git init -q --template= -b none "$OPENTL_WORKSPACE/repo"
}

# What is written to, and git makes only for a template. Tools write to info/exclude.
directories_of_git=("$OPENTL_WORKSPACE"/repo/.git/{info,objects/info})

read_git_variables() {
  local name
  git_variables=
  for name in "${!GIT_@}" "${!XDG_CONFIG_@}"; do git_variables+="$name=${!name}"$'\n'; done
}

# Makes what a first round needs whatever its session is, because a person waits for it later. Only in a workspace that is empty:
# what an agent has left may still be read, and cannot be relied on.
prepare_workspace() {
  local name
  for name in certificates.pem home in out ready repo; do
    [ ! -e "$OPENTL_WORKSPACE/$name" ] && [ ! -L "$OPENTL_WORKSPACE/$name" ] || return 0
  done
  make_repository >/dev/null 2>&1 && make_directories "${directories_of_git[@]}" 2>/dev/null || return 0
  read_git_variables
  prepared=yes
}

# A repository of another kind may be wanted, now that the environment is known.
check_prepared() {
  local before=$git_variables
  read_git_variables
  [ "$before" = "$git_variables" ] || prepared=
}

# A container waits here until its inputs are there, and prints the line by which the host recognises the beginning of its
# log. The agent must not learn it: it comes through a pipe that gives it once, and does not pass through this process,
# whose memory the agent can read.
snapshot=
if [ -n "${OPENTL_INPUTS:-}" ]; then
  start_host "${OPENTL_EXPECTED_AGENT:-}" --rehearse
  start_bridge
  [ -n "$waiting_host" ] || start_relay
  prepare_workspace
  ${OPENTL_LONGEST_WAIT:+timeout "$OPENTL_LONGEST_WAIT"} head -n 1 "$OPENTL_INPUTS/begin" || exit 70
  unset OPENTL_EXPECTED_AGENT OPENTL_LONGEST_WAIT
  . "$OPENTL_INPUTS/environment"
  check_prepared
  # at once, which the next steps would do one by one
  [ -n "$prepared" ] || remove "$OPENTL_WORKSPACE"/{in,out,certificates.pem}
  cp -R "$OPENTL_INPUTS/in" "$OPENTL_WORKSPACE/in" # an error shows as a missing input
  snapshot=$OPENTL_INPUTS/dependencies.tar
  unset OPENTL_INPUTS
fi
is_checking() { [ "$OPENTL_AGENT" = checks ]; }

repo=$OPENTL_WORKSPACE/repo
out=$OPENTL_WORKSPACE/out
log=$out/entrypoint.log
notes=$out/notes
ready=$OPENTL_WORKSPACE/ready
bundle=$OPENTL_WORKSPACE/in/repository.bundle
message=$OPENTL_WORKSPACE/in/commit-message.txt
branch=$OPENTL_BRANCH
branch_ref=refs/heads/$OPENTL_BRANCH
start=$OPENTL_START_COMMIT
author_name=${OPENTL_AUTHOR_NAME:-OpenTL}
author_email=${OPENTL_AUTHOR_EMAIL:-opentl@localhost}
install_seconds=${OPENTL_INSTALL_TIMEOUT:-600}
snapshot_use=${OPENTL_DEPENDENCIES:-}
pack=${OPENTL_PACK_DEPENDENCIES:-}
unset OPENTL_DEPENDENCIES OPENTL_PACK_DEPENDENCIES

cannot_go_on=70
child=
bridged=
installed=
install_log=
no_scripts=()

# --- Messages --------------------------------------------------------------------------------------------------------

say() { # KIND TEXT: prints one marker line, whatever the text contains
  printf '###OPENTL_%s### %s\n' "$1" "${2//[[:cntrl:]]/ }"
}

status() { say STATUS "$1"; }

note() { # TEXT: prints it now, passes it to the agent, and keeps it in the result
  status "$1"
  printf '%s\n' "${1//[[:cntrl:]]/ }" >>"$notes"
}

die() { # TEXT
  [ -s "$log" ] && relay -- tail -n 20 "$log"
  say ERROR "$1"
  exit "$cannot_go_on"
}

# --- Processes -------------------------------------------------------------------------------------------------------

attend() { # COMMAND…: runs it in the background, so that a signal is handled at once
  "$@" &
  await_child $!
}

await_child() { # PID
  local code
  child=$1
  wait "$child"
  code=$?
  child=
  return "$code"
}

relay() { # [--stdin FILE] -- COMMAND…
  set -- ${OPENTL_OUTPUT_LIMIT:+--limit "$OPENTL_OUTPUT_LIMIT"} "$@"
  child=$waiting_relay # it may run its command before this goes on
  if hand_to_waiting_relay "$@"; then
    await_waiting_relay
  else
    child=
    attend node "$OPENTL_RUNTIME/relay.mjs" "$@"
  fi
}

await_waiting_relay() {
  local code
  await_child "$waiting_relay"
  code=$?
  waiting_relay=
  return "$code"
}

# A hosted agent needs none: one that no install has used would only take memory.
end_waiting_relay() {
  local input=$waiting_relay_input
  [ -n "$input" ] || return 0
  waiting_relay_input=
  exec {input}>&-
}

hand_to_waiting_relay() { # ARGUMENT…
  local input=$waiting_relay_input
  waiting_relay_input=
  tell_to_start "$input" "$PATH" "$@"
}

tell_to_start() { # FD PATH ARGUMENT…: in a shell of its own, because writing to a program that has ended would end it
  [ -n "$1" ] || return 1
  { ( start_request "${@:2}" >&4 ); } 2>/dev/null 4>&"$1"
}

start_request() { # PATH ARGUMENT…: what a program that was started early is told
  printf '%s\0' "$PWD" "$(($# - 1))" "${@:2}"
  env -0 PATH="$1"
  printf '\0'
}

on_signal() {
  trap '' TERM INT HUP
  # a program that was just started is not named yet
  child=${child:-$(jobs -rp | tail -n 1)}
  if [ -n "$child" ]; then
    kill -TERM "$child" 2>/dev/null
    wait "$child" # the relay gives its command five seconds
  fi
  exit 143
}

on_exit() {
  [ -n "$bridge" ] && kill "$bridge" 2>/dev/null
  # a relay that has not ended ends its command, too
  [ -n "$waiting_relay" ] && kill "$waiting_relay" 2>/dev/null
  [ -n "$waiting_host" ] && kill "$waiting_host" 2>/dev/null
}

have() { command -v "$1" >/dev/null 2>&1; }

# Runs git on the repository, without its hooks and without what the agent configured in its home. Its output goes to
# the log, because a filter of the repository can print anything.
repo_git() {
  GIT_CONFIG_GLOBAL=/dev/null ${alone:-} git -C "$repo" -c core.hooksPath=/dev/null -c core.fsmonitor=false \
    -c commit.gpgSign=false -c gc.auto=0 -c maintenance.auto=false "$@" 2>>"$log"
}

# The same, for a shell that does nothing else: no process more is started for it.
git_alone() {
  local alone=exec
  repo_git "$@"
}

has_commit() { repo_git cat-file -e "$1^{commit}"; }

# --- Environment -----------------------------------------------------------------------------------------------------

prepare_surroundings() {
  [ "$OPENTL_WORKSPACE" = /workspace ] || export TMPDIR=$OPENTL_WORKSPACE/tmp
  if [ -z "$prepared" ] && ! make_directories; then
    say ERROR "The workspace $OPENTL_WORKSPACE is not writable"
    exit "$cannot_go_on"
  fi
  export HOME=$OPENTL_WORKSPACE/home
  agent_path=$HOME/venv/bin:$HOME/.local/bin:$HOME/go/bin:$PATH
  export GIT_TERMINAL_PROMPT=0 GIT_EDITOR=true GIT_PAGER=cat PAGER=cat GIT_LFS_SKIP_SMUDGE=1
  export COREPACK_ENABLE_DOWNLOAD_PROMPT=0 npm_config_update_notifier=false
  # what uv installs is there for the agent, outside of the repository
  export UV_PROJECT_ENVIRONMENT=$HOME/venv
  [ ! -e "$HOME/.gitconfig.lock" ] && [ ! -L "$HOME/.gitconfig.lock" ] || rm -f "$HOME/.gitconfig.lock"
  name_author
}

# Tells git who the agent is. A program is only started for it where the agent has left its own configuration.
name_author() {
  local found= written quoted name
  unset GIT_CONFIG_GLOBAL # wherever that leads
  quote_value "$author_name"
  name=$quoted
  quote_value "$author_email"
  printf -v written '[user]\n\tname = %s\n\temail = %s\n' "$name" "$quoted"
  # to its end, and not much further than that should be
  if [ -f "$HOME/.gitconfig" ] && { ! IFS= read -r -d '' -n "$((${#written} + 1))" found <"$HOME/.gitconfig"; } 2>/dev/null; then
    [ "$found" != "$written" ] || return 0
  fi
  if [ -e "$HOME/.gitconfig" ] || [ -L "$HOME/.gitconfig" ]; then
    if found=$(git config --global --includes --get-regexp '^user\.(name|email)$' 2>/dev/null); then
      [ "$found" = "user.name $author_name"$'\n'"user.email $author_email" ] && return 0
    elif [ $? -ne 1 ]; then
      rm -f "$HOME/.gitconfig" # the agent broke it
    fi
    git config --global user.name "$author_name"
    git config --global user.email "$author_email"
  else
    printf '%s' "$written" >"$HOME/.gitconfig"
  fi
}

quote_value() { # TEXT: sets `quoted` to it as a value in git's configuration
  quoted=${1//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  quoted=\"${quoted//$'\n'/\\n}\"
}

# The operator's certificates. Node adds them to its own; the other programs take one file in place of theirs, so it has
# the image's as well.
trust_certificates() {
  local given=$OPENTL_WORKSPACE/in/certificates.pem trusted=$OPENTL_WORKSPACE/certificates.pem system
  remove "$trusted" # whatever an earlier agent made of it
  [ -s "$given" ] || return 0
  for system in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ -f "$system" ] && break
  done
  { cat "$system" 2>/dev/null; echo; cat "$given"; } >"$trusted" || die "The certificates could not be put into the workspace"
  export NODE_EXTRA_CA_CERTS=$given SSL_CERT_FILE=$trusted CURL_CA_BUNDLE=$trusted GIT_SSL_CAINFO=$trusted
  export REQUESTS_CA_BUNDLE=$trusted PIP_CERT=$trusted CARGO_HTTP_CAINFO=$trusted
}

# A host that has ended took its bridge along.
replace_lost_bridge() {
  [ "$bridge" = "$waiting_host" ] && ! kill -0 "$bridge" 2>/dev/null || return 0
  end_waiting_host
  start_bridge
}

await_bridge() {
  [ -n "${OPENTL_GATEWAY_SOCKET:-}" ] || return 0
  replace_lost_bridge
  [ -z "$bridged" ] || return 0
  local base
  until [ -s "$bridge_port" ]; do
    replace_lost_bridge
    kill -0 "$bridge" 2>/dev/null || die "The bridge to the gateway did not start"
    sleep 0.02
  done
  kill -0 "$bridge" 2>/dev/null || die "The bridge to the gateway has ended"
  bridged=yes
  base=http://127.0.0.1:$(<"$bridge_port")
  export OPENTL_GATEWAY_URL=$base
  export ANTHROPIC_BASE_URL=$base/anthropic ANTHROPIC_API_KEY=opentl-gateway
  export OPENAI_BASE_URL=$base/openai/v1 OPENAI_API_KEY=opentl-gateway
  export GOOGLE_GEMINI_BASE_URL=$base/google GEMINI_API_KEY=opentl-gateway
  export HTTP_PROXY=$base HTTPS_PROXY=$base NO_PROXY=127.0.0.1,localhost
  export http_proxy=$base https_proxy=$base no_proxy=$NO_PROXY
  export YARN_HTTP_PROXY=$base YARN_HTTPS_PROXY=$base
  export NODE_USE_ENV_PROXY=1 # corepack leaves the proxy to node, which asks for this
}

# --- The repository --------------------------------------------------------------------------------------------------

prepare_repository() {
  # Without the ready mark, an earlier round died before its agent started: what it left belongs to no one.
  if [ -z "$prepared" ] && [ ! -e "$ready" ] && can_clone; then
    remove "$repo"
  fi
  if [ -z "$prepared" ] && [ -e "$repo/.git" ]; then
    status "Continuing in the workspace"
    { continue_repository && move_to_start; } || start_anew || die "The workspace's repository can no longer be used"
  else
    status "Cloning repository"
    if ! clone_repository; then
      rm -rf "$repo"
      die "The repository could not be cloned"
    fi
  fi
  [ -e "$ready" ] || : >"$ready"
  [ ! -e "$bundle" ] || rm -f "$bundle" 2>>"$log"
}

can_clone() { [ -f "$bundle" ] || [ -n "${OPENTL_REMOTE_OBJECTS:-}" ]; }

# The repository as of the turn's start, with its dependencies and with work that was not pushed yet.
clone_repository() {
  if [ -z "$prepared" ]; then
    remove "$repo" "$ready"
    make_repository >>"$log" 2>&1 && mkdir -p "${directories_of_git[@]}" || return 1
  fi
  prepared=
  share_objects && take_in_bundle || return 1
  attend git_alone checkout -q -B "$branch" "$start" >>"$log" && cd "$repo" || return 1
  restore_dependencies || install_dependencies
  if [ -n "${OPENTL_WORK_COMMIT:-}" ] && has_commit "$OPENTL_WORK_COMMIT"; then
    carry_over "$(work_commit)"
  fi
  record_clone
}

record_clone() {
  local record="update refs/opentl/start/$OPENTL_TURN $start"
  if [ -n "${OPENTL_REMOTE_OBJECTS:-}" ]; then
    change_refs "$record" "update refs/remotes/origin/$branch $start" && return 0
  fi
  change_refs "$record"
}

# The work that was not pushed as one commit: it may be several, one a round.
work_commit() {
  if [ -n "${OPENTL_WORK_START:-}" ] && has_commit "$OPENTL_WORK_START"; then
    as_author repo_git commit-tree "$OPENTL_WORK_COMMIT^{tree}" -p "$OPENTL_WORK_START" -m "Work that was not pushed" &&
      return 0
  fi
  printf '%s\n' "$OPENTL_WORK_COMMIT"
}

# Takes the objects of the remote from where they are, which copies none of them.
share_objects() {
  [ -n "${OPENTL_REMOTE_OBJECTS:-}" ] || return 0
  printf '%s\n' "$OPENTL_REMOTE_OBJECTS" >"$repo/.git/objects/info/alternates"
}

# Fetches the objects of commits that the workspace lacks.
take_in_bundle() {
  [ -f "$bundle" ] || return 0
  attend repo_git fetch -q "$bundle" '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' >>"$log" ||
    return 1
  if ! has_commit "$start" || { [ -n "${OPENTL_WORK_COMMIT:-}" ] && ! has_commit "$OPENTL_WORK_COMMIT"; }; then
    attend repo_git bundle unbundle "$bundle" >>"$log" || return 1
  fi
}

# Moves a repository that the agent broke aside, if the bundle has everything for a new one.
start_anew() {
  can_clone || return 1
  cd "$OPENTL_WORKSPACE" && rm -rf "$repo.broken" && mv "$repo" "$repo.broken" || return 1
  if clone_repository; then
    note "The workspace's repository could no longer be used and was recreated; the old one is in $repo.broken"
    return 0
  fi
  rm -rf "$repo"
  mv "$repo.broken" "$repo" && touch "$ready" # unchanged: a person may still find it useful
  return 1
}

# --- The turn's start ------------------------------------------------------------------------------------------------
#
# A turn's work is one commit on top of its start, and each turn has its own: what was pushed, and what people pushed on
# top of it. Where the workspace stands is in its references: `refs/opentl/start/<turn>` is the start that it was last
# moved to, `refs/opentl/packed` the newest commit that was handed out, `refs/opentl/moving` work that is being moved.

# Each process of git takes a few milliseconds, and a person waits for it: a single one tells where the workspace stands. One
# that has the files of the turn's start, as most do whose work was pushed, is moved by its references alone.

declare -A commit_of=() tree_of=() # by reference; a tree only where it is a commit that can be read
moved_turn=                        # the turn to whose start the workspace was last moved
is_on_branch=                      # whether HEAD is the session's branch

read_state() {
  local ref
  list_state '%(tree)' && return 0
  # git tells nothing where it lacks the object of one of them
  list_state ''
  for ref in "${!commit_of[@]}"; do
    tree_of[$ref]=$(repo_git rev-parse -q --verify "$ref^{commit}^{tree}")
  done
}

list_state() { # FORMAT of the tree. Returns 0 if git told of all
  local ref commit tree mark is_complete=
  commit_of=() tree_of=() moved_turn= is_on_branch=
  while IFS=: read -r ref commit tree mark; do
    case $ref in
      all) is_complete=yes && break ;;
      refs/opentl/start/*) moved_turn=${ref#refs/opentl/start/} ;; # the newest comes last
      "$branch_ref") [ "$mark" != '*' ] || is_on_branch=yes ;;
    esac
    commit_of[$ref]=$commit
    tree_of[$ref]=$tree
  done < <(repo_git for-each-ref --sort=version:refname --format="%(refname):%(objectname):$1:%(HEAD)" \
    "$branch_ref" refs/opentl/packed refs/opentl/start refs/opentl/moving && echo all)
  [ -n "$is_complete" ]
}

change_refs() { # CHANGE…
  local changes
  printf -v changes '%s\n' "$@"
  repo_git update-ref --stdin <<<"${changes%$'\n'}" >>"$log"
}

record_start() { # CHANGE…: other references that change at the same time
  local ref
  local -a changes=("$@" "update refs/opentl/start/$OPENTL_TURN $start")
  for ref in "${!commit_of[@]}"; do
    case $ref in
      "refs/opentl/start/$OPENTL_TURN") ;;
      refs/opentl/start/* | refs/opentl/moving) changes+=("delete $ref") ;;
    esac
  done
  change_refs "${changes[@]}"
}

# Moves the branch to the turn's start. Unpushed work of earlier turns comes along, uncommitted files included.
move_to_start() {
  local work= tree= start_tree taking= is_moving=
  local -a changes=()
  [ "$moved_turn" != "$OPENTL_TURN" ] || return 0
  if [ -f "$bundle" ]; then
    git_alone bundle unbundle "$bundle" >>"$log" &
    taking=$!
    child=$taking
    changes+=("update refs/remotes/origin/$branch $start")
  fi
  # an interrupted move continues with the work that it had found
  if [ -n "${tree_of[refs/opentl/moving]:-}" ]; then
    work=${commit_of[refs/opentl/moving]}
  elif is_clean; then
    tree=${tree_of[$branch_ref]:-}
  fi
  [ -z "$taking" ] || await_child "$taking" || return 1
  start_tree=$(git_alone rev-parse -q --verify "$start^{commit}^{tree}") || return 1
  if [ -z "$work" ]; then
    [ "$tree" = "$start_tree" ] || is_moving=yes
    find_unpushed_work || return 1
    if [ -z "$is_moving" ] && [ "$work" = "$start" ]; then
      record_start "update $branch_ref $start" "${changes[@]}"
      return
    fi
  fi
  change_refs "update refs/opentl/moving $work" "${changes[@]}" || return 1
  commit_of[refs/opentl/moving]=$work
  attend git_alone checkout -q -f -B "$branch" "$start" >>"$log" || return 1
  [ "$work" = "$start" ] || carry_over "$work"
  record_start
}

# Whether the files are those of the branch's commit, so that there is nothing to stage, and nothing else is under way.
is_clean() {
  local found name
  settle_operation
  for name in MERGE_HEAD MERGE_MSG SQUASH_MSG CHERRY_PICK_HEAD REVERT_HEAD; do
    git_state "$name" && return 1
  done
  found=$(git_alone -c core.untrackedCache=false status --porcelain --untracked-files=normal --ignore-submodules=dirty \
    --no-renames) && [ -z "$found" ]
}

# Sets `work` to a commit whose change against its parent is the work, or to the start if there is none. The files' tree is
# `tree`, or what there is to stage first.
find_unpushed_work() {
  local base base_tree
  if [ -z "$tree" ]; then
    stage_files
    tree=$(repo_git write-tree) || return 1
  fi
  find_base_of_work || return 1
  work=$start
  [ "$tree" != "$base_tree" ] || return 0
  work=$(as_author repo_git commit-tree "$tree" -p "$base" -m "Work that was not pushed") || return 1
  changes+=("update refs/opentl/kept/$work $work")
}

# Sets the base of unpushed work: the exported commit if that is what was pushed, else the start of its turn.
find_base_of_work() {
  local ref=refs/opentl/start/$moved_turn
  if [ -z "$moved_turn" ]; then
    ref=none
  elif [ "$moved_turn" = "${OPENTL_PUSHED_TURN:-}" ] && [ -n "${tree_of[refs/opentl/packed]:-}" ]; then
    ref=refs/opentl/packed
  fi
  base=${commit_of[$ref]:-} base_tree=${tree_of[$ref]:-}
  [ -z "$base_tree" ] || return 0
  base=$(repo_git merge-base HEAD "$start") && base_tree=$(repo_git rev-parse "$base^{tree}")
}

carry_over() { # COMMIT: applies its change against its parent on top of the branch; conflicts are left to the agent
  local conflicts
  if attend repo_git -c rerere.enabled=false -c merge.conflictStyle=merge cherry-pick --no-commit "$1" >>"$log"; then
    repo_git diff --cached --quiet --no-ext-diff >>"$log" && return 0
    write_commit && status "Work of an earlier turn that was not pushed is on the branch again"
    return 0
  fi
  conflicts=$(repo_git diff --name-only --diff-filter=U | head -n 20 | paste -s -d ' ')
  if [ -n "$conflicts" ]; then
    note "Unpushed work of an earlier turn conflicts with the branch's present state, in: $conflicts. In these files the branch's lines come first, after <<<<<<<, and those of the earlier work after =======: resolve the conflicts"
  else
    note "Unpushed work of an earlier turn could not be applied to the branch; it is kept in the workspace as commit $1"
  fi
}

continue_repository() {
  cd "$repo" || return 1
  remove_stale_locks
  read_state
  [ -n "$is_on_branch" ] && [ -n "${tree_of[$branch_ref]:-}" ] && return 0
  # A killed agent was on another branch. Its files stay unchanged; go back only if the branch would lose commits
  # otherwise.
  if repo_git merge-base --is-ancestor "$branch_ref" HEAD || ! repo_git checkout -q "$branch" >>"$log"; then
    adopt_head || return 1
  fi
  read_state
}

remove_stale_locks() { # left by processes that have ended
  local -a locks
  shopt -s globstar nullglob
  locks=("$repo"/.git/*.lock "$repo"/.git/refs/**/*.lock)
  shopt -u globstar nullglob
  [ "${#locks[@]}" -eq 0 ] || rm -f "${locks[@]}"
}

on_branch() { [ "$(repo_git symbolic-ref -q HEAD)" = "$branch_ref" ]; }

adopt_head() { # moves the branch to HEAD's commit; index and files stay
  local old new
  old=$(repo_git rev-parse -q --verify "$branch_ref^{commit}")
  if new=$(repo_git rev-parse -q --verify 'HEAD^{commit}'); then
    if [ -n "$old" ] && ! repo_git merge-base --is-ancestor "$old" "$new"; then
      repo_git update-ref "refs/opentl/kept/$old" "$old"
      note "The branch is now where the agent left HEAD; its previous commit $old is kept in the workspace"
    fi
    repo_git update-ref "$branch_ref" "$new" && repo_git symbolic-ref HEAD "$branch_ref"
  else
    # A branch without a commit: its files become a change on top of the session's branch.
    [ -n "$old" ] || repo_git update-ref "$branch_ref" "$start" || return 1
    repo_git symbolic-ref HEAD "$branch_ref" && repo_git reset -q >>"$log"
  fi
}

exclude() { # PATH in the repository, directories with a slash: never committed
  local pattern=$1 special
  for special in '\' '[' ']' '*' '?' ' '; do
    pattern=${pattern//"$special"/"\\$special"}
  done
  printf '/%s\n' "${pattern//[$'\n\r']/?}" >>"$repo/.git/info/exclude"
}

# --- Dependencies ----------------------------------------------------------------------------------------------------

# Takes what an install on the base commit has left. It is unpacked aside, so that nothing in it can be written anywhere
# else; what is there already stays, the files of the commit above all. Returns 0 if nothing is left to install.
restore_dependencies() {
  local aside=$OPENTL_WORKSPACE/dependencies code=1
  [ -n "$snapshot_use" ] && [ -f "$snapshot" ] && have tar || return 1
  remove "$aside"
  if mkdir "$aside" && unpack_dependencies "$aside" && take_over "$aside/home" "$HOME" && take_over "$aside/repo" "$repo"; then
    if [ "$snapshot_use" = whole ]; then
      status "Dependencies taken from the cache"
      forget_changes || die "The repository could not be restored after its dependencies were taken from the cache"
      code=0
    fi
  else
    status "The cache of dependencies could not be used"
  fi
  remove "$aside"
  return "$code"
}

# What an install leaves beside the caches of its tools.
not_caches=(--exclude=repo --exclude=home/venv --exclude=home/.local/bin --exclude=home/.local/lib --exclude=home/go/bin)

unpack_dependencies() { # DIRECTORY
  local -a left_out=()
  [ "$snapshot_use" = whole ] || left_out=("${not_caches[@]}")
  attend tar --extract --file "$snapshot" --directory "$1" --preserve-permissions --delay-directory-restore \
    --anchored --no-wildcards "${left_out[@]}" >>"$log" 2>&1 && [ -e "$1/complete" ]
}

# FROM TO: moves what TO lacks. No link is followed, and git's own directory is left alone.
take_over() {
  attend node -e '
    const { lstatSync, readdirSync, renameSync } = require("node:fs")
    const [from, to] = process.argv.slice(1)
    const isDirectory = (file) => lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === true
    const move = (from, to, skipped) => {
      for (const name of readdirSync(from)) {
        const [source, target] = [`${from}/${name}`, `${to}/${name}`]
        if (name === skipped) continue
        if (lstatSync(target, { throwIfNoEntry: false }) === undefined) renameSync(source, target)
        else if (isDirectory(source) && isDirectory(target)) move(source, target)
      }
    }
    if (isDirectory(from) && isDirectory(to)) move(from, to, ".git")
  ' "$1" "$2" >>"$log" 2>&1
}

# Packs what the install has left: all of it, or what its tools keep in their caches. Nothing if an install failed.
pack_dependencies() {
  local list=$out/dependencies.list archive=$out/dependencies.tar
  local -a left_out=(--exclude=home/.gitconfig)
  have tar && ! grep -qsv '^0 ' "$out/installs" || return 0
  [ "$pack" = whole ] || left_out+=("${not_caches[@]}")
  status "Packing dependencies"
  # the home first: where a tool links its files into the repository, those of its cache are the files
  {
    printf 'home\0'
    repo_git ls-files -z --others --directory --no-empty-directory | while IFS= read -r -d '' path; do
      printf 'repo/%s\0' "$path"
    done
    # tar does not mind an archive that was cut off between two files
    printf 'complete\0'
  } >"$list"
  touch "$OPENTL_WORKSPACE/complete"
  if ! attend tar --create --file "$archive.new" --directory "$OPENTL_WORKSPACE" --anchored --no-wildcards \
    "${left_out[@]}" --null --files-from "$list" >>"$log" 2>&1 || ! mv "$archive.new" "$archive"; then
    rm -f "$archive.new"
    status "The dependencies could not be packed"
  fi
}

install_dependencies() {
  if [ -f "$OPENTL_WORKSPACE/in/setup.sh" ]; then
    install bash setup bash "$OPENTL_WORKSPACE/in/setup.sh"
  else
    install_node_packages
    install_python_packages
    install_go_modules
  fi
  [ -z "$installed" ] || forget_changes || die "The repository could not be restored after the dependency install"
}

install() { # TOOL LABEL COMMAND…
  local tool=$1 label=$2 code
  shift 2
  if ! have "$tool"; then
    note "Dependency install skipped ($label): $tool is not in the sandbox"
    return 0
  fi
  if code=$(failed_code "$label"); then
    [ -z "$install_log" ] || cat "$OPENTL_WORKSPACE/in/failed-install.log" >>"$install_log"
    printf '%s %s\n' "$code" "$label" >>"$out/installs"
    note "Dependency install failed ($label, exit $code, a moment ago): the agent continues without it"
    return 0
  fi
  installed=yes
  await_bridge
  status "Installing dependencies ($label)"
  set -- env PATH="$agent_path" timeout -k 10 "$install_seconds" "$@"
  if [ -z "$install_log" ]; then relay -- "$@"; else relay -- "$@" >>"$install_log"; fi
  code=$?
  printf '%s %s\n' "$code" "${label//[[:cntrl:]]/ }" >>"$out/installs"
  case $code in
    0) ;;
    124) note "Dependency install failed ($label, not finished after $install_seconds s): the agent continues without it" ;;
    *) note "Dependency install failed ($label, exit $code): the agent continues without it" ;;
  esac
}

# LABEL: prints the exit code of an install that the host knows to fail, so that nobody waits for it again.
failed_code() {
  local code label
  [ -f "$OPENTL_WORKSPACE/in/failed-installs" ] || return 1
  while read -r code label; do
    [ "$label" = "$1" ] && printf '%s' "$code" && return 0
  done <"$OPENTL_WORKSPACE/in/failed-installs"
  return 1
}

install_node_packages() {
  # caches do not need what the repository's scripts do, and must not depend on it
  [ "$pack" != caches ] || no_scripts=(--ignore-scripts)
  if [ ! -f package.json ] || ! wants_node_packages; then
    return 0
  elif [ -f pnpm-lock.yaml ]; then
    install_with_corepack pnpm install --frozen-lockfile
  elif [ -f yarn.lock ] && [ -f .yarnrc.yml ]; then
    [ "$pack" != caches ] || no_scripts=(--mode=skip-build)
    install_with_corepack yarn install --immutable
  elif [ -f yarn.lock ]; then
    install_with_corepack yarn install --frozen-lockfile
  elif [ -f package-lock.json ] || [ -f npm-shrinkwrap.json ]; then
    install npm "npm ci" npm ci --no-audit --no-fund "${no_scripts[@]}"
  else
    install npm "npm install" npm install --no-audit --no-fund --no-save --no-package-lock "${no_scripts[@]}"
  fi
}

wants_node_packages() { # the package manager reports an unreadable manifest
  node -e '
    let manifest
    try { manifest = JSON.parse(require("node:fs").readFileSync("package.json", "utf8")) } catch { process.exit(0) }
    const lists = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "workspaces"]
    process.exit(lists.some((name) => Object.keys(manifest?.[name] ?? {}).length > 0) ? 0 : 1)
  ' >>"$log" 2>&1
}

install_with_corepack() { # TOOL ARGUMENT…
  if have "$1" || ! have corepack; then
    install "$1" "$*" "$@" "${no_scripts[@]}"
  else
    install corepack "$*" corepack "$@" "${no_scripts[@]}"
  fi
}

install_python_packages() {
  local -a what
  if [ -f uv.lock ] && have uv; then
    install uv "uv sync" uv sync --frozen
    return 0
  elif [ -f requirements.txt ]; then
    what=(-r requirements.txt)
  elif [ -f pyproject.toml ] && [[ $'\n'$(<pyproject.toml) =~ $'\n'\[(project|build-system|tool\.poetry)\] ]]; then
    what=(-e .)
  else
    return 0
  fi
  local label="pip install ${what[*]}"
  if have python3 && attend python3 -m venv "$HOME/venv" >>"$log" 2>&1; then
    install python3 "$label" "$HOME/venv/bin/python" -m pip install --disable-pip-version-check "${what[@]}"
  else
    rm -rf "$HOME/venv"
    install pip3 "$label" env PIP_BREAK_SYSTEM_PACKAGES=1 pip3 install --user --disable-pip-version-check "${what[@]}"
  fi
}

install_go_modules() {
  [ ! -f go.mod ] || install go "go mod download" go mod download
}

# What an install changed is never committed: tracked files are restored, new ones are excluded.
forget_changes() {
  local path
  remove_stale_locks
  repo_git checkout -q -f -B "$branch" "$start" >>"$log" || return 1
  while IFS= read -r -d '' path; do
    exclude "$path"
  done < <(repo_git ls-files -z --others --exclude-standard --directory)
}

# --- The agent -------------------------------------------------------------------------------------------------------

copy_text() { # FROM TO: byte for byte. No program is started for it, unless it is long or has a NUL
  local text LC_ALL=C # bash takes other characters apart that are none
  [ -r "$1" ] || return 1
  if IFS= read -r -d '' -n 65536 text <"$1"; then cat "$1"; else printf '%s' "$text"; fi >"$2"
}

write_prompt() {
  export OPENTL_PROMPT_FILE=$out/prompt.md OPENTL_ANSWER_FILE=$out/answer.md
  copy_text "$OPENTL_WORKSPACE/in/prompt.md" "$OPENTL_PROMPT_FILE" 2>>"$log" || die "The prompt of the round is missing"
  [ -s "$notes" ] || return 0
  local line
  {
    printf '\n\nAbout this sandbox:\n\n'
    while IFS= read -r line; do printf -- '- %s\n' "$line"; done <"$notes"
  } >>"$OPENTL_PROMPT_FILE"
}

# The host of an agent prints markers by itself, and keeps to the limit by itself: what an agent says in it is always inside
# JSON. Without one that waits, as after an install that has ended it, it is started now.
run_host() {
  local code
  export OPENTL_AGENT_LAUNCH=$OPENTL_WORKSPACE/in/agent.json OPENTL_AGENTS=${OPENTL_AGENTS:-/opt/opentl-agents}
  child=$waiting_host # it may be at work before this goes on
  if ! tell_host_to_start; then
    end_waiting_host
    start_host "$OPENTL_AGENT"
    await_bridge
    child=$waiting_host
    tell_host_to_start || die "The agent's host could not be started"
  fi
  await_host
  code=$?
  forget_host
  [ ! -s "$host_log" ] || cat "$host_log" >>"$log" 2>&1
  return "$code"
}

# It tells its exit code when it has done everything. What it takes to end after that is not waited for. (A signal is handled at
# once only in `wait`, so another shell reads.)
await_host() {
  local code untold=255
  child=$waiting_host
  # bash has closed it where the host has ended already
  if { read_code "$untold" <&4 & } 2>/dev/null 4<&"$waiting_host_output"; then
    wait "$!"
    code=$?
    if [ "$code" -ne "$untold" ]; then
      child=
      ending_host=$waiting_host
      return "$code"
    fi
  fi
  await_child "$waiting_host"
}

read_code() { # CODE: if there is none
  local code
  IFS= read -r code && [[ $code =~ ^[0-9]{1,3}$ ]] || code=$1
  exit "$code"
}

tell_host_to_start() {
  local input=$waiting_host_input
  waiting_host_input=
  tell_to_start "$input" "$agent_path"
}

end_waiting_host() {
  [ -n "$waiting_host" ] || return 0
  kill "$waiting_host" 2>/dev/null
  wait "$waiting_host" 2>/dev/null
  forget_host
}

forget_host() { # that has ended
  [ "$bridge" != "$waiting_host" ] || bridge= bridged=
  waiting_host= waiting_host_input= waiting_host_output=
}

run_agent() {
  await_bridge
  status "Running agent (${OPENTL_AGENT_NAME:-$OPENTL_AGENT})"
  case $OPENTL_AGENT in
    opentl | acp) run_host ;;
    command) relay --stdin "$OPENTL_PROMPT_FILE" -- env PATH="$agent_path" bash -c "$OPENTL_AGENT_COMMAND" ;;
    *) die "There is no agent named $OPENTL_AGENT" ;;
  esac
}

# --- The checks ------------------------------------------------------------------------------------------------------

# In place of an agent: nothing of it is committed. What the commands print is no output of the session.
run_checks() {
  await_bridge
  status "Running checks"
  OPENTL_CHECKS=$OPENTL_WORKSPACE/in/checks.json OPENTL_CHECKS_OUT=$out \
    attend env PATH="$agent_path" "$(command -v node)" "$OPENTL_RUNTIME/checks.mjs" </dev/null 2>>"$log"
}

# --- The result ------------------------------------------------------------------------------------------------------

# Each process of git takes a few milliseconds, and a person waits for it: none is asked what another one has told already.

head= # the branch's commit, where it is known

commit_changes() {
  local before
  local -a found
  # prints no more once it does not find something
  mapfile -t found < <(git_alone rev-parse --git-dir "$start^{commit}" 'HEAD^{commit}' --symbolic-full-name HEAD)
  [ "${#found[@]}" -gt 0 ] || die "The agent left no usable repository behind"
  remove_stale_locks
  if [ "${found[3]:-}" = "$branch_ref" ]; then
    head=${found[2]}
  elif ! on_branch || ! has_commit HEAD; then
    adopt_head || die "The agent's result could not be put on the branch"
  fi
  before=$head
  if stage_files || git_state MERGE_HEAD; then
    write_commit || die "The agent's changes could not be committed"
    head=
  fi
  [ "$before" = "$start" ] || keep_history || die "The agent's result could not be put on the branch"
}

# Returns 0 if something is staged then.
stage_files() {
  settle_operation
  look_through_files
  repo_git add -A --ignore-errors >>"$log" || note "Some files could not be read and are not in the result"
  leave_out_gitlinks
}

# If the agent rewrote commits of the start, its files become one commit on top of them.
keep_history() {
  has_commit "$start" || return 0
  repo_git merge-base --is-ancestor "$start" HEAD && return 0
  local old
  old=$(repo_git rev-parse HEAD) || return 1
  repo_git update-ref "refs/opentl/kept/$old" "$old"
  note "The agent rewrote history; its files are committed on top of $start, and its commit $old is kept in the workspace"
  head=
  repo_git reset -q --soft "$start" >>"$log" || return 1
  ! is_staged || write_commit
}

write_commit() {
  local -a words=(-F "$message")
  [ -s "$message" ] || words=(-m "Changes of session ${OPENTL_SESSION:-}")
  as_author repo_git commit -q --no-verify --cleanup=whitespace "${words[@]}" >>"$log"
}

as_author() { # COMMAND…
  GIT_AUTHOR_NAME=$author_name GIT_AUTHOR_EMAIL=$author_email \
    GIT_COMMITTER_NAME=$author_name GIT_COMMITTER_EMAIL=$author_email "$@"
}

git_state() { [ -e "$repo/.git/$1" ]; }

# An unfinished rebase, cherry-pick or revert by the agent ends as it is: its files are committed on HEAD. A merge is
# recorded as a merge only if the conflicts are resolved.
settle_operation() {
  if git_state rebase-merge || git_state rebase-apply; then
    repo_git rebase --quit >>"$log"
  fi
  if git_state CHERRY_PICK_HEAD || git_state REVERT_HEAD || git_state sequencer; then
    repo_git cherry-pick --quit >>"$log"
  fi
}

# Looks for unresolved conflicts, and for git repositories in the repository, which git lists as one path with a slash.
look_through_files() {
  local entry path last=
  while IFS= read -r -d '' entry; do
    case $entry in
      '? '*/)
        path=${entry#'? '}
        exclude "$path" && note_nested "${path%/}"
        ;;
      'M '*) # a path in conflict, up to three times
        path=${entry#*$'\t'}
        [ "$path" = "$last" ] || end_merge_with "$path"
        last=$path
        ;;
    esac
  done < <(git_alone ls-files -z -t --unmerged --others --exclude-standard)
}

end_merge_with() { # PATH in conflict
  repo_git grep -q -e '^<<<<<<< ' -- ":(literal)$1" >>"$log" || return 0
  repo_git merge --quit >>"$log"
  note "Committed with its conflict markers, as the agent left it: $1"
}

note_nested() { note "Left out of the result, because it is a separate git repository: $1"; }

# Gitlinks staged by the agent, or replacing tracked files. Submodules are named in .gitmodules. Returns 0 if something is
# staged, and if git cannot tell.
leave_out_gitlinks() {
  local change= path staged= left_out=
  while IFS= read -r -d '' change && IFS= read -r -d '' path; do
    case $change in
      :160000*) ;;
      :*" 160000 "*)
        if ! is_submodule "$path"; then
          repo_git reset -q HEAD -- ":(literal)$path" >>"$log"
          note_nested "$path"
          left_out=yes
        fi
        ;;
    esac
    staged=yes
  done < <(repo_git diff --cached --raw -z --no-renames --no-ext-diff HEAD && printf 'all\0')
  # (bash 5.2 can wait for ever for a process substitution, when it has ended already)
  [ "$change" = all ] || return 0
  [ -z "$left_out" ] || is_staged || return 1
  [ -n "$staged" ]
}

is_staged() { ! repo_git diff --cached --quiet --no-ext-diff >>"$log"; }

is_submodule() { # PATH
  local submodules
  submodules=$'\n'$(repo_git config -f .gitmodules --get-regexp '^submodule\..*\.path$' | cut -d ' ' -f 2-)$'\n'
  [[ $submodules == *$'\n'"$1"$'\n'* ]]
}

write_results() { # EXIT_CODE
  local packing changed=false result=$out/result.json
  if [ "$head" != "$start" ]; then
    git_alone bundle create -q "$out/result.bundle" "^$start" "$branch_ref" >>"$log" &
    packing=$!
    head=$(git_alone rev-parse -q --verify "$branch_ref^{commit}") || die "The result has no commit"
    if ! await_child "$packing" && [ "$head" != "$start" ]; then
      has_commit "$start" || die "The commit that the branch starts from is missing"
      die "The result could not be packed"
    fi
    [ "$head" = "$start" ] || changed=true
  fi
  repo_git update-ref refs/opentl/packed "$head"
  # nothing in it needs to be escaped: the notes are in a file of their own
  remove "$result" # whatever the agent made of it
  if ! printf '{"exit_code":%d,"head":"%s","changed":%s}\n' "$1" "$head" "$changed" 2>>"$log" >"$result"; then
    remove "$result"
    die "The result could not be written"
  fi
}

main() {
  local code
  trap on_signal TERM INT HUP
  trap on_exit EXIT
  prepare_surroundings
  trust_certificates
  [ "$waiting_host_kind" = "$OPENTL_AGENT" ] || end_waiting_host
  if is_checking; then
    start_bridge
    end_waiting_relay
    install_log=$out/install.log
    prepare_repository
    [ -z "$pack" ] || pack_dependencies
    run_checks || die "The checks could not be run"
    exit 0
  fi
  [ -n "$waiting_host" ] || start_host "$OPENTL_AGENT"
  start_bridge
  [ -n "$waiting_host" ] || start_relay
  prepare_repository
  [ -z "$waiting_host" ] || end_waiting_relay
  write_prompt
  run_agent
  code=$?
  [ "$code" -eq 0 ] || say ERROR "agent exited with code $code"
  commit_changes
  write_results "$code"
  [ -z "$ending_host" ] || wait "$ending_host"
  say DONE "$branch"
  exit "$code"
}

main
