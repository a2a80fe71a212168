/* SPDX-License-Identifier: MIT */
/* http/types/method.c: names and properties of methods (RFC 9110 section 9). */
#include <edo/http.h>

#include "http/types/bytes_of.h"

typedef struct method_row {
    edo_str name;
    bool is_safe, is_idempotent;
} method_row;

#define ROW(name, safe, idempotent) { { #name, sizeof(#name) - 1 }, safe, idempotent },
static const method_row rows[] = { { { "", 0 }, false, false }, EDO_METHODS(ROW) };
_Static_assert(EDO_COUNT(rows) == EDO_METHODS_END, "a row for each method");

static const method_row *method_row_of(edo_method method) {
    unsigned i = (unsigned)method;
    return &rows[i < EDO_METHODS_END ? i : 0];
}

static bool method_is_named(edo_method method, edo_str name) {
    return memcmp(rows[method].name.ptr, name.ptr, name.len) == 0;
}

/* Returns the standard method of that name. No length has more than two of them. */
static edo_method standard(edo_str name) {
    static const uint8_t by_length[8][2] = {
        { 0 },
        { 0 },
        { 0 },
        { EDO_METHOD_GET, EDO_METHOD_PUT },
        { EDO_METHOD_POST, EDO_METHOD_HEAD },
        { EDO_METHOD_PATCH, EDO_METHOD_TRACE },
        { EDO_METHOD_DELETE, 0 },
        { EDO_METHOD_OPTIONS, EDO_METHOD_CONNECT },
    };
    if (name.len > 7) return EDO_METHOD_OTHER;
    for (int i = 0; i < 2; i++) {
        edo_method method = (edo_method)by_length[name.len][i];
        if (method != EDO_METHOD_OTHER && method_is_named(method, name)) return method;
    }
    return EDO_METHOD_OTHER;
}

int edo_method_parse(edo_method *out, edo_str name) {
    edo_method method = standard(name);
    if (method == EDO_METHOD_OTHER && !edoi_is_token(name)) return -EINVAL;
    *out = method;
    return 0;
}

edo_str edo_method_name(edo_method method) {
    return method_row_of(method)->name;
}

bool edo_method_is_safe(edo_method method) {
    return method_row_of(method)->is_safe;
}

bool edo_method_is_idempotent(edo_method method) {
    return method_row_of(method)->is_idempotent;
}

bool edo_method_is_cacheable(edo_method method) {
    return method == EDO_METHOD_GET || method == EDO_METHOD_HEAD;
}
