# SPDX-License-Identifier: MIT
# libedo.a and libedo.so from the same objects; with EDO_VARIANT=x, libedo-x.a and libedo-x.so.
file(GLOB edo_sources CONFIGURE_DEPENDS src/*/*.c src/*/*/*.c src/*/*/*/*.c)
list(FILTER edo_sources EXCLUDE REGEX "_test\\.c$")
list(FILTER edo_sources EXCLUDE REGEX "/src/fiber/switch_[a-z0-9_]+\\.c$")
list(FILTER edo_sources EXCLUDE REGEX "/src/(ares|client|coding|console|grpc|http|http2|otlp|pg|redis|sim|sqlite|tls|web)/") # libraries of their own, see EdoGroup.cmake

# Exactly one way to switch fibers.
file(GLOB edo_switches CONFIGURE_DEPENDS src/fiber/switch_*)
set(edo_switch src/fiber/switch_portable.c)
if(NOT EDO_FIBER_PORTABLE)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        set(edo_switch src/fiber/switch_x86_64.S)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
        set(edo_switch src/fiber/switch_aarch64.S)
    endif()
endif()
if("${CMAKE_CURRENT_SOURCE_DIR}/${edo_switch}" IN_LIST edo_switches)
    list(APPEND edo_sources ${CMAKE_CURRENT_SOURCE_DIR}/${edo_switch})
endif()
if(NOT edo_sources)
    # A library needs at least one file; this is the tree before its first module.
    file(WRITE ${CMAKE_BINARY_DIR}/empty.c "extern int edoi_empty;\nint edoi_empty = 0;\n")
    set(edo_sources ${CMAKE_BINARY_DIR}/empty.c)
endif()

# Fiber stacks are small, so no frame of `target` is above 2 KiB; of libedo-sim, whose calls take paths for a program in a test,
# above three of these. Only in release builds: an unoptimised or sanitized frame says nothing. An error where it is tested; other
# compilers may need a little more.
function(edo_small_frames target)
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
        return()
    endif()
    set(bytes 2048)
    if(target MATCHES "^edo_sim")
        set(bytes 13312)
    endif()
    set(flag -Wframe-larger-than=${bytes})
    if(EDO_TESTS)
        set(flag -Werror=frame-larger-than=${bytes})
    endif()
    target_compile_options(${target} PRIVATE "$<$<COMPILE_LANGUAGE:C>:${flag}>")
endfunction()

add_library(edo_objects OBJECT ${edo_sources})
set_target_properties(edo_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(edo_objects PRIVATE include src)
target_link_libraries(edo_objects PRIVATE edo_flags edo_garbage)
target_compile_definitions(edo_objects PRIVATE $<$<BOOL:${EDO_DEBUG}>:EDO_DEBUG=1>)
if(EDO_FIBER_PORTABLE)
    target_compile_definitions(edo_objects PRIVATE EDO_FIBER_PORTABLE=1)
endif()
if(EDO_USDT AND NOT CMAKE_CROSSCOMPILING)
    include(CheckIncludeFile)
    check_include_file(sys/sdt.h EDO_HAS_SDT)
    target_compile_definitions(edo_objects PRIVATE $<$<BOOL:${EDO_HAS_SDT}>:EDOI_USDT=1>)
endif()
edo_small_frames(edo_objects)

if(EDO_VARIANT)
    set(edo_suffix -${EDO_VARIANT})
endif()

# EDO_DEBUG changes inline functions of the public headers, so it is part of the interface. So is a
# sanitizer: the thread sanitizer sees a program whole, or reports what is no race.
function(edo_library name kind)
    add_library(${name} ${kind} $<TARGET_OBJECTS:edo_objects>)
    string(REGEX REPLACE "^edo" "edo${edo_suffix}" exported ${name})
    string(REPLACE "-" "_" exported ${exported})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME edo${edo_suffix} EXPORT_NAME ${exported}
        LINKER_LANGUAGE C)
    target_include_directories(${name} PUBLIC
        $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_compile_definitions(${name} PUBLIC $<$<BOOL:${EDO_DEBUG}>:EDO_DEBUG=1>)
    target_link_libraries(${name} PUBLIC Threads::Threads PRIVATE $<BUILD_INTERFACE:edo_flags>)
    if(EDO_SANITIZE)
        target_compile_options(${name} PUBLIC $<INSTALL_INTERFACE:-fsanitize=${EDO_SANITIZE}>)
        target_link_options(${name} PUBLIC $<INSTALL_INTERFACE:-fsanitize=${EDO_SANITIZE}>)
    endif()
endfunction()

# What a library has given to another one while it was loaded, functions and places in its memory, stays there: so
# dlclose() of a program's part that needs it, such as a plugin, does not take it away.
function(edo_stays_loaded library)
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
        target_link_options(${library} PRIVATE -Wl,-z,nodelete)
    endif()
endfunction()

edo_library(edo_static STATIC)
edo_library(edo SHARED)
edo_stays_loaded(edo)
set_target_properties(edo PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
add_library(edo::edo_static ALIAS edo_static)
add_library(edo::edo ALIAS edo)
