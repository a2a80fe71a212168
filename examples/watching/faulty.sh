# SPDX-License-Identifier: MIT
# Each fault is named by one command, with its place and a stack, and nothing is wrong where nothing is.
set -eu
program=$1
open=$(dirname "$1")/../edo-open
dir=$(mktemp -d)
trap 'kill -9 $(cat "$dir"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$dir"' EXIT
export EDO_WATCH=locks

# start NAME: a shell ignores SIGQUIT for what is in the background
start() {
    env --default-signal=QUIT "$program" "$1" >"$dir/$1.out" 2>&1 &
    echo $! >"$dir/$1.pid"
}
# named NAME PATTERN...: at one of some looks, as the machine may be busy; the fault may be about to come
named() (
    name=$1
    shift
    looks=0
    while [ $((looks += 1)) -le 10 ]; do
        missing=
        "$open" --wait 500ms "$(cat "$dir/$name.pid")" >"$dir/$name.said" 2>&1 || true
        for pattern; do
            grep -q -- "$pattern" "$dir/$name.said" || missing="$missing '$pattern'"
        done
        # no names of functions without libdw, and no lines
        if grep -q 'addr2line ' "$dir/$name.said" && grep -q '^fault: ' "$dir/$name.said"; then missing=; fi
        if [ -z "$missing" ]; then touch "$dir/$name.ok" && exit 0; fi
    done
    echo "$name: no$missing in:" >&2
    cat "$dir/$name.said" "$dir/$name.out" >&2
)
all() {
    for one; do
        [ -e "$dir/$one.ok" ] || exit 1
        kill -9 "$(cat "$dir/$one.pid")"
        rm "$dir/$one.pid"
    done
}

looks=
for one in blocked two_locks five_locks held tasks queue sockets; do start $one; done
named blocked '^fault: ask_the_user at .*blocked.c:[0-9]* has kept worker [01] of runtime edo for .* waits in the kernel (read)' \
    ' wait_for_answer+0x.*blocked.c:[0-9]*' &
looks="$looks $!"
named two_locks '^fault: deadlock: 2 tasks wait for each other' 'pay_me at .*two_locks.c:[0-9]* waits for edo_mutex_lock' \
    'pay_you at .* took at .*two_locks.c:[0-9]*' ' pay+0x.*two_locks.c:[0-9]*' &
looks="$looks $!"
named five_locks '^fault: deadlock: 5 tasks wait for each other' 'order at .* waits for edo_mutex_lock' \
    'list_prices at .* waits for edo_rwlock_read' 'update_rates at .* waits for edo_once_get_or_load' \
    ' invoice+0x.*five_locks.c:[0-9]*' &
looks="$looks $!"
named held '^fault: 5 tasks wait for edo_mutex_lock ' 'audit at .* has it, taken at .*held.c:[0-9]*, for ' \
    ' audit+0x.*held.c:[0-9]*' ' customer+0x.*held.c:[0-9]*' &
looks="$looks $!"
named tasks '^fault: grows: task watch_visitor at .*tasks.c:[0-9]*: by ' &
looks="$looks $!"
named queue '^fault: grows: values in mpsc made at .*queue.c:[0-9]*: by ' &
looks="$looks $!"
named sockets '^fault: grows: descriptor opened by greet at .*sockets.c:[0-9]*: by ' &
wait $looks $!
all blocked two_locks five_locks held tasks queue sockets
start busy
named busy '^fault: search at .*busy.c:[0-9]* has kept worker [01] .* and computes' ' search+0x.*busy.c:[0-9]*'
all busy
start starved
named starved '^fault: .* runnable and not run for .*guest at .*starved.c:[0-9]*.* long polls, as of cook at .*starved.c:[0-9]*' \
    ' chop+0x.*starved.c:[0-9]*'
all starved
