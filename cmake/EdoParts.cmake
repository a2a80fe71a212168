# SPDX-License-Identifier: MIT
# Parts that are left out where something is missing that they need. A cross build has few of them.
#
# edo_left_out(what target package): tells `what` is left out, and why; an error where EDO_REQUIRE asks for it.
# scripts/setup installs the package for `target`, which is test or check; check has all of test.
function(edo_left_out what target package)
    if(NOT CMAKE_CROSSCOMPILING AND EDO_REQUIRE MATCHES "^(${target}|check)$")
        message(FATAL_ERROR "${what}. Debian has it in ${package}, which scripts/setup ${target} installs")
    endif()
    message(STATUS "${what}")
endfunction()

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
    edo_left_out("libraries of others are not looked for: pkg-config was not found" test pkg-config)
endif()
