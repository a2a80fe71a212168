# SPDX-License-Identifier: MIT
# A library beside libedo, for programs that want that group of modules: libedo-<group>.a and
# libedo-<group>.so, of objects that use edo's public headers only. Targets: edo_<group>_objects,
# edo_<group>_static, edo_<group>, and the last two as edo::.
function(edo_group group)
    set(objects edo_${group}_objects)
    add_library(${objects} OBJECT ${ARGN})
    set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_include_directories(${objects} PRIVATE include src)
    target_link_libraries(${objects} PRIVATE edo_flags edo_garbage)
    target_compile_definitions(${objects} PRIVATE $<$<BOOL:${EDO_DEBUG}>:EDO_DEBUG=1>)
    edo_small_frames(${objects})
    edo_group_library(${group} edo_${group}_static STATIC edo_static)
    edo_group_library(${group} edo_${group} SHARED edo)
    if(NOT EDO_SANITIZE AND CMAKE_SYSTEM_NAME STREQUAL "Linux") # what libedo.so does not export
        target_link_options(edo_${group} PRIVATE -Wl,-z,defs)
    endif()
    edo_stays_loaded(edo_${group})
    set_target_properties(edo_${group} PROPERTIES VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        INSTALL_RPATH "$ORIGIN") # a program's own run path does not hold for the libedo that this needs
endfunction()

function(edo_group_library group name kind base)
    add_library(${name} ${kind} $<TARGET_OBJECTS:edo_${group}_objects>)
    string(REGEX REPLACE "^edo" "edo${edo_suffix}" exported ${name})
    string(REPLACE "-" "_" exported ${exported})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME edo${edo_suffix}-${group}
        EXPORT_NAME ${exported} LINKER_LANGUAGE C)
    target_link_libraries(${name} PUBLIC ${base} PRIVATE $<BUILD_INTERFACE:edo_flags>)
    add_library(edo::${name} ALIAS ${name})
endfunction()

# The group stands on the libraries of others at these paths, from Debian's `package`: for edo-config.cmake, which looks
# for them where a program asks for the group.
function(edo_group_needs group package)
    foreach(path IN LISTS ARGN)
        if(IS_ABSOLUTE ${path})
            get_filename_component(path ${path} REALPATH) # libpq.so is for those that build
            set_property(GLOBAL APPEND PROPERTY edo_needs_${group} ${package}:${path})
        endif()
    endforeach()
endfunction()

# As edo_group(), of src/<group>, over a library of others that may be missing, called `title` and in Debian's `package`:
# built where pkg-config finds its modules, which come last, and not in a cross build. `prefix`: of pkg-config's variables,
# which stay in the cache from an earlier configuration.
function(edo_group_over group prefix title package)
    string(TOUPPER ${group} option)
    find_package(PkgConfig QUIET)
    if(EDO_${option} AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
        pkg_check_modules(${prefix} QUIET ${ARGN})
    endif()
    if(NOT EDO_${option} OR CMAKE_CROSSCOMPILING OR NOT ${prefix}_FOUND)
        edo_left_out("libedo-${group} is not built: ${title} was not found, or not looked for" test ${package})
        return()
    endif()
    file(GLOB sources CONFIGURE_DEPENDS src/${group}/*.c src/${group}/*/*.c)
    list(FILTER sources EXCLUDE REGEX "_test\\.c$")
    edo_group(${group} ${sources})
    target_include_directories(edo_${group}_objects SYSTEM PRIVATE ${${prefix}_INCLUDE_DIRS})
    target_include_directories(edo_${group}_static SYSTEM INTERFACE # for white-box tests
        $<BUILD_INTERFACE:${${prefix}_INCLUDE_DIRS}>)
    foreach(name edo_${group}_static edo_${group})
        target_link_directories(${name} PRIVATE ${${prefix}_LIBRARY_DIRS})
        target_link_libraries(${name} PRIVATE ${${prefix}_LIBRARIES})
    endforeach()
    edo_group_needs(${group} ${package} ${${prefix}_LINK_LIBRARIES})
endfunction()

# Links a library of others to the group, if pkg-config finds it: its objects see EDOI_HAVE_<HAVE>. Debian's package and
# the names of pkg-config follow, which stand in edo_<group>_requires for the .pc file.
function(edo_group_uses group have package)
    if(CMAKE_CROSSCOMPILING OR NOT PkgConfig_FOUND)
        return()
    endif()
    pkg_check_modules(EDO_${have} QUIET ${ARGN})
    if(NOT EDO_${have}_FOUND)
        edo_left_out("libedo-${group} is built without ${ARGN}, which pkg-config does not find" test ${package})
        return()
    endif()
    target_compile_definitions(edo_${group}_objects PRIVATE EDOI_HAVE_${have}=1)
    target_include_directories(edo_${group}_objects SYSTEM PRIVATE ${EDO_${have}_INCLUDE_DIRS})
    foreach(name edo_${group}_static edo_${group})
        target_link_directories(${name} PRIVATE ${EDO_${have}_LIBRARY_DIRS})
        target_link_libraries(${name} PRIVATE ${EDO_${have}_LIBRARIES})
    endforeach()
    edo_group_needs(${group} ${package} ${EDO_${have}_LINK_LIBRARIES})
    list(APPEND edo_${group}_requires ${ARGN})
    list(JOIN edo_${group}_requires ", " edo_${group}_requires)
    set(edo_${group}_requires "${edo_${group}_requires}" PARENT_SCOPE)
endfunction()
