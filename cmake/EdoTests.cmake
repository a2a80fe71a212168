# SPDX-License-Identifier: MIT
# Every *_test.c is one ctest, by hand "build/debug/tests/unit-sync task_set", or a program of its own, "unit-sync-sem_walk"; every tests/*/*_test.sh is one ctest.
#   unit          src/<module>/<x>_test.c, may include private headers
#   integration   tests/<module>/<x>_test.c, public headers and tests/support only
#                 tests/<module>/<x>_test.py, one ctest for each of its functions
#   examples      examples/*/<x>.c compared with <x>.expect, or driven by <x>.sh
#   model         tests/model/<x>.c, see EdoModel.cmake
#   fuzz          fuzz/<x>.c, random inputs of a parser
#   house         the tree itself
# Labels are these, the module's name, and `quick`: what takes at most 2 s alone on a quiet machine, and needs neither a
# load, a browser, a program of others nor a second compiler; and in-STAGE for each stage that runs it (EdoStages.cmake). Scripts find the tree by EDO_SOURCE_DIR, EDO_BUILD_DIR
# and EDO_BIN_DIR in the environment.
if(CMAKE_CROSSCOMPILING)
    set(CMOCKA_INCLUDE ${CMAKE_SOURCE_DIR}/tests/support/cross) # a stand-in
    set(CMOCKA_LIBRARY "")
else()
    find_path(CMOCKA_INCLUDE cmocka.h)
    find_library(CMOCKA_LIBRARY cmocka)
    mark_as_advanced(CMOCKA_INCLUDE CMOCKA_LIBRARY)
    if(NOT CMOCKA_INCLUDE OR NOT CMOCKA_LIBRARY)
        message(FATAL_ERROR "cmocka is missing: run scripts/setup test, or set EDO_TESTS=OFF")
    endif()
endif()

include(EdoStages)
math(EXPR edo_long_timeout "2 * ${EDO_TEST_TIMEOUT}")
set(edo_test_environment EDO_SOURCE_DIR=${CMAKE_SOURCE_DIR} EDO_BUILD_DIR=${CMAKE_BINARY_DIR}
    EDO_BIN_DIR=${CMAKE_BINARY_DIR}/bin CC=${CMAKE_C_COMPILER} CXX=${CMAKE_CXX_COMPILER})
if(CMAKE_CROSSCOMPILING)
    list(APPEND edo_test_environment EDO_TEST_EMULATED=1)
endif()
if(EDO_SANITIZE)
    list(APPEND edo_test_environment EDO_TEST_SANITIZER=${EDO_SANITIZE}
        UBSAN_OPTIONS=print_stacktrace=1
        ASAN_OPTIONS=strict_string_checks=1
        TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=50:die_after_fork=0:suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp)
endif()

# Tests that are not quick, by their names: the first lines use what `make test` does not install, the others take longer,
# or a load would change what they measure.
set(edo_demanding "^(model|fuzz|house|script)/" "peers"
    "^integration/(across|ares|growth|pg)" "^integration/otlp/(memory$|outage/under_load)" "^integration/redis/(harsh|memory|real|session|tls)$" "^examples/redis_" "^integration/chat/(browser|grpc|load|nodes_faults|over|postgres|redis)" "^integration/curl/lines" "^integration/console/(browser|slow|terminal)" "^integration/docs/trace_page/"
    "^integration/fs/by_threads/(dir|sendfile|walk|watch)$" "^integration/(chat|web)/by_calls/" "^integration/sim/worlds/" "^integration/orders/(crash|failures)/" "^integration/mini_redis/(benchmark|commands/redis_cli)" "^integration/http/restart" "^integration/http2/edo_curl" "^rejected/future/forgotten"
    "^unit/(stacks/frames|compute/pool|io/storms|runtime/control/last_resort|fiber/end_unread)$" "^unit/[a-z]+/harsh"
    "^integration/chat/any_loss/reader_gets_each_message_once"
    "^integration/chat/limits/(client_that_floods|listing_rooms|past_that_is_read|unread_answers)"
    "^integration/chat/proxied/(header_that_comes_late|slow_header|terminal_of_a_trusted)" "^integration/metrics/dashboard/"
    "^integration/chat/line_tls/(clients_that_do_not_finish|line_port_shows)"
    "^integration/chat/stop/stop_ends_though" "^integration/chat/talk/client_that_quit_is_gone"
    "^integration/chat/terminal/(after_a_loss_only|input_of_a_pipe)" "^integration/chat/terminal_loss/silent_user"
    "^integration/chat/web_api/(damage_|past_behind|store_whose_file|what_could_not_be_stored)"
    "^integration/chat/web_resume/gaps_of_several"
    "^integration/chat/web_hostile/(end_that_pages_make|pages_of_the_past|sockets_that_never)"
    "^integration/chat/web_talk/list_of_rooms" "^integration/chat/web_tls/(certificate_is|new_pair)"
    "^integration/http/hostile/(half_a_head|idle_conn|reset_amid|sigterm_with|slow_heads)"
    "^integration/runtime/(hung_in_libc|left_behind|left_thread|main|main_stuck|observed|quit_unread|stress|watchdog)$"
    "^integration/protobuf/python/" "^integration/grpc/[a-z_]+/" "^integration/test/stream_suite$"
    "^integration/tls/(both_ways$|https/|testssl/|harms$|kinds$|memory$|suite$)"
    "^examples/(accounts|download|faulty|shops|grpc_gateway|grpc_greeter|http2_versions|knobs|orders|pg_shop|pg_tested|webhook|tls_pages)$")

# Writes to `out` whether the test `name` is quick.
function(edo_is_quick name out)
    set(${out} TRUE PARENT_SCOPE)
    foreach(pattern IN LISTS edo_demanding)
        if(name MATCHES ${pattern} AND NOT name MATCHES "^script/(scripts/(run_tests|shared)|install/components)$")
            set(${out} FALSE PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# Registers the test `name`, of which exit status 0 says passed and 77 skipped.
function(edo_register name timeout)
    edo_is_quick(${name} is_quick)
    edo_stages_of(${name} ${is_quick} "${ARGN}" stages)
    list(APPEND ARGN ${stages})
    if(is_quick)
        list(APPEND ARGN quick)
    endif()
    set_tests_properties(${name} PROPERTIES TIMEOUT ${timeout} LABELS "${ARGN}"
        ENVIRONMENT "${edo_test_environment}" SKIP_RETURN_CODE 77)
endfunction()

# The test `name` cannot be built here: where it would run it says so, as one that is skipped. A cross build has few tests.
function(edo_test_left_out name why)
    if(NOT CMAKE_CROSSCOMPILING)
        add_test(NAME ${name} COMMAND sh -c "echo 'skipped: ${why}'; exit 77")
        edo_register(${name} ${EDO_TEST_TIMEOUT} ${ARGN})
    endif()
endfunction()

# What the stage `quick` builds: the target quick_tests, of the programs that
# are those tests, and of those that their scripts start. It leaves out most examples, benchmarks and fuzz targets.
function(edo_quick_program target name)
    edo_is_quick(${name} is_quick)
    edo_stages_of(${name} ${is_quick} "" stages)
    if("in-quick" IN_LIST stages)
        set_property(GLOBAL APPEND PROPERTY edo_quick_programs ${target})
    endif()
    if("in-optimised" IN_LIST stages)
        set_property(GLOBAL APPEND PROPERTY edo_optimised_programs ${target})
    endif()
endfunction()

# A test in Python starts a program by a path that it, or a helper beside it, has in quotes and in a line: "edo-chat",
# "examples/links3", or "examples", "links3", or "edo" with a tool.
function(edo_quick_script source)
    get_filename_component(folder ${source} DIRECTORY)
    file(GLOB helpers CONFIGURE_DEPENDS ${folder}/*.py)
    list(FILTER helpers EXCLUDE REGEX "_test\\.py$")
    foreach(path IN LISTS source helpers)
        file(STRINGS ${path} lines REGEX "\"edo[-\"]|examples")
        string(REGEX MATCHALL "\"(examples/)?[a-z0-9_-]+\"" words "${lines}")
        foreach(word IN LISTS words)
            string(REGEX REPLACE "\"|examples/" "" word ${word})
            set_property(GLOBAL APPEND PROPERTY edo_quick_programs ${word} example-${word})
            if(word STREQUAL "edo") # with a tool: "edo", "look"
                set_property(GLOBAL APPEND PROPERTY edo_quick_programs edo-front ${edo_tool_targets})
            endif()
        endforeach()
    endforeach()
endfunction()

# Tests that become a program of their own: those that take a source of the library in, or put their own function in
# the place of a system call's, would change what their neighbours see; others have a main() with arguments, or start
# themselves. The rest of a module's tests are one program, which runs the one that its argument names: a change
# of the library links a quarter of the programs. The sort is by words, and when CMake runs; tests/scripts/shared_test.sh
# looks at what the objects define.
set(edo_alone "#include \"[^\"]*\\.c\"|(disturbed_calls|fail_in_turn|failing_calls)\\.h|proc/self/exe|constructor|main\\(int")
set(edo_defines "^(EDOI?_[A-Z_]+ |__attribute__\\(\\([a-z_]+\\)\\) )*[a-z][a-z0-9_ ]* \\*?[a-z0-9_]+\\(.*[^;]$")

# Of a test with a program of its own, a function __wrap_x() is put in the place of x() for all objects of the program,
# which the test itself calls __real_x().
function(edo_c_test kind source)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
    string(REGEX REPLACE "^(src|tests)/(.*)_test\\.c$" "\\2" name ${path})
    string(REGEX REPLACE "/.*" "" module ${name})
    set(needs ${module}) # which of the libraries that may be missing
    if(name STREQUAL "docs/misuse_tls")
        set(needs tls)
    elseif(name STREQUAL "docs/misuse_rows")
        set(needs sqlite)
    elseif(name STREQUAL "chat/stream")
        set(needs grpc)
    elseif(name STREQUAL "chat/carrier")
        set(needs redis)
    elseif(name MATCHES "^chat/postgres")
        set(needs pg)
    elseif(name STREQUAL "sim/chat")
        set(needs sim_chat) # a program with all of the chat in it
    elseif((name STREQUAL "redis/tls" AND TARGET edo_redis_static) OR (name STREQUAL "pg/tls_records" AND TARGET edo_pg_static)
           OR (name STREQUAL "otlp/tls" AND TARGET edo_otlp_static))
        set(needs tls)
    endif()
    set(parts)
    if(needs MATCHES "^(ares|tls|pg|sqlite|redis|http2|grpc|otlp|console)$")
        set(parts edo_${needs}_static)
        if(needs STREQUAL "grpc")
            list(APPEND parts chat_proto) # and its like
        endif()
    elseif(name MATCHES "^sim/(orders|gateway|sqlite)$")
        set(parts edo_console_static edo_otlp_static edo_sqlite_static)
    elseif(needs STREQUAL "sim_chat")
        set(parts chat_parts edo_sqlite_static)
    elseif(module STREQUAL "across")
        set(parts edo_pg_static edo_redis_static hello_proto)
    endif()
    foreach(part IN LISTS parts)
        if(NOT TARGET ${part})
            edo_test_left_out(${kind}/${name} "${part} is not built" ${kind} ${module})
            return()
        endif()
    endforeach()
    if(kind STREQUAL "integration" AND module STREQUAL "sim" AND NOT edo_sim_has_all)
        edo_test_left_out(${kind}/${name} "a library that its worlds need is not built" ${kind} ${module})
        return()
    endif()
    file(STRINGS ${source} reasons REGEX ${edo_alone})
    file(STRINGS ${source} defined REGEX ${edo_defines})
    list(FILTER defined EXCLUDE REGEX "^(static |int main\\(void\\))")
    if(reasons OR defined OR NOT needs STREQUAL module)
        string(REPLACE "/" "-" target ${kind}-${name})
        set(libraries ${edo_libraries_of_${needs}})
        if(name STREQUAL "redis/tls") # a program without libedo-tls is told so, which its neighbours check
            set(libraries edo_redis_static edo_tls_static)
        elseif(name STREQUAL "pg/tls_records") # whose relay speaks TLS
            set(libraries edo_pg_static edo_tls_static)
        elseif(name STREQUAL "otlp/tls") # its neighbours see what is said without libedo-tls
            set(libraries ${edo_libraries_of_otlp} edo_tls_static)
        endif()
        edo_test_program(${target} ${kind} ${module} "${libraries}" ${source})
        file(STRINGS ${source} wraps REGEX "^[a-z][^;]*__wrap_[a-z0-9_]+\\(.*[^;]$")
        foreach(wrap IN LISTS wraps)
            string(REGEX REPLACE "^.*__wrap_([a-z0-9_]+)\\(.*$" "\\1" replaced "${wrap}")
            target_link_options(${target} PRIVATE LINKER:--wrap=${replaced})
        endforeach()
        add_test(NAME ${kind}/${name} COMMAND ${target})
        edo_quick_program(${target} ${kind}/${name})
    else()
        string(MAKE_C_IDENTIFIER ${name} main)
        get_property(other GLOBAL PROPERTY edo_source_of_${kind}-${main})
        if(other)
            message(FATAL_ERROR "${path} and ${other} would be one test: rename one of them")
        endif()
        set_property(GLOBAL PROPERTY edo_source_of_${kind}-${main} ${path})
        # A pattern of "^[a-z0-9_]+/" alone matches the next folder, too: "^" is where the last match has ended.
        string(REGEX REPLACE "^[a-z0-9_]+/(.*)$" "\\1" short ${name})
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS main=edo_test_${main})
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS
            -include ${CMAKE_CURRENT_SOURCE_DIR}/tests/support/one_of_many.h)
        set_property(GLOBAL APPEND PROPERTY edo_sources_of_${kind}-${module} ${source})
        set_property(GLOBAL APPEND_STRING PROPERTY edo_declared_of_${kind}-${module} "int edo_test_${main}(void);\n")
        set_property(GLOBAL APPEND_STRING PROPERTY edo_rows_of_${kind}-${module}
            "    { \"${short}\", edo_test_${main} },\n")
        add_test(NAME ${kind}/${name} COMMAND ${kind}-${module} ${short})
        edo_quick_program(${kind}-${module} ${kind}/${name})
        if(name MATCHES "^fs/" AND kind STREQUAL "integration" AND NOT name MATCHES "/(ring|ring_end|close)$") # which choose themselves
            edo_test_also(fs ${short} by_threads EDO_FILES=threads integration-fs ${short})
        elseif(name MATCHES "^web/ws_(deflate|handler|many)$" AND kind STREQUAL "integration") # which send to many sockets
            edo_test_also(web ${short} by_calls EDO_SENDS=each integration-web ${short})
        endif()
    endif()
    set(timeout ${EDO_TEST_TIMEOUT})
    if(name MATCHES "stress|harsh|^(chat/explore|sim/disk_ends|tls/harms)$" OR module STREQUAL "growth") # they take as long as they are asked to, or only compute
        set(timeout ${edo_long_timeout})
    endif()
    edo_register(${kind}/${name} ${timeout} ${kind} ${module})
    set_property(GLOBAL APPEND PROPERTY edo_tested_modules ${module})
endfunction()

# The tests of the modules http and web that have a server run once more over HTTP/2, in the debug build: tests/http2/over,
# of which left_out.c has those that do not, and why. Their objects are in both programs.
function(edo_over_http2 target module list)
    if(NOT target MATCHES "^integration-(http|web)$" OR NOT TARGET edo_http2_static OR EDO_SANITIZE)
        return()
    endif()
    add_library(${target}-objects OBJECT ${${list}})
    set_target_properties(${target}-objects PROPERTIES EDO_TEST TRUE)
    target_link_libraries(${target}-objects PRIVATE ${edo_libraries_of_${module}} test_support)
    set(${list} $<TARGET_OBJECTS:${target}-objects> PARENT_SCOPE)
    edo_test_program(${target}-over-2 integration http2 "edo_http2_static;edo_web_static;edo_http_static"
        $<TARGET_OBJECTS:${target}-objects> $<TARGET_OBJECTS:over_http2> ${CMAKE_BINARY_DIR}/runners/${target}.c)
    foreach(source IN LISTS ${list})
        file(STRINGS ${source} served REGEX "[ *(](client_of|ask|upgraded|web_ask)\\(")
        string(REGEX REPLACE "^.*/tests/[a-z]+/(.*)_test\\.c$" "\\1" name ${source})
        if(served)
            add_test(NAME integration/http2/over/${module}/${name} COMMAND ${target}-over-2 ${name})
            edo_quick_program(${target}-over-2 integration/http2/over/${module}/${name})
            edo_register(integration/http2/over/${module}/${name} ${EDO_TEST_TIMEOUT} integration http2 ${module})
        endif()
    endforeach()
endfunction()

# A test once more, the other way: what is by a ring elsewhere, if the kernel lets it, is by threads or by a call for each
# with the setting. Further arguments: the command.
function(edo_test_also module test way setting)
    set(name integration/${module}/${way}/${test})
    add_test(NAME ${name} COMMAND ${ARGN})
    set(language)
    if(module STREQUAL "chat")
        set(language python)
    endif()
    edo_register(${name} ${edo_long_timeout} integration ${module} ${language})
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT ${setting})
endfunction()

# What edo_c_test() has collected of each module.
function(edo_shared_test_programs)
    if(TARGET edo_http2_static AND NOT EDO_SANITIZE)
        file(GLOB over CONFIGURE_DEPENDS tests/http2/over/*.c)
        add_library(over_http2 OBJECT ${over})
        target_include_directories(over_http2 PRIVATE src)
        target_link_libraries(over_http2 PRIVATE edo_http2_static edo_http_static test_support)
    endif()
    get_property(modules GLOBAL PROPERTY edo_tested_modules)
    list(REMOVE_DUPLICATES modules)
    foreach(module IN LISTS modules)
        foreach(kind unit integration)
            set(target ${kind}-${module})
            get_property(sources GLOBAL PROPERTY edo_sources_of_${target})
            get_property(declared GLOBAL PROPERTY edo_declared_of_${target})
            get_property(rows GLOBAL PROPERTY edo_rows_of_${target})
            edo_over_http2(${target} ${module} sources)
            if(sources)
                file(CONFIGURE OUTPUT runners/${target}.c CONTENT "#include \"test_runner.h\"\n\n${declared}\nstatic const test_row rows[] = {\n${rows}};\n\nint main(int argc, char **argv) {\n    return run_row(rows, sizeof rows / sizeof rows[0], argc, argv);\n}\n" @ONLY)
                edo_test_program(${target} ${kind} ${module} "${edo_libraries_of_${module}}" ${sources}
                    ${CMAKE_BINARY_DIR}/runners/${target}.c)
            endif()
        endforeach()
    endforeach()
endfunction()

function(edo_test_program target kind module libraries)
    add_executable(${target} ${ARGN})
    set_target_properties(${target} PROPERTIES EDO_TEST TRUE)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${libraries} test_support)
    if(TARGET test_support_objects)
        target_link_libraries(${target} PRIVATE test_support_objects)
    endif()
    if(kind STREQUAL "unit")
        target_include_directories(${target} PRIVATE src)
        if(module STREQUAL "http2")
            target_include_directories(${target} SYSTEM PRIVATE ${NGHTTP2_INCLUDE_DIRS})
        endif()
        return()
    endif()
    if(TARGET test_helpers_${module})
        target_link_libraries(${target} PRIVATE test_helpers_${module})
    endif()
    if(module STREQUAL "grpc")
        target_link_libraries(${target} PRIVATE test_helpers_http2)
        if(TARGET edo-grpc-interop-server)
            add_dependencies(${target} edo-grpc-interop-server edo-grpc-interop-client edo-grpcurl) # tests/grpc/*_test.{py,sh} start them
        endif()
    endif()
    if(module STREQUAL "sim" AND TARGET test_helpers_tls)
        target_link_libraries(${target} PRIVATE test_helpers_tls) # its certificates
    endif()
    if(module STREQUAL "across" OR target MATCHES "^integration-chat-postgres")
        target_link_libraries(${target} PRIVATE test_helpers_pg) # its server
        target_include_directories(${target} PRIVATE tests/pg)
    endif()
    if(module STREQUAL "otlp")
        foreach(program example-otlp_shop example-gateway example-http_hello example-orders example-orders_partner edo-chat)
            if(TARGET ${program})
                add_dependencies(${target} ${program}) # tests/otlp/*_test.py start them
            endif()
        endforeach()
    endif()
    if(TARGET edo-${module})
        add_dependencies(${target} edo-${module})
    endif()
    if(module STREQUAL "chat" AND TARGET chat_parts)
        target_link_libraries(${target} PRIVATE chat_parts)
    elseif(module STREQUAL "console" AND TARGET console_parts)
        target_link_libraries(${target} PRIVATE console_parts)
    endif()
    if(module MATCHES "^(http|tls)$" AND TARGET edo-bench-http)
        add_dependencies(${target} edo-bench-http) # tests/http/*_test.py start it
    endif()
    if(module STREQUAL "web")
        foreach(program edo-bench-ws edo-template-pages)
            if(TARGET ${program})
                add_dependencies(${target} ${program}) # tests/web/{ws,template}_peers_test.py start them
            endif()
        endforeach()
    endif()
endfunction()

# As Debian builds its programs: they call __read_chk() and its kin.
set_property(SOURCE tests/sim/fortified_test.c APPEND PROPERTY COMPILE_OPTIONS -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

add_library(test_support INTERFACE)
target_include_directories(test_support INTERFACE tests/support ${CMOCKA_INCLUDE})
target_compile_definitions(test_support INTERFACE $<$<BOOL:${EDO_FIBER_PORTABLE}>:EDO_FIBER_PORTABLE=1>)
target_link_libraries(test_support INTERFACE edo_static edo_flags edo_garbage ${CMOCKA_LIBRARY} m)

# The libraries that the tests of a module are linked with, before libedo: no more than they need, as each is
# linked anew when one of them changes.
set(edo_libraries_of_http edo_http_static)
set(edo_libraries_of_ares edo_ares_static)
set(edo_libraries_of_redis edo_redis_static)
set(edo_libraries_of_http2 edo_http2_static edo_web_static edo_http_static)
set(edo_libraries_of_grpc edo_grpc_static edo_http2_static edo_web_static edo_http_static)
if(TARGET hello_proto)
    list(PREPEND edo_libraries_of_grpc hello_proto library_proto)
endif()
set(edo_libraries_of_otlp edo_otlp_static edo_grpc_static edo_http2_static edo_web_static edo_http_static)
set(edo_libraries_of_console edo_console_static edo_grpc_static edo_http2_static edo_web_static edo_http_static)
set(edo_libraries_of_pg edo_pg_static)
set(edo_libraries_of_across edo_pg_static edo_redis_static ${edo_libraries_of_grpc})
set(edo_libraries_of_sqlite edo_sqlite_static)
set(edo_libraries_of_sim edo_sim_static orders_without_main gateway_without_main)
if(TARGET edo_redis_static AND TARGET edo_tls_static AND TARGET hello_proto)
    set(edo_sim_has_all TRUE)
    foreach(part console otlp sqlite)
        if(TARGET edo_${part}_static)
            list(APPEND edo_libraries_of_sim edo_${part}_static)
        endif()
    endforeach()
    list(APPEND edo_libraries_of_sim edo_redis_static edo_tls_static ${edo_libraries_of_grpc})
endif()
set(edo_libraries_of_sim_chat edo_sim_static chat_parts edo_client_static edo_web_static edo_http_static)
set(edo_libraries_of_orders orders_without_main edo_web_static edo_http_static)
set(edo_libraries_of_tls edo_tls_static edo_web_static edo_http_static)
foreach(module client coding)
    set(edo_libraries_of_${module} edo_client_static edo_http_static)
endforeach()
foreach(module web chat docs growth)
    set(edo_libraries_of_${module} edo_web_static edo_http_static)
endforeach()

# Compiles and renders what tests/web/template_peers_test.py makes.
if(TARGET edo_web_static AND NOT CMAKE_CROSSCOMPILING)
    add_executable(edo-template-pages tests/web/pages/template_pages.c)
    set_target_properties(edo-template-pages PROPERTIES EDO_TEST TRUE RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(edo-template-pages PRIVATE edo_web_static edo_http_static edo_static edo_flags)
endif()

# Examples without their main(): of `orders` tests/orders has the database and the partner in memory, and tests/sim the database
# in a file; tests/sim has `gateway` between hosts of a world.
file(GLOB orders_parts CONFIGURE_DEPENDS examples/databases/orders/*.c)
list(FILTER orders_parts EXCLUDE REGEX "/(main|store)\\.c$")
add_library(orders_without_main STATIC ${orders_parts})
target_include_directories(orders_without_main PUBLIC examples/databases/orders)
target_link_libraries(orders_without_main PRIVATE edo_web_static edo_http_static edo_static edo_flags)
file(GLOB gateway_parts CONFIGURE_DEPENDS examples/http/gateway/*.c)
list(FILTER gateway_parts EXCLUDE REGEX "/main\\.c$")
add_library(gateway_without_main STATIC ${gateway_parts})
target_link_libraries(gateway_without_main PRIVATE edo_web_static edo_http_static edo_static edo_flags)

# These read files of the tree. Not all tests have the definition: a path of this clone in it, ccache would know none
# of them in another clone.
set_source_files_properties(tests/json/vectors_test.c src/json/number/number_test.c src/http/uri/vectors_test.c
    src/http/h1/vectors_test.c src/http/client/vectors_test.c tests/http2/hpack_test.c tests/http2/hpack_client_test.c fuzz/driver.c
    tests/web/proxy_corpus_test.c
    PROPERTIES COMPILE_DEFINITIONS EDO_TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

# Checks after each test that nothing of it is left; the stand-in for cmocka has no runner.
if(NOT CMAKE_CROSSCOMPILING)
    target_compile_definitions(test_support INTERFACE EDO_TEST_LEFTOVERS=1)
    add_library(test_support_objects OBJECT tests/support/leftovers.c)
    target_include_directories(test_support_objects PRIVATE src)
    target_link_libraries(test_support_objects PUBLIC test_support)
    foreach(replaced _cmocka_run_group_tests edoi_wheel_put mmap munmap)
        target_link_options(test_support_objects INTERFACE LINKER:--wrap=${replaced})
    endforeach()
endif()

file(GLOB test_dirs CONFIGURE_DEPENDS LIST_DIRECTORIES true tests/*)
foreach(dir IN LISTS test_dirs)
    get_filename_component(module ${dir} NAME)
    file(GLOB helpers CONFIGURE_DEPENDS ${dir}/*.c ${dir}/behaviours/*.c ${dir}/small_redis/*.c)
    list(FILTER helpers EXCLUDE REGEX "_test\\.c$")
    list(FILTER helpers EXCLUDE REGEX "_rejected\\.c$")
    if(module MATCHES "^(tls|pg|sqlite|redis|http2|grpc|otlp|console)$" AND NOT TARGET edo_${module}_static)
        continue()
    endif()
    if(module STREQUAL "grpc" AND NOT TARGET hello_proto)
        continue()
    endif()
    if(helpers AND NOT module MATCHES "^(support|model)$")
        add_library(test_helpers_${module} STATIC ${helpers})
        set_target_properties(test_helpers_${module} PROPERTIES EDO_TEST TRUE)
        target_link_libraries(test_helpers_${module} PUBLIC ${edo_libraries_of_${module}} test_support)
    endif()
endforeach()

file(GLOB unit_tests CONFIGURE_DEPENDS src/*/*_test.c src/*/*/*_test.c src/*/*/*/*_test.c)
foreach(source IN LISTS unit_tests)
    edo_c_test(unit ${source})
endforeach()
file(GLOB integration_tests CONFIGURE_DEPENDS tests/*/*_test.c)
foreach(source IN LISTS integration_tests)
    edo_c_test(integration ${source})
endforeach()
edo_shared_test_programs()
target_link_libraries(test_helpers_growth PUBLIC chat_parts) # one of its cases is of the chat
# It runs two cases at a time, and under a simulator, which a loaded machine slows down most.
math(EXPR edo_growth_timeout "3 * ${edo_long_timeout}")
set_tests_properties(integration/growth/growth PROPERTIES PROCESSORS 2 TIMEOUT ${edo_growth_timeout})

# What Python tests preload into a program to count its memory; sanitizers have an allocator of their own.
if(NOT EDO_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
    add_library(counted_alloc MODULE tests/support/counted_alloc.c)
    target_link_libraries(counted_alloc PRIVATE edo_flags)
    target_compile_options(counted_alloc PRIVATE -fno-builtin -Wno-reserved-identifier)
    set_target_properties(counted_alloc PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endif()

# Scripts.
file(GLOB script_tests CONFIGURE_DEPENDS tests/*/*_test.sh)
foreach(source IN LISTS script_tests)
    string(REGEX REPLACE "^.*/tests/(.*)_test\\.sh$" "\\1" name ${source})
    string(REGEX REPLACE "/.*" "" module ${name})
    add_test(NAME script/${name} COMMAND sh ${source})
    edo_register(script/${name} ${edo_long_timeout} integration ${module})
endforeach()

set_tests_properties(script/install/deb PROPERTIES PROCESSORS 2 TIMEOUT 2400) # it builds both libraries and all programs
set_tests_properties(script/install/bare PROPERTIES PROCESSORS 2 TIMEOUT 900) # it installs twice

# tests/<module>/<x>_test.py: each function test_<promise>() of it is one ctest, against the real
# program; not for a cross build, whose programs Python cannot start.
# Without the packages of others, for which a system may look for longer than a test takes: one that needs them starts
# Debian's again, with them.
set(edo_python_flags -B -S)
find_program(EDO_PYTHON python3)
mark_as_advanced(EDO_PYTHON)
file(GLOB python_tests CONFIGURE_DEPENDS tests/*/*_test.py)
if(NOT EDO_PYTHON)
    edo_left_out("tests in Python are left out: python3 was not found" test python3)
endif()
if(NOT EDO_PYTHON OR CMAKE_CROSSCOMPILING OR NOT EDO_PROGRAMS)
    set(python_tests)
endif()
foreach(source IN LISTS python_tests)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    string(REGEX REPLACE "^.*/tests/(.*)_test\\.py$" "\\1" name ${source})
    string(REGEX REPLACE "/.*" "" module ${name})
    file(STRINGS ${source} promises REGEX "^def test_")
    set(is_script_quick FALSE)
    foreach(promise IN LISTS promises)
        string(REGEX REPLACE "^def test_([a-z0-9_]+).*" "\\1" promise ${promise})
        edo_is_quick(integration/${name}/${promise} is_quick)
        if(is_quick)
            set(is_script_quick TRUE)
        endif()
        add_test(NAME integration/${name}/${promise}
            COMMAND ${EDO_PYTHON} ${edo_python_flags} ${source} test_${promise})
        edo_register(integration/${name}/${promise} ${edo_long_timeout} integration ${module} python)
        if(promise MATCHES "^stall_") # it measures how long a server needs under load
            set_tests_properties(integration/${name}/${promise} PROPERTIES RUN_SERIAL TRUE)
        endif()
        if(name MATCHES "^chat/(browser|load|nodes_faults)|^console/browser|^docs/trace_page|^http/restart") # browsers or thousands of clients, and a server
            set_tests_properties(integration/${name}/${promise} PROPERTIES PROCESSORS 2)
        endif()
        if(name STREQUAL "sim/worlds") # each keeps all cores busy for a minute or two
            set_tests_properties(integration/${name}/${promise} PROPERTIES PROCESSORS 2 TIMEOUT 900)
        endif()
        if(name STREQUAL "chat/nodes_faults") # two minutes of faults, and the waits between them
            set_tests_properties(integration/${name}/${promise} PROPERTIES TIMEOUT 1200)
        endif()
    endforeach()
    if(is_script_quick)
        edo_quick_script(${source})
    endif()
endforeach()

# Suites of the chat once more over PostgreSQL, and against two nodes over that and Redis: tests/chat/over.py says which tests
# are left out, and why. Each is one ctest, whose tests share the servers.
function(edo_chat_over kind)
    foreach(suite direct goodbye grpc_talk stranger talk terminal terminal_loss web_api web_resume web_talk)
        set(name integration/chat/over_${kind}/${suite})
        add_test(NAME ${name} COMMAND ${EDO_PYTHON} ${edo_python_flags} ${CMAKE_SOURCE_DIR}/tests/chat/${suite}_test.py)
        edo_register(${name} ${edo_growth_timeout} integration chat python)
        set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT EDO_CHAT_OVER=${kind} EDO_CHAT_THREADS=2)
    endforeach()
endfunction()
foreach(suite web_hostile web_talk) # whose pages are sent to by many at once
    if(python_tests)
        edo_test_also(chat ${suite} by_calls EDO_SENDS=each ${EDO_PYTHON} ${edo_python_flags} ${CMAKE_SOURCE_DIR}/tests/chat/${suite}_test.py)
    endif()
endforeach()
if(python_tests AND TARGET edo_pg_static)
    edo_chat_over(postgres)
endif()
if(python_tests AND TARGET edo_pg_static AND TARGET edo_redis_static)
    edo_chat_over(nodes)
endif()

get_property(edo_quick_programs GLOBAL PROPERTY edo_quick_programs)
list(REMOVE_DUPLICATES edo_quick_programs)
add_custom_target(quick_tests)
foreach(program IN LISTS edo_quick_programs)
    if(TARGET ${program}) # such a line has other words in quotes, too
        add_dependencies(quick_tests ${program})
    endif()
endforeach()

# tests/<module>/<x>_rejected.c, or .cc, must not compile, with the message it names.
file(GLOB rejected CONFIGURE_DEPENDS tests/*/*_rejected.c tests/*/*_rejected.cc)
foreach(source IN LISTS rejected)
    string(REGEX REPLACE "^.*/tests/(.*)\\.cc?$" "\\1" name ${source})
    string(REGEX REPLACE "/.*" "" module ${name})
    add_test(NAME rejected/${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/rejects ${source})
    edo_register(rejected/${name} ${EDO_TEST_TIMEOUT} integration ${module})
endforeach()

foreach(source IN LISTS edo_examples)
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(subject ${source} DIRECTORY)
    set(expect ${subject}/${name}.expect)
    set(driver ${subject}/${name}.sh)
    set(program ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:example-${name}>)
    if(EXISTS ${driver})
        # Before ctest, which says nothing: Python says which line it was at.
        math(EXPR drive_s "${EDO_TEST_TIMEOUT} - 10")
        add_test(NAME examples/${name} COMMAND timeout -s ABRT ${drive_s} sh ${driver} ${program})
    elseif(EXISTS ${expect})
        add_test(NAME examples/${name}
            COMMAND ${CMAKE_SOURCE_DIR}/tools/expect ${expect} ${program})
    else()
        continue()
    endif()
    edo_register(examples/${name} ${EDO_TEST_TIMEOUT} examples)
    set_property(TEST examples/${name} APPEND PROPERTY ENVIRONMENT PYTHONFAULTHANDLER=1)
endforeach()
foreach(source IN LISTS edo_examples_left_out)
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(subject ${source} DIRECTORY)
    if(EXISTS ${subject}/${name}.sh OR EXISTS ${subject}/${name}.expect)
        edo_test_left_out(examples/${name} "a library that it needs is not built" examples)
    endif()
endforeach()
add_test(NAME house/tidy COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy)
add_test(NAME house/tidy_test COMMAND ${CMAKE_SOURCE_DIR}/tools/tidy_test)
edo_register(house/tidy ${EDO_TEST_TIMEOUT} house)
edo_register(house/tidy_test ${EDO_TEST_TIMEOUT} house)

include(EdoModel)

# So that a new .expect or .sh is seen.
file(GLOB edo_example_results CONFIGURE_DEPENDS examples/*/*.expect examples/*/*.sh)

# Every public header compiles alone, twice over, in both languages; not once more where the
# compiler and the headers are those of another build.
file(GLOB edo_headers RELATIVE ${CMAKE_SOURCE_DIR}/include CONFIGURE_DEPENDS include/edo/*.h)
set(header_languages c)
if(CMAKE_CXX_COMPILER)
    list(APPEND header_languages cpp)
else()
    edo_left_out("headers are not compiled as C++: there is no compiler of it" test g++)
endif()
foreach(header IN LISTS edo_headers)
    string(MAKE_C_IDENTIFIER ${header} name)
    foreach(language IN LISTS header_languages)
        file(CONFIGURE OUTPUT headers/${name}.${language} CONTENT
            "#include <@header@>\n#include <@header@>\nextern int used_@name@;\n" @ONLY)
        list(APPEND header_sources ${CMAKE_BINARY_DIR}/headers/${name}.${language})
    endforeach()
endforeach()
if(NOT EDO_SANITIZE AND NOT EDO_FIBER_PORTABLE)
    add_library(header_tests OBJECT ${header_sources})
    target_include_directories(header_tests PRIVATE include)
    target_compile_options(header_tests PRIVATE -Wall -Wextra -Wpedantic -Werror)
    target_compile_definitions(header_tests PRIVATE $<$<BOOL:${EDO_DEBUG}>:EDO_DEBUG=1>)
endif()

# Fuzz targets: fuzz/<x>.c, run by fuzz/driver.c on fuzz/corpus/<x>; with EDO_LIBFUZZER (and clang) by
# libFuzzer, which is then started by hand. fuzz/codecs.c is one target for each codec.
add_library(fuzz_driver OBJECT EXCLUDE_FROM_ALL fuzz/driver.c)
target_link_libraries(fuzz_driver PRIVATE test_support)
function(edo_fuzz_target name source)
    add_executable(fuzz-${name} ${source})
    set_target_properties(fuzz-${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(fuzz-${name} PRIVATE ${ARGN})
    target_include_directories(fuzz-${name} PRIVATE src)
    set(libraries edo_web_static edo_http_static) # no more than it needs, as above
    if(name MATCHES "^http")
        set(libraries edo_http_static)
    elseif(name MATCHES "^(args|chat_screen|codec_[a-z]+|config|json|log|map|pg_text|protobuf|protobuf_schema|proxy_header|query|recorder|redis_reader|str|tls_name|wall)$")
        set(libraries "")
    endif()
    target_link_libraries(fuzz-${name} PRIVATE ${libraries} test_support)
    if(EDO_LIBFUZZER)
        target_link_options(fuzz-${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_link_libraries(fuzz-${name} PRIVATE fuzz_driver)
        add_test(NAME fuzz/${name} COMMAND fuzz-${name})
        edo_register(fuzz/${name} ${EDO_TEST_TIMEOUT} fuzz)
    endif()
endfunction()

foreach(target query args config log map recorder str wall)
    edo_fuzz_target(${target} fuzz/${target}.c)
endforeach()
foreach(codec lines delim length varint netstring cobs slip)
    edo_fuzz_target(codec_${codec} fuzz/codecs.c FUZZ_CODEC="${codec}")
endforeach()
edo_fuzz_target(proxy_header fuzz/proxy_header.c)
edo_fuzz_target(tls_name fuzz/tls_name.c)
edo_fuzz_target(json fuzz/json.c)
edo_fuzz_target(protobuf fuzz/protobuf.c)
edo_fuzz_target(protobuf_json fuzz/protobuf_json.c)
edo_fuzz_target(protobuf_schema fuzz/protobuf_schema.c)
edo_fuzz_target(multipart fuzz/multipart.c)
edo_fuzz_target(multipart_print fuzz/multipart_print.c)
edo_fuzz_target(web_cookies fuzz/web_cookies.c)
edo_fuzz_target(web_cookie_jar fuzz/web_cookie_jar.c)
edo_fuzz_target(web_proxy fuzz/web_proxy.c)
edo_fuzz_target(web_redirect fuzz/web_redirect.c)
edo_fuzz_target(web_layers fuzz/web_layers.c)
edo_fuzz_target(web_decompress fuzz/web_decompress.c)
edo_fuzz_target(web_router fuzz/web_router.c)
edo_fuzz_target(web_static fuzz/web_static.c)
edo_fuzz_target(ws_frame fuzz/ws_frame.c)
edo_fuzz_target(ws_deflate fuzz/ws_deflate.c)
edo_fuzz_target(sse fuzz/sse.c)
# Those of a library that may be missing.
function(edo_fuzz_targets_of part)
    foreach(name IN LISTS ARGN)
        if(TARGET edo_${part}_static)
            edo_fuzz_target(${name} fuzz/${name}.c)
            target_link_libraries(fuzz-${name} PRIVATE edo_${part}_static)
        else()
            edo_test_left_out(fuzz/${name} "edo_${part}_static is not built" fuzz)
        endif()
    endforeach()
endfunction()
edo_fuzz_targets_of(tls tls)
edo_fuzz_targets_of(http2 http2 http2_client)
edo_fuzz_targets_of(grpc grpc_wire grpc_transcode)
edo_fuzz_targets_of(otlp otlp_answer)
edo_fuzz_targets_of(console looks)
edo_fuzz_targets_of(redis redis_reader)
edo_fuzz_targets_of(pg pg_text)
edo_fuzz_target(chat_screen fuzz/chat_screen.c)
edo_fuzz_target(template fuzz/template.c)
edo_fuzz_target(http1_request fuzz/http1.c FUZZ_RESPONSES=0)
edo_fuzz_target(http1_response fuzz/http1.c FUZZ_RESPONSES=1)
target_include_directories(fuzz-chat_screen PRIVATE apps/chat)
if(TARGET chat_parts)
    edo_fuzz_target(chat_name fuzz/chat_name.c)
    target_link_libraries(fuzz-chat_name PRIVATE chat_parts)
endif()
foreach(name http_baggage http_chunked http_uri http_headers http_values http_sfv)
    edo_fuzz_target(${name} fuzz/${name}.c)
endforeach()

# What the stage `optimised` builds: its tests, and all that is no test: the libraries, programs, examples, benchmarks, the
# headers alone, models and fuzz targets.
get_property(edo_optimised_programs GLOBAL PROPERTY edo_optimised_programs)
get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
add_custom_target(optimised_tests)
foreach(target IN LISTS targets)
    get_target_property(is_test ${target} EDO_TEST)
    get_target_property(kind ${target} TYPE)
    if(kind MATCHES "^(EXECUTABLE|(STATIC|SHARED|MODULE|OBJECT)_LIBRARY)$" AND (NOT is_test OR target IN_LIST edo_optimised_programs))
        add_dependencies(optimised_tests ${target})
    endif()
endforeach()
