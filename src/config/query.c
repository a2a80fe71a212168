/* SPDX-License-Identifier: MIT */
/* config/query.c: queries, forms, and parts of paths. See edo_query_decode(). */
#include "base/error/escape.h"
#include "base/memory/alloc.h"
#include "config/leaves.h"

#include <edo/error.h>

#define SHOWN_MAX 80 /* bytes of a name of the query that a message has */

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Writes the bytes that the encoded text means to `out`, which has room for it; false: a % without
 * two digits. */
static bool decoded(edo_str *result, char *out, edo_str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = text.len - i > 2 ? digit(text.ptr[i + 1]) : -1;
            int low = high < 0 ? -1 : digit(text.ptr[i + 2]);
            if (low < 0) return false;
            c = (char)(unsigned char)(high << 4 | low);
            i += 2;
        }
        out[n++] = c;
    }
    *result = (edo_str){ out, n };
    return true;
}

static bool is_single(const edo_field *f) {
    return f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR;
}

/* Of two values for one field programs before and behind this one may take different ones. */
static int set(edoi_leaves *l, edo_str path, edo_str text) {
    char name[EDOI_LEAF_NAME_MAX];
    edoi_leaf *leaf = edoi_leaf_find(l, path);
    if (!leaf || !edoi_leaf_is_text(leaf)) return 0;
    edoi_leaf_path_name(name, sizeof name, leaf, NULL);
    if (!edo_str_is_utf8(text)) return edo_fail(-EDO_EVALUE, "%s must be UTF-8", name);
    if (leaf->layer == EDOI_LAYER_TEXT && is_single(leaf->f))
        return edo_fail(-EDO_EVALUE, "%s must be there once only", name);
    return edoi_leaf_set(l, leaf, EDOI_LAYER_TEXT, name, text);
}

/* A name of the query as messages have it: they go to logs, and back to the peer. */
static size_t shown(char out[SHOWN_MAX], edo_str name) {
    return edoi_escape_cut(out, SHOWN_MAX, name.ptr, name.len, EDOI_ESCAPE_TEXT);
}

static int wrong_name(edo_str name) {
    char text[SHOWN_MAX];
    return edo_fail(-EDO_EVALUE, "a %% must have two hexadecimal digits in the name %.*s",
                    (int)shown(text, name), text);
}

static int wrong_text(edo_str name) {
    char text[SHOWN_MAX];
    return edo_fail(-EDO_EVALUE, "\"%.*s\" must have two hexadecimal digits behind a %%",
                    (int)shown(text, name), text);
}

static int read_pair(edoi_leaves *l, char *room, edo_str pair) {
    const char *equals = memchr(pair.ptr, '=', pair.len);
    size_t name_n = equals ? (size_t)(equals - pair.ptr) : pair.len;
    edo_str text = { equals ? equals + 1 : NULL, equals ? pair.len - name_n - 1 : 0 };
    edo_str path;
    if (!decoded(&path, room, (edo_str){ pair.ptr, name_n }))
        return wrong_name((edo_str){ pair.ptr, name_n });
    if (!decoded(&text, room + path.len, text)) return wrong_text(path);
    return set(l, path, text);
}

static int read_query(edoi_leaves *l, edo_str query) {
    if (query.len == 0) return 0;
    char *room = edoi_alloc(query.len);
    if (!room) return -ENOMEM;
    int err = 0;
    while (err == 0 && query.len) {
        const char *end = memchr(query.ptr, '&', query.len);
        size_t n = end ? (size_t)(end - query.ptr) : query.len;
        if (n) err = read_pair(l, room, (edo_str){ query.ptr, n });
        n += end != NULL;
        query = (edo_str){ query.ptr + n, query.len - n };
    }
    edoi_free(room);
    return err;
}

int edo_query_decode(void *value, const edo_desc *desc, edo_str query,
                     const edo_config_opts *opts) {
    edoi_leaves l;
    int err = edoi_leaves_init(&l, value, desc, opts ? opts->arena : NULL);
    if (err < 0) return err;
    err = read_query(&l, query);
    if (err == 0) err = edoi_leaves_finish(&l, edoi_leaf_path_name, NULL);
    return edoi_leaves_deinit(&l, err);
}

int edo_form_decode(void *value, const edo_desc *desc, edo_str body, const edo_config_opts *opts) {
    return edo_query_decode(value, desc, body, opts);
}

int edo_params_decode(void *value, const edo_desc *desc, const edo_param *params, size_t n,
                      const edo_config_opts *opts) {
    edoi_leaves l;
    int err = edoi_leaves_init(&l, value, desc, opts ? opts->arena : NULL);
    if (err < 0) return err;
    for (size_t i = 0; i < n && err == 0; i++) err = set(&l, params[i].name, params[i].text);
    if (err == 0) err = edoi_leaves_finish(&l, edoi_leaf_path_name, NULL);
    return edoi_leaves_deinit(&l, err);
}
