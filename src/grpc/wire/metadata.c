/* SPDX-License-Identifier: MIT */
/* grpc/wire/metadata.c: see metadata.h. */
#include "grpc/wire/metadata.h"

#include <errno.h>
#include <string.h>

/* ---- Keys ------------------------------------------------------------------------------------ */

static bool key_begins(edo_str key, edo_str with) {
    return key.len >= with.len && memcmp(key.ptr, with.ptr, with.len) == 0;
}

static bool key_has_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* Fields of the connection and of the message, which HTTP and gRPC make. */
static bool key_is_of_http(edo_str key) {
    static const edo_header_id ids[] = { EDO_HEADER_CONNECTION,   EDO_HEADER_CONTENT_LENGTH,
                                         EDO_HEADER_CONTENT_TYPE, EDO_HEADER_DATE,
                                         EDO_HEADER_HOST,         EDO_HEADER_KEEP_ALIVE,
                                         EDO_HEADER_TE,           EDO_HEADER_PROXY_CONNECTION,
                                         EDO_HEADER_TRAILER,      EDO_HEADER_TRANSFER_ENCODING,
                                         EDO_HEADER_UPGRADE };
    const edo_header_id id = edo_header_id_of(key);
    for (size_t i = 0; i < EDO_COUNT(ids); i++)
        if (ids[i] == id) return true;
    return false;
}

bool edoi_grpc_key_is_valid(edo_str key) {
    for (size_t i = 0; i < key.len; i++)
        if (!key_has_char(key.ptr[i])) return false;
    return key.len > 0 && !key_begins(key, EDO_STR("grpc-")) && !key_is_of_http(key);
}

bool edoi_grpc_key_is_binary(edo_str key) {
    const edo_str ending = EDO_STR("-bin");
    return key.len > ending.len &&
           memcmp(key.ptr + key.len - ending.len, ending.ptr, ending.len) == 0;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static bool value_is_text(edo_str value) {
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7e) return false;
    return true;
}

int edoi_grpc_metadata_add_bytes(edo_headers *h, edo_str name, edo_str bytes) {
    edo_buf text = { 0 };
    int err = edo_base64_encode(bytes, &text);
    while (text.len > 0 && text.ptr[text.len - 1] == '=') text.len--;
    if (err == 0)
        err =
            edo_headers_append_named(h, name, (edo_str){ text.len > 0 ? text.ptr : "", text.len });
    edo_buf_deinit(&text);
    return err;
}

int edoi_grpc_metadata_add(edo_headers *h, edo_str key, edo_str value) {
    if (!edoi_grpc_key_is_valid(key)) return -EINVAL;
    if (edoi_grpc_key_is_binary(key)) return edoi_grpc_metadata_add_bytes(h, key, value);
    return value_is_text(value) ? edo_headers_append_named(h, key, value) : -EINVAL;
}

/* ---- What has come --------------------------------------------------------------------------- */

static bool value_is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Takes the next element off a list with commas. Returns false at its end. */
static bool value_next(edo_str *list, edo_str *one) {
    if (!list->ptr) return false;
    const char *comma = list->len > 0 ? memchr(list->ptr, ',', list->len) : NULL;
    size_t n = comma ? (size_t)(comma - list->ptr) : list->len;
    *one = (edo_str){ list->ptr, n };
    *list = comma ? (edo_str){ comma + 1, list->len - n - 1 } : (edo_str){ NULL, 0 };
    while (one->len > 0 && value_is_blank(one->ptr[0])) one->ptr++, one->len--;
    while (one->len > 0 && value_is_blank(one->ptr[one->len - 1])) one->len--;
    return true;
}

/* Decodes a value into the arena. Returns whether it is one. */
static bool value_decode(edo_str text, edo_arena *arena, edo_str *out) {
    edo_buf bytes = { 0 };
    int err = edo_base64_decode(text, EDO_BASE64_LAX, &bytes);
    char *copy = err == 0 ? edo_arena_copy(arena, bytes.ptr ? bytes.ptr : "", bytes.len) : NULL;
    *out = (edo_str){ copy, bytes.len };
    edo_buf_deinit(&bytes);
    return err == 0;
}

/* Would the text be a value? Nothing is kept. */
static bool value_is_base64(edo_str text) {
    edo_buf bytes = { 0 };
    int err = edo_base64_decode(text, EDO_BASE64_LAX, &bytes);
    edo_buf_deinit(&bytes);
    return err != -EINVAL;
}

static edo_str metadata_get_bytes(const edo_headers *h, edo_str key, size_t i, edo_arena *arena) {
    const edo_header *f = NULL;
    edo_str list, one, bytes;
    while ((f = edo_headers_next_named(h, f, key))) {
        list = f->value;
        while (value_next(&list, &one)) {
            if (i > 0) {
                i -= value_is_base64(one);
                continue;
            }
            if (value_decode(one, arena, &bytes)) return bytes;
        }
    }
    return (edo_str){ NULL, 0 };
}

edo_str edoi_grpc_metadata_get(const edo_headers *h, edo_str key, size_t i, edo_arena *arena) {
    const edo_header *f = NULL;
    if (edoi_grpc_key_is_binary(key)) return metadata_get_bytes(h, key, i, arena);
    while ((f = edo_headers_next_named(h, f, key)))
        if (i-- == 0) return f->value;
    return (edo_str){ NULL, 0 };
}
