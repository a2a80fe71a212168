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

edo_str edoi_console_text(edo_arena *arena, const char *text, size_t max) {
    const size_t n = text ? text_fits(text, max) : 0;
    char *copy = n > 0 ? edo_arena_copy(arena, text, n) : NULL;
    if (!copy) return (edo_str){ NULL, 0 };
    const bool is_utf8 = edo_str_is_utf8((edo_str){ copy, n });
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)copy[i];
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8)) copy[i] = '?';
    }
    return (edo_str){ copy, n };
}
