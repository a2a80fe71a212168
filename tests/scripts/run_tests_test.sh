#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: scripts/run-tests lets a failure fail that fails alone, too, and names a test as flaky that passes twice
# alone. Method: a folder of tests as ctest sees one, without a build; each counts its runs in a file.
set -eu
source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/fails" <<'END'
#!/bin/sh
# fails NAME RUN...: fails in these runs, counted from 1.
name=$1
shift
echo run >>"$name.runs"
n=$(wc -l <"$name.runs")
for run; do
    [ "$n" -ne "$run" ] || { echo "$name in run $n"; exit 1; }
done
END
chmod +x "$dir/fails"

said=
# Runs tests of the names and numbers on standard input, "NAME RUN..." a line.
run() { # OPTION...
    rm -f "$dir"/*.runs
    while read -r name runs; do
        echo "add_test($name ./fails $name $runs)"
    done >"$dir/CTestTestfile.cmake"
    cat >>"$dir/CTestTestfile.cmake" <<'END'
add_test(skipped sh -c "echo there is none; exit 77")
set_tests_properties(skipped PROPERTIES SKIP_RETURN_CODE 77)
END
    status=0
    said=$("$source/scripts/run-tests" "$@" "$dir" -j 4 2>&1) || status=$?
}
wanted() { # STATUS LINE...
    [ $status -eq "$1" ] || { echo "status $status, not $1: $said"; exit 1; }
    shift
    for line; do
        echo "$said" | grep -qxF "$line" || { echo "wanted: $line"; echo "$said"; exit 1; }
    done
}

run <<'END'
good
END
wanted 0 'skipped: skipped: there is none' 'run-tests: 1 passed, 0 failed, 0 flaky, 1 skipped'

run <<'END'
good
bad 1 2 3
flake 1
second 1 2
third 1 3
END
wanted 1 'failed: bad' '    bad in run 1' 'flaky: flake' '    flake in run 1' 'failed: second' 'failed: third' \
    'run-tests: 1 passed, 3 failed, 1 flaky, 1 skipped'
[ "$(wc -l <"$dir/good.runs")" -eq 1 ] || { echo "what passed ran again"; exit 1; }

run <<'END'
good
flake 1
END
wanted 0 'flaky: flake' 'run-tests: 1 passed, 0 failed, 1 flaky, 1 skipped'

# More than ten have one cause, and are not run again.
run <<'END'
a 1
b 1
c 1
d 1
e 1
f 1
g 1
h 1
i 1
j 1
k 1
END
wanted 1 'run-tests: 0 passed, 11 failed, 0 flaky, 1 skipped'
[ "$(wc -l <"$dir/a.runs")" -eq 1 ] || { echo "one of eleven ran again"; exit 1; }

# A program that is missing, and a folder without tests, have failed.
echo 'add_test(absent ./absent)' >"$dir/CTestTestfile.cmake"
status=0
said=$("$source/scripts/run-tests" "$dir" 2>&1) || status=$?
wanted 1 'failed: absent' 'run-tests: 0 passed, 1 failed, 0 flaky, 0 skipped'
: >"$dir/CTestTestfile.cmake"
status=0
said=$("$source/scripts/run-tests" "$dir" 2>&1) || status=$?
wanted 1 'run-tests: 0 passed, 0 failed, 0 flaky, 0 skipped'

# A crash that shows once is no flake, nor is a part's that crashed, nor a report amid more than is kept.
cat >"$dir/once" <<'END'
#!/bin/sh
# once NAME COMMAND: runs it in the first run, and passes in the others.
[ -e "$1.runs" ] || { : >"$1.runs"; eval "$2"; }
END
chmod +x "$dir/once"
rm -f "$dir"/*.runs
cat >"$dir/CTestTestfile.cmake" <<'END'
add_test(crash ./once crash "kill -SEGV $$")
add_test(caught ./once caught "echo 'Test failed with exception: Bus error(7)'; exit 1")
add_test(child ./once child "sh -c 'kill -ILL $$'")
add_test(long ./once long "seq 30000; echo ==1==ERROR: AddressSanitizer: heap-use-after-free; seq 30; exit 1")
add_test(stopped ./once stopped "kill -ABRT $$")
add_test(late ./once late "sleep 60")
set_tests_properties(late PROPERTIES TIMEOUT 1)
END
status=0
said=$("$source/scripts/run-tests" "$dir" -j 6 2>&1) || status=$?
wanted 1 'failed: crash' '    SEGFAULT' 'failed: caught' 'failed: child' 'failed: long' 'flaky: stopped' \
    '    Subprocess aborted' 'flaky: late' '    Timeout' 'run-tests: 0 passed, 4 failed, 2 flaky, 0 skipped'

# Cases that a program leaves out are named with the reasons, though it passes.
cat >"$dir/cases" <<'END'
[==========] Running 5 test(s).
[ RUN      ] a
the kernel has none
[  SKIPPED ] a
[ RUN      ] b
[  SKIPPED ] b
[ RUN      ] c
[       OK ] c
[ RUN      ] d
skipped: the kernel has none
[  SKIPPED ] d
[ RUN      ] e
left out: about sockets
[  SKIPPED ] e
[==========] 5 test(s) run.
[  SKIPPED ] 4 test(s), listed below:
[  SKIPPED ] a
[  SKIPPED ] b
[  SKIPPED ] d
[  SKIPPED ] e
END
cat >"$dir/CTestTestfile.cmake" <<'END'
add_test(cases cat cases)
END
status=0
said=$("$source/scripts/run-tests" "$dir" 2>&1) || status=$?
wanted 0 'skipped: cases: the kernel has none: a, d' 'skipped: cases: it did not say why: b' \
    'run-tests: 1 passed, 0 failed, 0 flaky, 0 skipped'
! echo "$said" | grep -q 'left out' || { echo "what a table leaves out is no skip: $said"; exit 1; }

# Of a sanitizer's report the beginning is shown.
cat >"$dir/CTestTestfile.cmake" <<'END'
add_test(leaks sh -c "echo ==1==ERROR: AddressSanitizer: heap-use-after-free; seq 100; exit 1")
END
status=0
said=$("$source/scripts/run-tests" "$dir" 2>&1) || status=$?
wanted 1 '    ==1==ERROR: AddressSanitizer: heap-use-after-free' '    25'

# Slow ones are named where that is asked.
cat >"$dir/CTestTestfile.cmake" <<'END'
add_test(slow sleep 0.3)
END
status=0
said=$("$source/scripts/run-tests" --quick-max 0.2 "$dir" 2>&1) || status=$?
wanted 0 'run-tests: 1 passed, 0 failed, 0 flaky, 0 skipped'
echo "$said" | grep -q '^slow: slow took [0-9.]* s$' || { echo "it does not say what is slow: $said"; exit 1; }

# In rounds beside a load all run each time, and one that ever fails has failed.
run --rounds 3 <<'END'
good
once 2
END
wanted 1 'failed: once' '    1 of 3 rounds' '    once in run 2' 'run-tests: 1 passed, 1 failed, 0 flaky, 1 skipped'
[ "$(wc -l <"$dir/good.runs")" -eq 3 ] || { echo "not three rounds"; exit 1; }

# Of a sanitizer's report the beginning is shown there, too.
cat >"$dir/CTestTestfile.cmake" <<'END'
add_test(races sh -c "seq 40; echo WARNING: ThreadSanitizer: data race; seq 100; exit 1")
END
status=0
said=$("$source/scripts/run-tests" --rounds 2 "$dir" 2>&1) || status=$?
wanted 1 '    2 of 2 rounds' '    WARNING: ThreadSanitizer: data race' '    25'
