# SPDX-License-Identifier: MIT
# chat_parts: all of edo-chat but main(), for the program and for its tests. What it needs beside edo are those of edo's
# libraries that were built, and libedit where pkg-config finds it, and not in cross builds. Without one a file of the same
# functions takes the place of those that use it.
# chat_needs carries the libraries and the folder that includes begin at.
find_package(PkgConfig QUIET)
file(GLOB chat_sources CONFIGURE_DEPENDS apps/chat/*.c apps/chat/*/*.c)
list(REMOVE_ITEM chat_sources ${CMAKE_CURRENT_SOURCE_DIR}/apps/chat/main.c)
add_library(chat_needs INTERFACE)
target_include_directories(chat_needs INTERFACE apps/chat)

# chat_uses(MODULE PACKAGE WITH WITHOUT): of the two lists of files one is compiled.
function(chat_uses module package with without)
    if(PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
        pkg_check_modules(chat_${module} QUIET IMPORTED_TARGET ${module})
    endif()
    set(unused ${with})
    if(TARGET PkgConfig::chat_${module})
        target_link_libraries(chat_needs INTERFACE PkgConfig::chat_${module})
        target_compile_definitions(chat_needs INTERFACE CHAT_HAS_${module}=1)
        set(unused ${without})
    else()
        edo_left_out("edo-chat is built without ${module}, which pkg-config does not find" test ${package})
    endif()
    set(chat_unused ${chat_unused} ${unused} PARENT_SCOPE)
endfunction()
chat_uses(libedit libedit-dev terminal/edit.c terminal/no_edit.c)
if(TARGET edo_tls_static)
    target_link_libraries(chat_needs INTERFACE edo_tls_static)
    list(APPEND chat_unused no_tls.c)
else()
    list(APPEND chat_unused tls.c)
endif()
if(TARGET edo_sqlite_static)
    target_link_libraries(chat_needs INTERFACE edo_sqlite_static)
    target_compile_definitions(chat_needs INTERFACE CHAT_HAS_SQLITE=1)
    list(APPEND chat_unused store/no_sqlite.c)
else()
    list(APPEND chat_unused store/sqlite.c store/sqlite_call.c store/sqlite_log.c store/sqlite_look.c)
endif()
if(TARGET edo_pg_static)
    target_link_libraries(chat_needs INTERFACE edo_pg_static)
    target_compile_definitions(chat_needs INTERFACE CHAT_HAS_PG=1)
    list(APPEND chat_unused store/no_postgres.c)
else()
    list(APPEND chat_unused store_pg/pg_copy.c store_pg/pg_names.c store_pg/pg_news.c store_pg/pg_order.c store_pg/pg_people.c store_pg/pg_read.c store_pg/pg_store.c store_pg/pg_tables.c)
endif()
if(TARGET edo_grpc_static)
    target_link_libraries(chat_needs INTERFACE edo_otlp_static edo_console_static edo_grpc_static)
    list(APPEND chat_unused no_grpc.c no_console.c)
else()
    list(APPEND chat_unused stream/ask.c stream/door.c stream/outbox.c stream/stream.c stream/translate.c)
endif()
list(TRANSFORM chat_unused PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/apps/chat/)
list(REMOVE_ITEM chat_sources ${chat_unused})

# Of an archive the linker takes what it still misses: so a test may put a file of its own in the place of one of these, or
# take one of them in, if that defines all that others use of the original.
add_library(chat_parts STATIC ${chat_sources})
target_link_libraries(chat_parts PUBLIC chat_needs edo_web_static edo_http_static edo_static PRIVATE edo_flags edo_garbage)
target_link_libraries(edo-chat PRIVATE chat_parts)

# The page: its files as arrays of C, which needs no other tool than CMake.
file(GLOB chat_page CONFIGURE_DEPENDS apps/chat/page/assets/*)
set(chat_assets ${CMAKE_BINARY_DIR}/chat_assets.c)
add_custom_command(OUTPUT ${chat_assets}
    COMMAND ${CMAKE_COMMAND} -DOUT=${chat_assets} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake --
        ${chat_page}
    DEPENDS ${chat_page} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
add_library(chat_assets STATIC ${chat_assets})
target_include_directories(chat_assets PRIVATE apps/chat)
target_link_libraries(chat_assets PRIVATE edo_web_static edo_flags)
target_link_libraries(chat_needs INTERFACE chat_assets)
