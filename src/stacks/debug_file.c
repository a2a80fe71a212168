/* SPDX-License-Identifier: MIT */
/* stacks/debug_file.c: see debug_file.h. As gdb looks for it ("Debugging Information in Separate
 * Files"), but for its servers: a report must not wait for one. */
#include "stacks/debug_file.h"

#include <edo/bytes.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef DEBUG_ROOT
#    define DEBUG_ROOT "/usr/lib/debug"
#endif

#define ID_MAX 64u

/* Goes on with a CRC of gzip's polynomial, which begins with 0; half a byte at a time. */
static uint32_t debug_crc(uint32_t crc, const unsigned char *bytes, size_t n) {
    static const uint32_t half[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        crc = crc >> 4 ^ half[crc & 15];
        crc = crc >> 4 ^ half[crc & 15];
    }
    return ~crc;
}

static bool debug_file_has(int fd, uint32_t wanted) {
    static unsigned char piece[65536];
    uint32_t crc = 0;
    ssize_t n;
    while ((n = read(fd, piece, sizeof piece)) > 0) crc = debug_crc(crc, piece, (size_t)n);
    return n == 0 && crc == wanted && lseek(fd, 0, SEEK_SET) == 0;
}

static int debug_file_by_id(const edoi_debug_link *link) {
    static char path[PATH_MAX];
    char digits[2 * ID_MAX + 1] = "";
    if (link->id_n < 2 || link->id_n > ID_MAX) return -1;
    (void)edo_hex_encode(digits, (edo_str){ (const char *)link->id, link->id_n });
    (void)snprintf(path, sizeof path, "%s/.build-id/%.2s/%s.debug", DEBUG_ROOT, digits, digits + 2);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The length of the folder in `path`, which is that of the program or library, without links. */
static size_t debug_folder(char path[PATH_MAX], const char *of) {
    ssize_t n =
        readlink(of, path, PATH_MAX - 1); // "/proc/self/exe", or a library by its short name
    bool is_whole = n > 0 && path[0] == '/';
    if (!is_whole) n = snprintf(path, PATH_MAX, "%s", of);
    path[n < PATH_MAX ? n : PATH_MAX - 1] = '\0';
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

static int debug_file_by_name(const edoi_debug_link *link) {
    static const char *const before[] = { "", "", DEBUG_ROOT };
    static const char *const between[] = { "", "/.debug", "" };
    static char program[PATH_MAX], path[2 * PATH_MAX];
    int n = (int)debug_folder(program, link->of);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        (void)snprintf(path, sizeof path, "%s%.*s%s/%s", before[i], n, program, between[i],
                       link->name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && debug_file_has(fd, link->crc)) return fd;
        if (fd >= 0) (void)close(fd);
    }
    return -1;
}

int edoi_debug_file_open(const edoi_debug_link *link) {
    // what several such files have in common (dwz) is told by its path, and has no sum
    if (link->name && strchr(link->name, '/'))
        return link->name[0] == '/' ? open(link->name, O_RDONLY | O_CLOEXEC) : -1;
    int fd = debug_file_by_id(link);
    return fd < 0 && link->name ? debug_file_by_name(link) : fd;
}
