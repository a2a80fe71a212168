/* SPDX-License-Identifier: MIT */
/* http/uri/dots.c: works segment by segment; what is kept moves to the front. */
#include "http/uri/dots.h"

#include "base/assert.h"

#include <stdbool.h>
#include <string.h>

/* Takes the last segment, and the slash before it, off the `n` bytes that were kept. Returns the
 * rest. */
static size_t without_last(const char *path, size_t n) {
    while (n > 0 && path[n - 1] != '/') n--;
    return n > 0 ? n - 1 : 0;
}

size_t edoi_remove_dots(char *path, size_t n) {
    size_t kept = 0, at = 0;
    // Dots at the very beginning of a path without a slash vanish with the slash behind them.
    while (at < n && path[at] == '.') {
        size_t dots = at + 1 < n && path[at + 1] == '.' ? 2 : 1;
        if (at + dots < n && path[at + dots] != '/') break;
        at += dots + (at + dots < n ? 1 : 0);
    }
    while (at < n) {
        size_t slash = path[at] == '/' ? 1 : 0, end = at + slash;
        while (end < n && path[end] != '/') end++;
        const char *segment = path + at + slash;
        size_t bytes = end - at - slash;
        bool is_dot = slash && bytes == 1 && segment[0] == '.';
        bool is_up = slash && bytes == 2 && segment[0] == '.' && segment[1] == '.';
        if (is_up) kept = without_last(path, kept);
        if (!is_dot && !is_up) {
            memmove(path + kept, path + at, end - at);
            kept += end - at;
        } else if (end == n) {
            path[kept++] = '/';
        }
        at = end;
        EDO_ASSERT(kept <= at); // so that no byte is written before it was read
    }
    return kept;
}
