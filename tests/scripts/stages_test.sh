#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: scripts/test fails if anything in a stage fails, names the stage, and counts its tests; a name that is no
# stage's it refuses before it begins. A stage that is late says so, and one that does nothing is ended. Flaky tests are named, and more than three are failures. `make check` runs every stage once, one after the other, whatever -j says.
# Method: a copy of it runs between programs that only look like cmake, ctest and the others; which of them
# fails is told by the environment.
set -eu
source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/scripts" "$dir/tools" "$dir/bin" "$dir/tests/install" "$dir/tests/fiber" "$dir/tests/runtime"
cp "$source/Makefile" "$dir/Makefile"
cp "$source/scripts/test" "$dir/scripts/test"
cp "$source/tools/flaky" "$dir/tools/flaky"
cat >"$dir/stub" <<'STUB'
#!/bin/sh
name=$(basename "$0")
echo "$name $*" >>calls
for pair in ${SLEEPS-}; do
    [ "${pair%:*}" = "$name" ] || continue
    echo $$ >sleeper
    exec sleep "${pair#*:}"
done
if [ "$name" = run-tests ]; then
    failed=0 flaky=${FLAKY:-0}
    [ "$FAILS" != run-tests ] || failed=3
    [ $flaky -eq 0 ] || printf 'flaky: unit/a\n    its last words\n'
    echo "run-tests: $((50 - failed - flaky)) passed, $failed failed, $flaky flaky, 0 skipped"
fi
[ "$name" != cmake ] || case $* in *--build*) name=build ;; esac
case $FAILS:$* in build-release:"--build --preset release "* | build-optimised:"--build --preset optimised "*) exit 1 ;; esac
[ "$name" != "$FAILS" ]
STUB
chmod +x "$dir/stub"
for name in bin/cmake scripts/run-tests scripts/setup scripts/format scripts/lint tools/tidy tools/measure-house tools/syntax tools/cost tests/install/install_test.sh \
    tests/install/deb_test.sh tests/install/bare_test.sh tests/fiber/lto_test.sh tests/runtime/gdb_test.sh; do
    cp "$dir/stub" "$dir/$name"
done

# Beside the rest of this test, as it takes two seconds: a stage that is late, and one in which nothing ends.
slow=$dir/slow
still=$dir/still
mkdir "$slow" "$still"
cp -r "$dir/scripts" "$dir/tools" "$slow"
cp -r "$dir/scripts" "$dir/tools" "$still"
sed -i -e 's/ style) echo 60/ style) echo 0/' "$slow/scripts/test"
sed -i -e 's/^progress_s=5 /progress_s=0.2 /' -e 's/^silent_max=600 /silent_max=1 /' "$still/scripts/test"
FAILS=nothing SLEEPS=format:1.1 PATH="$dir/bin:$PATH" sh "$slow/scripts/test" style >"$slow/said" 2>&1 &
FAILS=nothing SLEEPS=cmake:60 PATH="$dir/bin:$PATH" sh "$still/scripts/test" quick >"$still/said" 2>&1 &

said=
run() { # FAILS STAGE: the exit status; `said` is the output
    status=0
    said=$(FAILS=$1 PATH="$dir/bin:$PATH" sh "$dir/scripts/test" "$2" 2>&1) || status=$?
    return $status
}
wanted() { # TEXT
    echo "$said" | grep -q "$1" && return
    echo "wanted: $1"
    echo "$said"
    exit 1
}

stages="style quick optimised tsan debug asan clang release"
nightly="packages aarch64 portable"
for stage in $stages $nightly; do
    run nothing "$stage" || { echo "$stage failed without a reason: $said"; exit 1; }
    wanted "^$stage *ok"
    wanted ' 0 failed$'
done
for stage in quick optimised debug clang asan tsan aarch64 portable release; do
    for fails in cmake build run-tests; do
        ! run $fails "$stage" || { echo "$stage passed though $fails failed: $said"; exit 1; }
        wanted "^$stage *FAILED"
    done
    wanted "^$stage *FAILED *47 passed *3 failed"
    wanted '^47 passed, 3 failed$'
done
for pair in build-release:release build-optimised:release format:style tidy:style measure-house:style syntax:quick lint:clang install_test.sh:release deb_test.sh:packages bare_test.sh:packages lto_test.sh:release gdb_test.sh:release; do
    ! run "${pair%:*}" "${pair#*:}" || { echo "${pair#*:} passed though ${pair%:*} failed: $said"; exit 1; }
    wanted '^[0-9]* passed, 1 failed$'
done

status=0
said=$(FAILS=nothing PATH="$dir/bin:$PATH" sh "$dir/scripts/test" style asn 2>&1) || status=$?
[ "$status,$said" = "2,test: there is no stage 'asn', only: $stages $nightly" ] || {
    echo "an unknown stage: $status, $said"
    exit 1
}

# All that a stage has started ends with the script.
FAILS=nothing SLEEPS=format:60 PATH="$dir/bin:$PATH" sh "$dir/scripts/test" style >/dev/null 2>&1 &
until [ -s "$dir/sleeper" ]; do sleep 0.01; done
kill $!
! wait $! || { echo "it passed though it was ended"; exit 1; }
for _ in $(seq 300); do
    kill -0 "$(cat "$dir/sleeper")" 2>/dev/null || break
    sleep 0.1
done
! kill -0 "$(cat "$dir/sleeper")" 2>/dev/null || { echo "a stage goes on without the script"; exit 1; }

# What is missing is an error: for the stages of .ci/run what they need, for the others all.
for pair in quick:test optimised:test debug:check clang:check asan:check tsan:check aarch64:check portable:check release:check; do
    rm "$dir/calls"
    run nothing "${pair%:*}"
    ! grep '^cmake --preset' "$dir/calls" | grep -vF -- "-DEDO_REQUIRE=${pair#*:}" || { echo "not for $pair"; exit 1; }
done

# Rounds are asked for by words, and not by the environment.
rm "$dir/calls"
EDO_ROUNDS=5 run nothing quick
! grep 'run-tests .*--rounds' "$dir/calls" || { echo "the environment asks for rounds"; exit 1; }
FAILS=nothing PATH="$dir/bin:$PATH" sh "$dir/tools/flaky" 7 quick >/dev/null
grep -q '^run-tests --rounds 7 ' "$dir/calls" || { echo "no rounds: $(cat "$dir/calls")"; exit 1; }

export FLAKY=3
run nothing quick || { echo "three flaky tests failed it: $said"; exit 1; }
wanted '^flaky: unit/a$'
wanted '^    its last words$'
wanted '^quick *ok *47 passed *0 failed *3 flaky'
wanted '^47 passed, 0 failed$'
FLAKY=4
! run nothing quick || { echo "four flaky tests passed: $said"; exit 1; }
wanted '^46 passed, 4 failed$'
FLAKY=2
status=0
said=$(FAILS=nothing PATH="$dir/bin:$PATH" sh "$dir/scripts/test" quick debug 2>&1) || status=$?
[ $status -eq 1 ] || { echo "four flaky tests of two stages passed: $said"; exit 1; }
unset FLAKY

unset MAKEFLAGS MAKELEVEL
! said=$(FAILS=run-tests PATH="$dir/bin:$PATH" make -s -j 3 -C "$dir" check 2>&1) || {
    echo "make check passed though a test failed: $said"
    exit 1
}
ran=$(echo "$said" | awk '/^[a-z0-9]+ +(ok|FAILED) / { print $1 }' | tr '\n' ' ')
[ "$ran" = "$stages $stages " ] || {
    echo "make -j check ran $ran"
    exit 1
}
wanted '^quick *FAILED *47 passed *3 failed'
wanted '^style *ok'

wait
said=$(cat "$slow/said")
wanted '^style *ok .* s, late: its limit is 0 s$'
said=$(cat "$still/said")
wanted '^quick *FAILED .* s, ended: nothing has ended in it for 1 s$'
