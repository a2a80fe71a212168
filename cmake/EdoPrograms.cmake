# SPDX-License-Identifier: MIT
# Programs: apps, examples, benchmarks. Each is built when its files are there.
function(edo_program name)
    add_executable(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE edo_static edo_flags)
endfunction()

file(GLOB edo_apps CONFIGURE_DEPENDS LIST_DIRECTORIES true apps/*)
foreach(dir IN LISTS edo_apps)
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
    list(FILTER sources EXCLUDE REGEX "_test\\.c$")
    if(sources)
        get_filename_component(name ${dir} NAME)
        edo_program(edo-${name} ${sources})
        list(APPEND edo_app_targets edo-${name})
    endif()
endforeach()

file(GLOB edo_examples CONFIGURE_DEPENDS examples/*.c)
foreach(source IN LISTS edo_examples)
    get_filename_component(name ${source} NAME_WE)
    edo_program(example-${name} ${source})
    set_target_properties(example-${name} PROPERTIES EDO_NO_LTO ON OUTPUT_NAME ${name}
        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/examples)
endforeach()

# bench/cases/*.c belong to edo-bench; every other bench/<x>.c is a program of its own name.
file(GLOB edo_benches CONFIGURE_DEPENDS bench/*.c)
file(GLOB edo_bench_cases CONFIGURE_DEPENDS bench/cases/*.c)
foreach(source IN LISTS edo_benches)
    get_filename_component(name ${source} NAME_WE)
    if(name STREQUAL "edo-bench")
        edo_program(${name} ${source} ${edo_bench_cases})
        target_include_directories(${name} PRIVATE bench src)
    else()
        edo_program(${name} ${source})
        target_include_directories(${name} PRIVATE bench)
    endif()
endforeach()
