/* SPDX-License-Identifier: MIT */
/* console/settings/text.c: see text.h. */
#include "console/settings/text.h"

#include <string.h>

/* Not longer than `n`, and no letter is cut. */
static size_t text_fits(const char *text, size_t n) {
    size_t len = strnlen(text, n + 1);
    if (len <= n) return len;
    len = n;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
    return len;
}

static char text_clean(char c, bool is_utf8) {
    const unsigned char u = (unsigned char)c;
    return u < 0x20 || u == 0x7f || (u >= 0x80 && !is_utf8) ? '?' : c;
}

edo_str edoi_console_text(edo_arena *arena, const char *text, size_t max) {
    const size_t n = text ? text_fits(text, max) : 0;
    char *copy = n > 0 ? edo_arena_copy(arena, text, n) : NULL;
    if (!copy) return (edo_str){ NULL, 0 };
    const bool is_utf8 = edo_str_is_utf8((edo_str){ copy, n });
    for (size_t i = 0; i < n; i++) copy[i] = text_clean(copy[i], is_utf8);
    return (edo_str){ copy, n };
}

bool edoi_console_text_is(edo_str told, const char *text, size_t max) {
    const size_t n = text ? text_fits(text, max) : 0;
    if (n != told.len) return false;
    const bool is_utf8 = edo_str_is_utf8((edo_str){ text, n });
    for (size_t i = 0; i < n; i++)
        if (text_clean(text[i], is_utf8) != told.ptr[i]) return false;
    return true;
}
