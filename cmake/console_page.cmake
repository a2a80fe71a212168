# SPDX-License-Identifier: MIT
# cmake -DFROM=FOLDER -DOUT=FILE.c -P console_page.cmake: makes the page of src/console/page/assets one file, FILE.c.html, and writes
# FILE.c with it and the policy that allows its style and its script by their hashes, and nothing else.
function(read_all out)
    set(text "")
    foreach(name ${ARGN})
        file(READ ${FROM}/${name} part)
        string(APPEND text "\n${part}")
    endforeach()
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# The hash in base64, as policies have it; CMake has it in hexadecimal digits, of which three are two signs.
function(hash_of text out)
    set(signs ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
    string(SHA256 digits "${text}")
    set(base64 "")
    foreach(at RANGE 0 63 3)
        string(SUBSTRING "${digits}00" ${at} 3 three)
        math(EXPR high "0x${three} >> 6")
        math(EXPR low "0x${three} & 63")
        string(SUBSTRING ${signs} ${high} 1 first)
        string(SUBSTRING ${signs} ${low} 1 second)
        string(APPEND base64 ${first}${second})
    endforeach()
    string(SUBSTRING ${base64} 0 43 base64) # 256 bits
    set(${out} "'sha256-${base64}='" PARENT_SCOPE)
endfunction()

read_all(style page.css)
read_all(script dom.js stream.js table.js details.js tasks.js locks.js workers.js open.js faults.js console.js)
hash_of("${style}" style_hash)
hash_of("${script}" script_hash)
file(READ ${FROM}/page.html page)
string(REPLACE "@STYLE@" "${style}" page "${page}")
string(REPLACE "@SCRIPT@" "${script}" page "${page}")
file(WRITE ${OUT}.html "${page}")
file(READ ${OUT}.html digits HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
set(policy "default-src 'none'; style-src ${style_hash}; script-src ${script_hash}; connect-src 'self'; \"
    \"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
file(WRITE ${OUT} "/* Made by cmake/console_page.cmake. */\n#include \"console/page/page.h\"\n
const unsigned char edoi_console_page[] = {\n${bytes}\n};\nconst size_t edoi_console_page_n = sizeof edoi_console_page;\n
const char edoi_console_policy[] =\n    \"${policy}\";\n")
