# SPDX-License-Identifier: MIT
# edo_proto(target file.proto... [ROOT dir] [IMPORT_DIRS dir...] [OPTIONS option...]): headers with structs and
# descriptions for .proto files, made by protoc and protoc-gen-edo when they are out of date, also by what they import.
#
#     edo_proto(greeter hello.proto)          #include "hello.edo.h"
#     edo_proto(greeter api/v1/a.proto)       #include "api/v1/a.edo.h"
#     edo_proto(greeter a.proto OPTIONS times no_comments)     as --edo_opt of protoc has them
#
# The target comes first: behind add_executable() or add_library(), which may be an INTERFACE library for several. Files are named from ROOT, or the current source directory. Imports are looked for there, then in IMPORT_DIRS,
# then among edo's own: google/api/annotations.proto.
# What links `target` sees the headers, too.
function(edo_proto target)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "ROOT" "IMPORT_DIRS;OPTIONS")
    if(NOT TARGET ${target})
        message(FATAL_ERROR "edo_proto: there is no target ${target}: add_executable() or add_library() comes first")
    endif()
    if(NOT arg_ROOT)
        set(arg_ROOT ${CMAKE_CURRENT_SOURCE_DIR})
    endif()
    find_program(EDO_PROTOC protoc)
    if(NOT EDO_PROTOC)
        message(FATAL_ERROR "edo_proto: protoc was not found (Debian: protobuf-compiler)")
    endif()
    if(TARGET protoc-gen-edo)
        set(plugin $<TARGET_FILE:protoc-gen-edo>)
        set(plugin_target protoc-gen-edo)
        set(own ${edo_SOURCE_DIR}/include)
    else()
        # Variables of the package are those of the folder that looked for it, which may be another.
        get_property(programs GLOBAL PROPERTY EDO_PROGRAMS_DIR)
        get_property(own GLOBAL PROPERTY EDO_INCLUDE_DIR)
        find_program(EDO_PROTOC_GEN protoc-gen-edo HINTS ${programs} REQUIRED)
        set(plugin ${EDO_PROTOC_GEN})
        set(plugin_target ${EDO_PROTOC_GEN})
    endif()
    set(made ${CMAKE_CURRENT_BINARY_DIR}/edo_proto)
    file(MAKE_DIRECTORY ${made})
    set(imports -I${arg_ROOT})
    foreach(dir IN LISTS arg_IMPORT_DIRS)
        list(APPEND imports -I${dir})
    endforeach()
    if(own)
        list(APPEND imports -I${own}) # google/api
    endif()
    set(options "")
    foreach(option IN LISTS arg_OPTIONS)
        list(APPEND options --edo_opt=${option})
    endforeach()
    foreach(proto IN LISTS arg_UNPARSED_ARGUMENTS)
        string(REGEX REPLACE "\\.proto$" "" name ${proto})
        get_filename_component(folder ${made}/${name} DIRECTORY)
        file(MAKE_DIRECTORY ${folder})
        add_custom_command(OUTPUT ${made}/${name}.edo.h
            COMMAND ${EDO_PROTOC} --plugin=protoc-gen-edo=${plugin} ${imports} ${options} --edo_out=${made}
                --dependency_out=${made}/${name}.d ${arg_ROOT}/${proto}
            DEPENDS ${arg_ROOT}/${proto} ${plugin_target}
            DEPFILE ${made}/${name}.d
            COMMENT "Making ${name}.edo.h" VERBATIM)
        target_sources(${target} PRIVATE ${made}/${name}.edo.h)
    endforeach()
    get_target_property(type ${target} TYPE)
    set(scope PUBLIC)
    if(type STREQUAL "INTERFACE_LIBRARY")
        set(scope INTERFACE)
    endif()
    target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${made}>)
endfunction()
