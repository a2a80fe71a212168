#!/bin/sh
# SPDX-License-Identifier: MIT
# bare_root.sh [--whole] TARGET: the part of bare_test.sh that runs in a root, which has git, make and the clone /edo.
set -eu
cd /edo
is_whole=no
if [ "$1" = --whole ]; then
    is_whole=yes
    shift
fi
target=$1

# Packages of servers start them, and the network is that of the machine.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

# Keeps what it fetches for the next root, and does not ask which server shall be the default of a service.
echo 'APT::Keep-Downloaded-Packages "true";' >/etc/apt/apt.conf.d/90keep
rm -f /etc/apt/apt.conf.d/docker-clean

# one_object PRESET [CMAKE ARGUMENT...]: of the core.
one_object() {
    preset=$1
    shift
    cmake --preset "$preset" "$@"
    object=$(ninja -C "build/$preset" -t targets all | sed -n 's/^\([^ :]*src\/base\/cond\.c\.o\):.*/\1/p' | head -n 1)
    ninja -C "build/$preset" "$object"
}

whole() {
    case $target in
    run) # the chat says where it is, and ends when it is told to
        mkfifo /said
        timeout 1200 make run ARGS='--tcp 127.0.0.1:0 --http 127.0.0.1:0' >/said 2>&1 &
        chat=$!
        exec 3</said
        while read -r line <&3; do
            echo "$line"
            case $line in 'web on '*) kill -TERM "$(pidof edo-chat)" ;; esac
        done
        wait $chat
        ;;
    *) make "$target" ;;
    esac
}

if [ $is_whole = yes ]; then
    whole
    exit
fi
scripts/setup "$target"
case $target in
run | run-nodes | release | bench-insn) one_object release ;;
bench)
    one_object release
    bench/build-peers # what is left out is said; what is there builds
    ls /usr/lib/postgresql/*/bin/postgres
    ;;
install | install-debug | install-tsan)
    preset=$target
    [ $target != install ] || preset=release
    one_object $preset
    ;;
test) one_object debug -DEDO_WERROR=ON -DEDO_REQUIRE=test ;;
check | soak)
    for preset in debug debug-clang asan tsan aarch64 portable release optimised; do
        one_object $preset -DEDO_REQUIRE=check
    done
    ;;
lint)
    one_object debug-clang
    scripts/format --check
    ;;
fmt) scripts/format --check ;;
docs | dist) make "$target" ;;
deb)
    dpkg-checkbuilddeps
    debian/rules override_dh_auto_configure
    ;;
*)
    echo "bare_root.sh: what does '$target' need to build?"
    exit 1
    ;;
esac
