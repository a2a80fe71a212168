# SPDX-License-Identifier: MIT
# Models: tests/model/<x>.c is a program and the ctest model/<x>, label `model`. It is linked with the
# real sources of the core, compiled against the model checker's own base/atomic.h and C library
# (tools/model/shim), and so that the compiler reports each plain access (-fsanitize=thread, but the
# checker answers in place of the sanitizer).
#
# Only for this machine, and without a sanitizer. What runs is compiled with the checks anyway, so that the models of
# an optimised build are the same ones: they are compiled there, with each change, and run in the debug build.
if(CMAKE_CROSSCOMPILING OR EDO_SANITIZE OR EDO_FIBER_PORTABLE OR EDO_LTO)
    return()
endif()

file(GLOB checker_sources CONFIGURE_DEPENDS tools/model/*.c)
add_library(model_checker OBJECT ${checker_sources} ${edo_switch})
target_include_directories(model_checker PRIVATE include src tools/model)
target_link_libraries(model_checker PRIVATE edo_flags)
target_compile_options(model_checker PRIVATE -O2)
target_compile_definitions(model_checker PRIVATE EDO_DEBUG=1) # as what is tested

file(GLOB tested_sources CONFIGURE_DEPENDS src/base/*.c src/base/*/*.c src/stacks/*.c src/records/*.c src/locks/*.c src/memory/*.c src/future/*.c src/fiber/*.c src/sync/*.c src/sync/*/*.c src/sync/*/*/*.c
    src/time/*.c src/time/*/*.c src/driver/*.c src/driver/*/*.c src/runtime/*.c src/runtime/*/*.c)
list(FILTER tested_sources EXCLUDE REGEX "_test\\.c$|/switch_portable\\.c$|/(main|last_events|last_resort|log_jobs|signal_hub|membarrier|recorded|recorder|world)\\.c$")
add_library(model_tested OBJECT ${tested_sources})
target_link_libraries(model_tested PRIVATE edo_flags)
target_compile_options(model_tested PRIVATE -O1 -fsanitize=thread
    "SHELL:-include ${CMAKE_SOURCE_DIR}/tools/model/shim/libc.h")
target_compile_definitions(model_tested PRIVATE EDO_DEBUG=1 EDOI_MODEL=1)
target_include_directories(model_tested BEFORE PRIVATE tools/model/shim tools/model include src
    ${CMAKE_SOURCE_DIR})

# What one model alone takes in beside the core; it defines itself what that calls.
set(edo_tested_by_lease src/http/io/lease.c)
set(edo_tested_by_breaker src/service/breaker/circuit.c src/service/breaker/window.c)
set(edo_tested_by_balance src/service/balance/set.c src/service/balance/pick.c src/service/balance/eject.c
    src/service/balance/load.c src/service/balance/hash.c src/service/balance/maglev.c src/service/outcome.c)
set(edo_tested_by_gate src/service/overload/gate.c)
set(edo_tested_by_lend src/service/pool/line.c src/service/pool/pool.c)
set(edo_tested_by_supervise src/service/supervise.c)
set(edo_tested_by_log_ring src/log/out/ring.c)
set(edo_tested_by_recorder src/recorder/ring.c)
set(edo_tested_by_log_wanted src/log/wanted.c src/log/receivers.c src/log/filter.c)
set(edo_tested_by_merge src/seq/merge/seq_set.c src/seq/merge/merge.c src/seq/merge/keyed.c src/seq/seq.c
    src/seq/adapters.c src/seq/sources.c)
set(edo_tested_by_flight src/service/cache/flight.c)
set(edo_tested_by_cache src/service/cache/cache.c src/service/cache/flight.c src/service/cache/lead.c
    src/service/cache/policy.c src/service/cache/store.c)
set(edo_tested_by_h2_streams src/http2/stream/stream.c src/http2/conn.c src/http2/write.c src/http2/drain.c
    src/http2/body/tunnel.c src/http2/both/timer.c)
set(edo_tested_by_h2_client src/http2/client/driver.c src/http2/client/conn.c src/http2/client/call/call.c
    src/http2/client/call/open.c src/http2/client/call/body.c src/http2/queue.c src/http2/both/timer.c)
# And what it puts in front of the core's own functions.
set(edo_wrapped_by_h2_streams edo_spawn_at edo_task_ref edo_task_unref edo_task_cancel edo_slab_get_at
    edo_slab_put_at edo_sleep_at_init)
set(edo_wrapped_by_h2_client edo_await edo_spawn_future_detached_with_at)
set(edo_wrapped_by_uring edoi_uring_open edoi_uring_let_wait edoi_uring_close edoi_uring_enter)

file(GLOB models CONFIGURE_DEPENDS tests/model/*.c)
if(NOT TARGET edo_http2_objects)
    list(FILTER models EXCLUDE REGEX "/h2_[a-z]+\\.c$")
endif()
foreach(source IN LISTS models)
    get_filename_component(name ${source} NAME_WE)
    # The model itself is watched, too.
    add_library(model_${name}_object OBJECT ${source} ${edo_tested_by_${name}})
    foreach(property COMPILE_OPTIONS COMPILE_DEFINITIONS INCLUDE_DIRECTORIES LINK_LIBRARIES)
        get_target_property(value model_tested ${property})
        set_target_properties(model_${name}_object PROPERTIES ${property} "${value}")
    endforeach()
    if(name MATCHES "^h2_")
        target_include_directories(model_${name}_object SYSTEM PRIVATE ${NGHTTP2_INCLUDE_DIRS})
    endif()
    if(name MATCHES "^(h2_.*|supervise)$")
        target_compile_definitions(model_${name}_object PRIVATE EDO_LEVEL_MAX=0) # no log
    endif()
    add_executable(model-${name} $<TARGET_OBJECTS:model_${name}_object>
        $<TARGET_OBJECTS:model_checker> $<TARGET_OBJECTS:model_tested>)
    set_target_properties(model-${name} PROPERTIES LINKER_LANGUAGE C
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(model-${name} PRIVATE Threads::Threads)
    target_link_options(model-${name} PRIVATE
        -Wl,--wrap=edoi_task_slab_put -Wl,--wrap=edoi_task_slab_put_foreign -Wl,--wrap=edoi_lock_wait)
    foreach(wrapped IN LISTS edo_wrapped_by_${name})
        target_link_options(model-${name} PRIVATE -Wl,--wrap=${wrapped})
    endforeach()
    # Without EDO_MODELS clang-tidy still knows how they are compiled.
    if(NOT EDO_MODELS)
        set_target_properties(model_${name}_object model-${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
        continue()
    endif()
    add_test(NAME model/${name} COMMAND model-${name})
    edo_register(model/${name} 900 model) # seconds on a quiet machine; it only computes
    if(NOT name MATCHES "^(litmus|random)$") # about the checker, or at random
        list(APPEND model_programs $<TARGET_FILE:model-${name}>)
    endif()
endforeach()
if(NOT EDO_MODELS)
    set_target_properties(model_checker model_tested PROPERTIES EXCLUDE_FROM_ALL TRUE)
    return()
endif()
add_test(NAME model/orders COMMAND ${CMAKE_SOURCE_DIR}/tools/model/orders -j 2 ${model_programs})
edo_register(model/orders 900 model)
set_tests_properties(model/orders PROPERTIES PROCESSORS 2)
