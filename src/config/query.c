/* SPDX-License-Identifier: MIT */
/* config/query.c: queries, forms, and parts of paths. See edo_query_decode(). */
#include "base/memory/alloc.h"
#include "base/text/form.h"
#include "config/leaves.h"
#include "config/plain.h"
#include "config/query_scan.h"

#include <edo/error.h>

static bool query_is_single(const edo_field *f) {
    return f->shape == EDO_SHAPE_ONE || f->shape == EDO_SHAPE_PTR;
}

/* Of two values for one field programs before and behind this one may take different ones. */
static int query_set(edoi_leaves *l, edoi_leaf *leaf, edo_str text) {
    char room[EDOI_LEAF_NAME_MAX];
    const char *name = leaf->name; // of a list's later elements it is made already
    if (leaf->layer != EDOI_LAYER_TEXT)
        edoi_leaf_path_name(room, sizeof room, leaf, NULL), name = room;
    if (!edo_str_is_utf8(text)) return edo_fail(-EDO_EVALUE, "%s must be UTF-8", name);
    if (leaf->layer == EDOI_LAYER_TEXT && query_is_single(leaf->f))
        return edo_fail(-EDO_EVALUE, "%s must be there once only", name);
    return edoi_leaf_set(l, leaf, EDOI_LAYER_TEXT, name, text);
}

/* The field of that name, if a text of this part of the request may set it; else NULL. */
static edoi_leaf *leaves_leaf_of(edoi_leaves *l, edo_str path, edo_value_in part) {
    edoi_leaf *leaf = edoi_leaf_find(l, path);
    return leaf && leaf->part == part && edoi_leaf_is_text(leaf) ? leaf : NULL;
}

/* ---- Queries and forms ----------------------------------------------------------------------- */

static int read_pair(edoi_leaves *l, char *room, edo_str pair, edo_value_in part) {
    const char *equals = memchr(pair.ptr, '=', pair.len);
    size_t name_n = equals ? (size_t)(equals - pair.ptr) : pair.len;
    edo_str text = { equals ? equals + 1 : NULL, equals ? pair.len - name_n - 1 : 0 };
    const edo_str path = edoi_form_decode(room, (edo_str){ pair.ptr, name_n });
    text = edoi_form_decode(room + path.len, text);
    edoi_leaf *leaf = leaves_leaf_of(l, path, part);
    if (!leaf || edoi_is_left_empty(leaf->f, text)) return 0;
    int err = query_set(l, leaf, text);
    return err < 0 ? edoi_leaf_note(l, leaf, part, path, err) : 0;
}

static int read_query(edoi_leaves *l, edo_str query, edo_value_in part) {
    if (query.len == 0) return 0;
    char *room = edoi_alloc(query.len);
    if (!room) return -ENOMEM;
    int err = 0;
    edoi_turns turns = edoi_turns_of(l->yields, query.ptr);
    while (err == 0 && query.len && !edoi_leaves_are_cut(l)) {
        const char *end = memchr(query.ptr, '&', query.len);
        size_t n = end ? (size_t)(end - query.ptr) : query.len;
        err = edoi_turns_take(&turns, query.ptr);
        if (n && err == 0) err = read_pair(l, room, (edo_str){ query.ptr, n }, part);
        n += end != NULL;
        query = (edo_str){ query.ptr + n, query.len - n };
    }
    edoi_free(room);
    return err;
}

/* ---- The calls ------------------------------------------------------------------------------- */

static int leaves_begin(edoi_leaves *l, void *value, const edo_desc *desc,
                        const edo_config_opts *opts) {
    int err = edoi_leaves_init(l, value, desc, opts ? opts->arena : NULL);
    if (err < 0 || !opts) return err;
    l->yields = opts->yields;
    if (!opts->faults) return 0;
    l->faults = opts->faults;
    l->faults->n = 0;
    l->faults->is_cut = false;
    return 0;
}

static int leaves_end(edoi_leaves *l, int err) {
    if (err == 0) err = edoi_leaves_finish(l, edoi_leaf_path_name, NULL);
    return edoi_leaves_deinit(l, edoi_leaves_result(l, err));
}

/* All fields are of one part, whatever the description says of a request. */
static void are_all_of(edoi_leaves *l, edo_value_in part) {
    for (edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) leaf->part = (uint8_t)part;
}

static int decode_query(void *value, const edo_desc *desc, edo_str query,
                        const edo_config_opts *opts, edo_value_in part) {
    edoi_plain p;
    if (edoi_plain_begin(&p, value, desc, opts, false) && edoi_plain_query(&p, query, part) &&
        edoi_plain_end(&p, NULL))
        return 0;
    edoi_leaves l;
    int err = leaves_begin(&l, value, desc, opts);
    if (err < 0) return err;
    are_all_of(&l, part);
    return leaves_end(&l, read_query(&l, query, part));
}

int edo_query_decode(void *value, const edo_desc *desc, edo_str query,
                     const edo_config_opts *opts) {
    return decode_query(value, desc, query, opts, EDO_IN_QUERY);
}

int edo_form_decode(void *value, const edo_desc *desc, edo_str body, const edo_config_opts *opts) {
    return decode_query(value, desc, body, opts, EDO_IN_FORM);
}

static bool read_params(edoi_plain *p, const edo_param *params, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!edoi_plain_set(p, params[i].name, params[i].text, EDO_IN_PATH)) return false;
    return edoi_plain_end(p, NULL);
}

int edo_params_decode(void *value, const edo_desc *desc, const edo_param *params, size_t n,
                      const edo_config_opts *opts) {
    edoi_plain p;
    if (edoi_plain_begin(&p, value, desc, opts, false) && read_params(&p, params, n)) return 0;
    edoi_leaves l;
    int err = leaves_begin(&l, value, desc, opts);
    if (err < 0) return err;
    are_all_of(&l, EDO_IN_PATH);
    for (size_t i = 0; i < n && err == 0; i++) {
        edoi_leaf *leaf = leaves_leaf_of(&l, params[i].name, EDO_IN_PATH);
        if (leaf) err = query_set(&l, leaf, params[i].text);
        if (err < 0) err = edoi_leaf_note(&l, leaf, EDO_IN_PATH, params[i].name, err);
    }
    return leaves_end(&l, err);
}

/* ---- Whole requests -------------------------------------------------------------------------- */

static edo_str query_text_of(const edo_inputs *in, edo_value_in part, edo_str name, size_t i) {
    if (part != EDO_IN_PATH) return in->get(in->arg, part, name, i);
    return i == 0 ? edoi_path_text(in, name) : (edo_str){ 0 };
}

static int read_named(edoi_leaves *l, edoi_leaf *leaf, const edo_inputs *in) {
    char room[EDOI_LEAF_NAME_MAX];
    edo_str name = edoi_leaf_part_name(leaf, room), text;
    edo_value_in part = (edo_value_in)leaf->part;
    for (size_t i = 0; (text = query_text_of(in, part, name, i)).ptr; i++) {
        int err = query_set(l, leaf, text);
        if (err < 0) return edoi_leaf_note(l, leaf, part, name, err);
    }
    return 0;
}

int edo_inputs_decode(void *value, const edo_desc *desc, const edo_inputs *in,
                      const edo_config_opts *opts) {
    edoi_plain p;
    if (edoi_plain_begin(&p, value, desc, opts, true) &&
        edoi_plain_query(&p, in->query, EDO_IN_QUERY) &&
        (in->form.len == 0 || edoi_plain_query(&p, in->form, EDO_IN_FORM)) &&
        edoi_plain_end(&p, in))
        return 0;
    edoi_leaves l;
    int err = leaves_begin(&l, value, desc, opts);
    if (err < 0) return err;
    for (edoi_leaf *leaf = l.all; leaf < l.all + l.n && err == 0; leaf++)
        if (leaf->part != EDO_IN_QUERY && leaf->part != EDO_IN_FORM && edoi_leaf_is_text(leaf))
            err = read_named(&l, leaf, in);
    if (err == 0) err = read_query(&l, in->query, EDO_IN_QUERY);
    if (err == 0) err = read_query(&l, in->form, EDO_IN_FORM);
    return leaves_end(&l, err);
}
