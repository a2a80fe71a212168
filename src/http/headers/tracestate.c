/* SPDX-License-Identifier: MIT */
/* http/headers/tracestate.c: see tracestate.h. */
#include "http/headers/tracestate.h"
#include "http/types/bytes_of.h"

#include <string.h>

#define MEMBERS_MAX 32u
#define PART_MAX    256u /* bytes of a key, and of a value */

static bool state_is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool state_is_key(edo_str s) {
    if (s.len == 0 || s.len > PART_MAX || !state_is_alnum(s.ptr[0])) return false;
    for (size_t i = 1; i < s.len; i++)
        if (!state_is_alnum(s.ptr[i]) && !edoi_is_one_of(s.ptr[i], "_-*/@")) return false;
    return true;
}

/* It may begin with a blank, but not end so, which a member without blanks at its ends does not. */
static bool state_is_value(edo_str s) {
    if (s.len == 0 || s.len > PART_MAX) return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < 0x20 || s.ptr[i] > 0x7e || s.ptr[i] == '=') return false;
    return true;
}

static bool state_is_member(edo_str s) {
    const char *at = memchr(s.ptr, '=', s.len);
    if (!at) return false;
    const size_t n = (size_t)(at - s.ptr);
    return state_is_key((edo_str){ s.ptr, n }) && state_is_value(edoi_after(s, n + 1));
}

bool edoi_tracestate_is_valid(edo_str text) {
    size_t members_n = 0;
    while (text.len > 0) {
        const char *comma = memchr(text.ptr, ',', text.len);
        const size_t n = comma ? (size_t)(comma - text.ptr) : text.len;
        const edo_str member = edoi_trim((edo_str){ text.ptr, n });
        text = edoi_after(text, comma ? n + 1 : n);
        if (member.len == 0) continue; // which may be
        if (++members_n > MEMBERS_MAX || !state_is_member(member)) return false;
    }
    return members_n > 0;
}

/* Puts one field in the place of all. */
static int state_combine(edo_headers *h) {
    edo_buf all = { 0 };
    int err = edo_headers_combine(h, EDO_STR("tracestate"), &all);
    if (err == 0) err = edo_headers_set(h, EDO_HEADER_TRACESTATE, edo_buf_str(&all));
    edo_buf_deinit(&all);
    return err;
}

int edoi_tracestate_clean(edo_headers *h) {
    const edo_header *first = edo_headers_next(h, NULL, EDO_HEADER_TRACESTATE);
    if (!first) return 0;
    int err = edo_headers_next(h, first, EDO_HEADER_TRACESTATE) ? state_combine(h) : 0;
    if (err < 0) return err;
    if (!edoi_tracestate_is_valid(edo_headers_get(h, EDO_HEADER_TRACESTATE)))
        (void)edo_headers_remove(h, EDO_HEADER_TRACESTATE);
    return 0;
}
