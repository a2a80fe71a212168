# SPDX-License-Identifier: MIT
# In which stages of scripts/test a test runs: where it can find something that it does not find in another. Each is a
# label, in-STAGE, and `tools/where` prints them. No test runs twice in the gate.
#
#   in-quick      gate   address and undefined sanitizers with all checks: the quick unit and integration tests
#   in-optimised  gate   gcc -O3, as people have it: quick tests of what a sanitizer replaces (slabs, caches, pools, stacks),
#                        leaves out or need not see, the examples, HTTP over HTTP/2, worlds of the simulator
#   in-debug      check  gcc -Og with all checks and no sanitizer: what is not in in-quick: slabs and pools with their
#                        invariants, models, the rules of the house, servers of others, browsers, contracts that end the program
#   in-asan       check  the sanitizers of in-quick: the rest that they can see, random inputs for longer
#   in-tsan       check  the thread sanitizer: what has more than one thread
#   in-release    check  gcc -O3: the other tests in C, whose time and stacks the optimiser changes

# Run in the optimised build with each change, and there alone.
set(edo_worth_optimising "^examples/" "^integration/http2/over/" "^integration/(sim|growth)/" "^unit/(sim|base/memory|driver/source_pool)/"
    "^(unit|integration)/(memory|records|stacks|fiber)/" "^integration/(metrics/builtin|net/listener|runtime/footprint|web/(examples|health))"
    "^integration/chat/talk/names_and" "^script/(scripts/run_tests|install/components)$")

# Examples that show what a debug build says.
set(edo_needs_checks "^examples/(hangs|moved)$")

# Scripts that do not use this build's library, bring a compiler of their own, or look at what a program would load: one stage
# says what they have to say.
set(edo_other_scripts "^script/(chat|docs|io/calls|fiber/(aarch64|cxx$|gdb|lto)|future/(alone|cxx|locals)|install|scripts|sim)"
    "^script/([a-z0-9]+/(linked|generated)|json/powers|records/release|value/cxx)$")

# A page of the chat, the console or of traces is the same in each build, and the server's side of it has other tests: the debug
# build alone has them.
set(edo_in_browsers "^integration/(chat/browser|console/browser|docs/trace_page)")

# Likewise what is agreed upon in a handshake, and that two runs of a seed are equal: what a world does to memory the sanitizers
# see where each has many seeds.
set(edo_same_in_each_build "^integration/(tls/testssl|sim/worlds/two_runs)")

# The chat over PostgreSQL and Redis, by its pages and terminals: what it says and keeps is the same in each build, and the
# sanitizers have all checks. What they replace, the debug build runs in the chat's other tests; a clock that is another one
# (postgres_clocks) cannot be had under them.
set(edo_by_sanitizers_alone "^integration/chat/(over_(nodes|postgres)/|postgres_(backup|drain|nodes|refuses|run_nodes|standby|talk)/|redis_(nodes|people)/)")

# What they count a sanitizer hides: many rounds are of the optimised build.
set(edo_counted_in_release "^integration/sim/disk_ends$")

# They have one thread: texts, worlds of edo/sim.h, and what only counts.
set(edo_of_one_thread "^(unit|integration)/(config|json|protobuf|sim)/" "^fuzz/" "^examples/sim_" "^integration/(growth|scripts)/" "^rejected/"
    "^unit/(seq/pipelines|runtime/scheduler/random)$" "^integration/(chat/explore|service/balance_reference)$")

# Other stages run these by themselves, or with what they install.
set(edo_run_elsewhere "^house/tidy$" "^script/install/(install|deb|bare)$")

# What they look at are texts that a program prints, reads and keeps, and what is agreed upon in a handshake; and the chat's
# suites once more, over a database and over two nodes, whose threads have tests of their own (chat/postgres_*, chat/redis_*).
# With a program for each they were a sixth of all that the thread sanitizer runs.
set(edo_no_threads_of_their_own "^integration/(chat/over_(nodes|postgres)|console/print|curl/lines|docs/headers|mini_redis/file|tls/testssl)/"
    "^script/(abi|http|json|metrics|test)/")

function(edo_is_one_of name patterns out)
    set(${out} FALSE PARENT_SCOPE)
    foreach(pattern IN LISTS ${patterns})
        if(name MATCHES ${pattern})
            set(${out} TRUE PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# Writes to `out` the labels of a test. `is_quick`: it takes at most 2 s alone. `kinds`: its other labels.
function(edo_stages_of name is_quick kinds out)
    foreach(list worth_optimising needs_checks other_scripts in_browsers same_in_each_build by_sanitizers_alone counted_in_release
            of_one_thread no_threads_of_their_own run_elsewhere)
        edo_is_one_of(${name} edo_${list} ${list})
    endforeach()
    set(stages)
    # A contract that is broken ends a child; a hundred of them look up stacks as slowly as a sanitizer makes it.
    set(ends_children FALSE)
    if(name MATCHES "^integration/docs/misuse")
        set(ends_children TRUE)
    endif()
    if(is_quick AND worth_optimising AND NOT needs_checks)
        list(APPEND stages in-optimised)
    elseif(is_quick AND name MATCHES "^(unit|integration|rejected)/" AND NOT ends_children)
        list(APPEND stages in-quick)
    endif()
    if(NOT in-quick IN_LIST stages AND NOT run_elsewhere AND NOT by_sanitizers_alone)
        list(APPEND stages in-debug)
    endif()
    set(is_shared FALSE) # does it see how the library was compiled?
    if(NOT other_scripts AND NOT run_elsewhere AND NOT name MATCHES "^(model|house|rejected)/|^examples/(knobs|forks)$")
        set(is_shared TRUE)
    endif()
    if(is_shared AND NOT in-quick IN_LIST stages AND NOT in_browsers AND NOT same_in_each_build)
        list(APPEND stages in-asan)
    endif()
    if(is_shared AND NOT of_one_thread AND NOT no_threads_of_their_own AND NOT in_browsers)
        list(APPEND stages in-tsan)
    endif()
    if(is_shared AND NOT needs_checks AND (counted_in_release OR NOT in-optimised IN_LIST stages) AND NOT "python" IN_LIST kinds AND NOT name MATCHES "^(fuzz|integration/growth)/|ten_thousand")
        list(APPEND stages in-release)
    endif()
    set(${out} ${stages} PARENT_SCOPE)
endfunction()
