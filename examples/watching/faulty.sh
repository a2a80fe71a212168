# SPDX-License-Identifier: MIT
# Each fault is named by one command, with its place and a stack, and nothing is wrong where nothing is.
set -eu
program=$1
edo=$(dirname "$1")/../edo
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
        "$edo" look --wait 500ms "$(cat "$dir/$name.pid")" >"$dir/$name.said" 2>&1 || true
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
for one in blocked two_locks five_locks held tasks queue sockets slow; do start $one; done
# nor has the address sanitizer's read() a frame that leads to its caller
caller='#[0-9]* .*blocked.c:[0-9]*'
case ${EDO_TEST_SANITIZER-} in address*) caller='#[0-9]* .*read' ;; esac
named blocked '^fault: ask_the_user at .*blocked.c:[0-9]* has kept worker [01] of runtime edo for .* waits in the kernel (read)' \
    "$caller" &
looks="$looks $!"
named two_locks '^fault: deadlock: 2 tasks wait for each other' 'pay_me at .*two_locks.c:[0-9]* waits for edo_mutex_lock' \
    'pay_you at .* took at .*two_locks.c:[0-9]*' '#[0-9]* .*two_locks.c:[0-9]*' &
looks="$looks $!"
named five_locks '^fault: deadlock: 5 tasks wait for each other' 'order at .* waits for edo_mutex_lock' \
    'list_prices at .* waits for edo_rwlock_read' 'update_rates at .* waits for edo_once_get_or_load' \
    '#[0-9]* .*five_locks.c:[0-9]*' &
looks="$looks $!"
named held '^fault: 5 tasks wait for edo_mutex_lock ' 'audit at .* has it, taken at .*held.c:[0-9]*, for ' \
    '0x[0-9a-f]* audit at .*: waits ' '#[0-9]* .*held.c:[0-9]*' &
looks="$looks $!"
named tasks '^fault: grows: task watch_visitor at .*tasks.c:[0-9]*: by ' '^  one is spawned here:' '#[0-9]* .*tasks.c:[0-9]*' &
looks="$looks $!"
named queue '^fault: grows: values in mpsc made at .*queue.c:[0-9]*: by ' '^  one is sent here:' '#[0-9]* .*queue.c:[0-9]*' &
looks="$looks $!"
named sockets '^fault: grows: descriptor opened by greet at .*sockets.c:[0-9]*: by ' '^  one is opened here:' \
    '#[0-9]* .*sockets.c:[0-9]*' &
looks="$looks $!"
named slow '^fault: 3 tasks wait for a reply of 127.0.0.1:[0-9]* (HTTP), for ' 'price at .*slow.c:[0-9]*: waits ' \
    '#[0-9]* .*slow.c:[0-9]*' &
wait $looks $!
all blocked two_locks five_locks held tasks queue sockets slow
start busy
# the thread sanitizer keeps signals back until the program's next call of libc: then there is no stack
inside='#[0-9]* .*busy.c:[0-9]*'
[ "${EDO_TEST_SANITIZER-}" != thread ] || inside=
named busy '^fault: search at .*busy.c:[0-9]* has kept worker [01] .* and computes' "$inside"
all busy
start starved
named starved '^fault: .* runnable and not run for .*guest at .*starved.c:[0-9]*.* long polls, as of cook at .*starved.c:[0-9]*' \
    '#[0-9]* .*starved.c:[0-9]*'
all starved
# A debug build ends by itself, and says the same.
ulimit -c 0
start lost_wake
looks=0
while [ $((looks += 1)) -le 20 ]; do
    "$edo" look --wait 200ms "$(cat "$dir/lost_wake.pid")" >"$dir/lost_wake.said" 2>&1 || true
    if grep -q '^fault: \|No such process' "$dir/lost_wake.said"; then break; fi
done
cat "$dir/lost_wake.said" >>"$dir/lost_wake.out"
if ! grep -q 'returned pending and kept no waker' "$dir/lost_wake.out"; then cat "$dir/lost_wake.out" >&2 && exit 1; fi
grep -q '#[0-9]* .*lost_wake.c:[0-9]*' "$dir/lost_wake.out" || grep -q 'addr2line ' "$dir/lost_wake.out"
# Nothing is asked of a program that would end.
env --default-signal=QUIT sleep 60 &
echo $! >"$dir/sleep.pid"
if "$edo" look $! 2>"$dir/refused"; then exit 1; fi
grep -q 'no program of edo' "$dir/refused"
kill -0 "$(cat "$dir/sleep.pid")"
