/* SPDX-License-Identifier: MIT */
/* console/own/messages.c: see messages.h. */
#include "console/own/messages.h"

#include "console/settings/text.h"
#include "locks/tenths.h"

#include <string.h>

edo_str edoi_look_text(edo_arena *arena, const char *text) {
    return edoi_console_text(arena, text, EDOI_LOOK_TEXT_MAX);
}

edo_str edoi_look_name(edo_arena *arena, edo_str asked) {
    const char *copy = asked.len > 0 ? edo_arena_copy(arena, asked.ptr, asked.len) : NULL;
    return edoi_look_text(arena, copy);
}

bool edoi_look_is_told(const void *told, const char *text) {
    return edoi_console_text_is(*(const edo_str *)told, text, EDOI_LOOK_TEXT_MAX);
}

int32_t edoi_look_tenths(int64_t ns) {
    const int64_t tenths = ns / EDOI_TENTH_NS;
    if (ns < 0) return -1;
    return tenths > INT32_MAX ? INT32_MAX : (int32_t)tenths;
}

void *edoi_look_list(edo_arena *arena, size_t n, size_t bytes) {
    void *list = n > 0 ? edo_arena_alloc(arena, n * bytes) : NULL;
    if (list) memset(list, 0, n * bytes);
    return list;
}
