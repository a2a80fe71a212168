# SPDX-License-Identifier: MIT
# cmake -DOUT=FILE.c -P embed.cmake FILE...: writes the table of apps/chat/assets.h with these files.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "")
set(rows "")
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 5 ${last}) # behind: cmake -DOUT=... -P embed.cmake --
    set(file ${CMAKE_ARGV${i}})
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE ".*\\." "" extension ${name})
    string(MAKE_C_IDENTIFIER ${name} id)
    file(READ ${file} hex HEX)
    file(SHA256 ${file} hash)
    string(SUBSTRING ${hash} 0 16 etag)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)"
        "\\1\n" bytes "${bytes}") # lines of 16 bytes
    set(path /${name})
    if(name STREQUAL "index.html")
        set(path /)
    endif()
    string(APPEND arrays "static const unsigned char ${id}[] = {\n${bytes}\n};\n")
    string(APPEND rows
        "    { \"${path}\", \"${type_${extension}}\", \"\\\"${etag}\\\"\", ${id}, sizeof ${id} },\n")
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake. */\n#include \"assets.h\"\n\n${arrays}
const asset assets[] = {\n${rows}    { NULL, NULL, NULL, NULL, 0 },\n};\n")
