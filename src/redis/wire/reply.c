/* SPDX-License-Identifier: MIT */
/* redis/wire/reply.c: see reply.h. */
#include "redis/wire/reply.h"
#include "base/assert.h"
#include "base/memory/alloc.h"

#include <string.h>

#define ITEMS_AT_FIRST 8u

edo_redis_reply *edoi_redis_reply_new(edo_redis_kind kind) {
    edo_redis_reply *r = edoi_alloc(sizeof *r + 1);
    if (!r) return NULL;
    *r = (edo_redis_reply){ .kind = kind };
    r->text[0] = 0;
    return r;
}

edo_redis_reply *edoi_redis_reply_text(edo_redis_kind kind, const char *text, size_t len) {
    edo_redis_reply *r = edoi_alloc(sizeof *r + len + 1);
    if (!r) return NULL;
    *r = (edo_redis_reply){ .kind = kind };
    r->len = len;
    memcpy(r->text, text, len);
    r->text[len] = 0;
    return r;
}

bool edoi_redis_reply_add(edo_redis_reply *array, edo_redis_reply *item) {
    EDO_ASSERT(array->kind == EDO_REDIS_ARRAY && array->items_n <= array->items_room);
    if (array->items_n == array->items_room) {
        uint32_t room = array->items_room > 0 ? 2 * array->items_room : ITEMS_AT_FIRST;
        edo_redis_reply **items = edoi_realloc(array->items, room * sizeof *items);
        if (!items) return false;
        array->items = items;
        array->items_room = room;
    }
    array->items[array->items_n++] = item;
    return true;
}

void edo_redis_reply_free(edo_redis_reply *r) {
    if (!r) return;
    if (r->kind == EDO_REDIS_ARRAY) {
        for (uint32_t i = 0; i < r->items_n; i++) edo_redis_reply_free(r->items[i]);
        edoi_free(r->items);
    }
    edoi_free(r);
}

/* ---- What is in it --------------------------------------------------------------------------- */

static bool reply_has_text(const edo_redis_reply *r) {
    return r &&
           (r->kind == EDO_REDIS_TEXT || r->kind == EDO_REDIS_STATUS || r->kind == EDO_REDIS_ERROR);
}

edo_redis_kind edo_redis_reply_kind(const edo_redis_reply *r) {
    return r ? r->kind : EDO_REDIS_NIL;
}

edo_str edo_redis_reply_text(const edo_redis_reply *r) {
    return reply_has_text(r) ? (edo_str){ r->text, r->len } : (edo_str){ "", 0 };
}

/* Reads all of `s` as a decimal number; 0: it is none. */
static int64_t text_to_int(edo_str s) {
    bool is_negative = s.len > 0 && s.ptr[0] == '-';
    uint64_t value = 0, most = (uint64_t)INT64_MAX + is_negative;
    if (s.len <= is_negative) return 0;
    for (size_t i = is_negative; i < s.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || value > (most - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    return is_negative ? (int64_t)(0 - value) : (int64_t)value;
}

int64_t edo_redis_reply_int(const edo_redis_reply *r) {
    if (!r) return 0;
    if (r->kind == EDO_REDIS_INT) return r->value;
    return r->kind == EDO_REDIS_TEXT ? text_to_int((edo_str){ r->text, r->len }) : 0;
}

size_t edo_redis_reply_count(const edo_redis_reply *r) {
    return r && r->kind == EDO_REDIS_ARRAY ? r->items_n : 0;
}

const edo_redis_reply *edo_redis_reply_at(const edo_redis_reply *r, size_t i) {
    return i < edo_redis_reply_count(r) ? r->items[i] : NULL;
}

bool edoi_redis_reply_is(const edo_redis_reply *r, edo_str name) {
    return edo_str_equal(edo_redis_reply_text(edo_redis_reply_at(r, 0)), name);
}

edo_str edoi_redis_reply_code(const edo_redis_reply *r) {
    edo_str code = { "", 0 };
    if (!r || r->kind != EDO_REDIS_ERROR) return code;
    code.ptr = r->text;
    while (code.len < r->len && code.len < EDO_REDIS_CODE_MAX && r->text[code.len] >= 'A' &&
           r->text[code.len] <= 'Z')
        code.len++;
    return code;
}
