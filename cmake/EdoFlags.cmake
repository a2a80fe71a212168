# SPDX-License-Identifier: MIT
# How every file of the tree is compiled: the target edo_flags carries it, edo_program() and the
# library link it. Optimisation is per build type, see CMakePresets.json.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug or Release" FORCE)
endif()
set(CMAKE_C_FLAGS_DEBUG "-Og -g")
# No vectors of neighbouring fields: a 16-byte load of two fields that were just stored one by one
# waits until the stores are in cache (12 instead of 20 ns a message of an mpsc channel).
set(CMAKE_C_FLAGS_RELEASE "-O3 -fno-tree-slp-vectorize -g1 -DNDEBUG")
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_LINK_DEPENDS_NO_SHARED ON) # a program need not be linked again when a shared library is
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# What another clone of the tree has compiled with these flags is not compiled again: ccache sees paths below the
# tree as relative ones. Debug information then names the tree ".", in each clone: an object that named another clone
# would not be known as edo's own when a report looks for the program's line.
find_program(EDO_CCACHE ccache)
mark_as_advanced(EDO_CCACHE)
if(EDO_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${EDO_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_C_COMPILER_LAUNCHER})
    add_compile_options(-fdebug-prefix-map=${CMAKE_SOURCE_DIR}=.)
    # A header that names itself by __FILE__ in a line marker (EDOI_IS_GCC) is "include/edo/x.h" in what the preprocessor
    # writes. Without a file of that name in the build ccache knows such an object only after the preprocessor has run.
    if(PROJECT_IS_TOP_LEVEL AND NOT EXISTS ${CMAKE_BINARY_DIR}/include)
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include SYMBOLIC)
    endif()
endif()

# Test programs are many and large; mold links them in a fraction of the time. What is installed is linked by
# the compiler's own linker.
find_program(EDO_MOLD mold)
mark_as_advanced(EDO_MOLD)
if(EDO_MOLD AND EDO_TESTS AND NOT EDO_LTO AND NOT CMAKE_CROSSCOMPILING)
    include(CheckLinkerFlag)
    check_linker_flag(C -fuse-ld=mold EDO_HAS_MOLD)
    if(EDO_HAS_MOLD)
        add_link_options(-fuse-ld=mold)
    endif()
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(edo_warnings
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wstrict-prototypes
    -Wmissing-prototypes -Wcast-qual -Wcast-align -Wwrite-strings -Wformat=2 -Wswitch-enum -Wvla
    -Walloca)
# A local that does not survive an await is one that a state machine's switch jumped over.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    list(APPEND edo_warnings -Wjump-misses-init)
    # gcc takes every wait node on a stack for a pointer that outlives it: intrusive lists live so.
    if(CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
        list(APPEND edo_warnings -Wno-dangling-pointer)
    endif()
else()
    # The macros of sys/sdt.h are GNU's. Behind -Wpedantic, which has that warning, too.
    list(APPEND edo_warnings -Wconditional-uninitialized -Wno-gnu-zero-variadic-macro-arguments)
endif()
# Of the tests the optimiser warns of what it cannot see through: there a warning is no error.
if(EDO_WERROR AND CMAKE_BUILD_TYPE STREQUAL "Release")
    set(edo_werror "$<$<NOT:$<BOOL:$<TARGET_PROPERTY:EDO_TEST>>>:-Werror>")
elseif(EDO_WERROR)
    set(edo_werror -Werror)
endif()

# Spawn sites and log lines name no path of the machine: neither that of the tree nor, where ccache has made
# that relative (CCACHE_BASEDIR), the way up from the build.
cmake_path(RELATIVE_PATH CMAKE_SOURCE_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR}
    OUTPUT_VARIABLE edo_way_up)

add_library(edo_flags INTERFACE)
target_compile_definitions(edo_flags INTERFACE _GNU_SOURCE)
target_compile_options(edo_flags INTERFACE
    "$<$<COMPILE_LANGUAGE:C>:${edo_warnings};${edo_werror}>"
    -fvisibility=hidden -fno-common -fstack-clash-protection
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -fmacro-prefix-map=${edo_way_up}/=)
target_link_options(edo_flags INTERFACE -Wl,-z,now)
target_link_libraries(edo_flags INTERFACE Threads::Threads)

# In debug builds a local that was not set holds garbage, and not by chance what is right. Not in models,
# which would see it as accesses.
add_library(edo_garbage INTERFACE)
include(CheckCCompilerFlag)
check_c_compiler_flag(-ftrivial-auto-var-init=pattern EDO_HAS_PATTERN_INIT)
if(EDO_DEBUG AND EDO_HAS_PATTERN_INIT)
    target_compile_options(edo_garbage INTERFACE
        $<$<COMPILE_LANGUAGE:C>:-ftrivial-auto-var-init=pattern>)
endif()

if(EDO_SANITIZE)
    set(edo_sanitize -fsanitize=${EDO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(edo_flags INTERFACE ${edo_sanitize})
    target_link_options(edo_flags INTERFACE ${edo_sanitize})
endif()
if(EDO_LIBFUZZER) # counts which branches of the library an input takes
    target_compile_options(edo_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(edo_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(EDO_LTO)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        # Fat objects: the installed libedo.a serves compilers that cannot read gcc's format.
        set(edo_lto -flto=auto -ffat-lto-objects)
    else()
        set(edo_lto -flto=thin)
    endif()
    # Not for targets with EDO_NO_LTO: the many examples, whose links it would take minutes to make.
    set(wanted "$<NOT:$<BOOL:$<TARGET_PROPERTY:EDO_NO_LTO>>>")
    target_compile_options(edo_flags INTERFACE
        "$<$<AND:$<COMPILE_LANGUAGE:C>,${wanted}>:${edo_lto}>")
    # Without -fno-lto gcc would optimise the library's fat objects again for each of them.
    target_link_options(edo_flags INTERFACE "$<IF:${wanted},${edo_lto},-fno-lto>")
    set(CMAKE_AR ${CMAKE_C_COMPILER_AR}) # the one that understands the objects
    set(CMAKE_RANLIB ${CMAKE_C_COMPILER_RANLIB})
endif()
