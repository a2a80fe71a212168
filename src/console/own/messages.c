/* SPDX-License-Identifier: MIT */
/* console/own/messages.c: see messages.h. */
#include "console/own/messages.h"

#include <string.h>

#define TENTH_NS INT64_C(100000000)

/* Not longer than `n`, and no letter is cut. */
static size_t text_fits(const char *text, size_t n) {
    size_t len = strnlen(text, n + 1);
    if (len <= n) return len;
    len = n;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
    return len;
}

edo_str edoi_look_text(edo_arena *arena, const char *text) {
    const size_t n = text ? text_fits(text, EDOI_LOOK_TEXT_MAX) : 0;
    char *copy = n > 0 ? edo_arena_copy(arena, text, n) : NULL;
    if (!copy) return (edo_str){ NULL, 0 };
    const bool is_utf8 = edo_str_is_utf8((edo_str){ copy, n });
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)copy[i];
        if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8)) copy[i] = '?';
    }
    return (edo_str){ copy, n };
}

int32_t edoi_look_tenths(int64_t ns) {
    const int64_t tenths = ns / TENTH_NS;
    if (ns < 0) return -1;
    return tenths > INT32_MAX ? INT32_MAX : (int32_t)tenths;
}

void *edoi_look_list(edo_arena *arena, size_t n, size_t bytes) {
    void *list = n > 0 ? edo_arena_alloc(arena, n * bytes) : NULL;
    if (list) memset(list, 0, n * bytes);
    return list;
}
