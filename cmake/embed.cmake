# SPDX-License-Identifier: MIT
# cmake -DOUT=FILE.c -P embed.cmake FILE...: writes the table of apps/chat/page/assets.h with these files.
set(arrays "")
set(rows "")

macro(embed file name)
    string(MAKE_C_IDENTIFIER ${name} id)
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "^(1f8b....)........" "\\100000000" hex "${hex}")
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)"
        "\\1\n" bytes "${bytes}") # lines of 16 bytes
    string(APPEND arrays "static const unsigned char ${id}[] = {\n${bytes}\n};\n")
    string(APPEND rows "    { \"${name}\", { (const char *)${id}, sizeof ${id} }, NULL },\n")
endmacro()

math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 5 ${last}) # behind: cmake -DOUT=... -P embed.cmake --
    set(file ${CMAKE_ARGV${i}})
    get_filename_component(name ${file} NAME)
    embed(${file} ${name})
    # Compressed, too, for those who take it so; without the time in the head it is the same each time.
    set(packed ${OUT}.${name}.gz)
    file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    embed(${packed} ${name}.gz)
    file(REMOVE ${packed})
endforeach()
file(WRITE ${OUT} "/* Made by cmake/embed.cmake. */\n#include \"page/assets.h\"\n\n${arrays}
const edo_asset assets[] = {\n${rows}};\nconst size_t assets_n = EDO_COUNT(assets);\n")
