#!/bin/sh
# SPDX-License-Identifier: MIT
# The part of deb_test.sh that runs in the new root, which has the packages in /debs: installs them, uses each, and
# purges them.
set -eu
echo "clean root: begun"
cd /debs
export DEBIAN_FRONTEND=noninteractive
fail() {
    echo "FAILED: $*"
    exit 1
}
install() { apt-get -q -y --no-install-recommends install "$@"; }
packages() { dpkg-query -W -f '${Package}\n' | sort; }

# The core alone brings nothing along.
packages >before
install ./libedo0.1_*.deb
packages >after
[ "$(comm -13 before after)" = libedo0.1 ] || fail "with libedo0.1 came: $(comm -13 before after)"
echo "ok: libedo0.1 alone"
install ./*.deb

# By pkg-config. Static is edo's own part, the rest is shared, by the line of docs/libraries.md: files of Debian, such as
# libpsl.pc, leave out what archives need. Not with libpq, whose libpq.pc names archives that libpq-dev has not.
for group in '' -client -http -web -sim -otlp -console -pg -redis -sqlite; do
    program=tests/install/consumer/${group#-}.c
    [ -n "$group" ] || program=tests/install/consumer/consumer.c
    # shellcheck disable=SC2046,SC2086 # lists of flags
    for name in edo edo-debug; do
        cc -std=c17 $(pkg-config --cflags $name$group) $program $(pkg-config --libs $name$group) -o shared
        ./shared
        [ "$group" != -pg ] || continue
        cc -std=c17 $(pkg-config --cflags $name$group) $program \
            $(pkg-config --static --libs $name$group | sed 's/-ledo[a-z0-9-]*/-Wl,-Bstatic & -Wl,-Bdynamic/g') -o static
        [ "$(./static)" = "$(./shared)" ] || fail "$name$group, static"
    done
    echo "ok: edo$group by pkg-config"
done
ldd shared | grep -q libedo-debug-sqlite.so.0.1 || fail "the debug library is not that of the package"

# By CMake: that all of consumer/ links is most of it. The packages have no tsan.
cmake -G Ninja -S tests/install/consumer -B cmake -DVARIANTS=debug
cmake --build cmake
for group in ares tls http2 grpc; do
    [ -x cmake/c_edo_debug_${group}_static ] || fail "edo-$group by CMake"
done
for group in http client web sim otlp console pg redis sqlite; do
    for program in c_edo_$group c_edo_${group}_static c_edo_debug_$group c_edo_debug_${group}_static; do
        [ -n "$("cmake/$program")" ] || fail "$program by CMake"
    done
    echo "ok: edo-$group by CMake"
done

for word in look console trace sim; do
    edo $word --help | grep -q "^usage: edo $word" || fail "edo $word"
done
for page in man1/edo-chat.1 man1/edo.1 man1/edo-look.1 man3/edo_sleep.3 man7/edo.7; do
    # dpkg may have been told to leave manuals out
    grep -qs 'path-exclude=/usr/share/man' /etc/dpkg/dpkg.cfg.d/* || [ -e "/usr/share/man/$page.gz" ] || fail "no $page"
done

# The chat: its unit is one that systemd takes, its folder is its user's alone, and the command of the unit serves.
unit=/lib/systemd/system/edo-chat.service
said=$(systemd-analyze verify --man=no $unit 2>&1 | grep edo-chat) || true
[ -z "$said" ] || fail "systemd: $said"
said=$(systemd-analyze verify --man=no /lib/systemd/system/edo-chat@.service 2>&1 | grep edo-chat) || true
[ -z "$said" ] || fail "systemd: $said"
grep -q '^EDO_CHAT_NODES_OPTS="--db postgres://' /etc/default/edo-chat-nodes || fail "/etc/default/edo-chat-nodes"
[ "$(stat -c '%U %G %a' /var/lib/edo-chat)" = 'edo-chat edo-chat 700' ] || fail "/var/lib/edo-chat"
# shellcheck disable=SC1091
. /etc/default/edo-chat
[ "$EDO_CHAT_OPTS" = '--tcp 127.0.0.1:7000 --http 127.0.0.1:8080' ] || fail "/etc/default/edo-chat: $EDO_CHAT_OPTS"
EDO_CHAT_OPTS='--tcp 127.0.0.1:0 --http 127.0.0.1:0' # the new root has the network of the machine
command=$(sed -n 's/^ExecStart=//p' $unit | sed 's/--pre-stop 5s/--pre-stop 0s/')
mkfifo said
eval "exec setpriv --reuid edo-chat --regid edo-chat --clear-groups $command" >said &
chat=$!
url=
while read -r line; do
    url=${line#web on }
    [ "$url" = "$line" ] || break
done <said
port=${url##*:}
# shellcheck disable=SC2016 # bash has the port
bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; printf "GET /readyz HTTP/1.0\r\n\r\n" >&3; head -n 1 <&3' bash "${port%/}" |
    grep -q ' 200 ' || fail "edo-chat is not ready at '$url'"
kill -TERM $chat
wait $chat || fail "edo-chat ends with $?"
[ "$(stat -c '%U %a' /var/lib/edo-chat/chat.db)" = 'edo-chat 600' ] || fail "chat.db"
echo "ok: edo-chat"

# Nothing is left but the user.
# shellcheck disable=SC2046 # a list of names
apt-get -q -y purge $(for deb in *.deb; do echo "${deb%%_*}"; done)
left=$(find / -xdev \( -path /debs -o -path /dev -o -path /proc -o -path /sys -o -path /var/log -o -path /var/cache \) -prune -o -name '*edo*' -print |
    grep -E '/(lib)?edo[-_.0-9a-z]*$|protoc-gen-edo' || true)
[ -z "$left" ] || fail "a purge leaves $left"
getent passwd edo-chat >/dev/null || fail "the user is gone"
echo "ok: nothing is left"
