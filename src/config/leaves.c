/* SPDX-License-Identifier: MIT */
/* config/leaves.c: see leaves.h. */
#include "config/leaves.h"
#include "base/text/ascii.h"

#include "base/assert.h"

#include "base/error/trail.h"
#include "config/plain.h"
#include "value/elements.h"
#include "value/memory.h"
#include "value/validate/check.h"

#include <edo/error.h>

#define DEPTH_MAX 8 /* of structs in one another that have leaves */

/* ---- Making the list ------------------------------------------------------------------------- */

static bool is_nested(const edo_field *f) {
    return f->kind == EDO_VALUE_DESCRIBED && f->shape == EDO_SHAPE_ONE &&
           f->desc->form == EDO_DESC_STRUCT;
}

bool edoi_leaf_is_text(const edoi_leaf *leaf) {
    const edo_field *f = leaf->f;
    return f->kind != EDO_VALUE_DESCRIBED || f->desc->form == EDO_DESC_ENUM;
}

static size_t leaves_count(const edo_desc *desc, int depth) {
    size_t n = 0;
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (f->skip || f->in == EDO_IN_BODY) continue;
        n += is_nested(f) && depth < DEPTH_MAX ? leaves_count(f->desc, depth + 1) : 1;
    }
    return n;
}

static int add_group(edoi_leaves *l, edoi_group **group, const edo_field *f, void *in) {
    if (!edoi_field_is_optional(f)) return 0;
    edoi_group *inner = edo_arena_alloc(&l->names, sizeof *inner);
    if (!inner) return -ENOMEM;
    *inner = (edoi_group){ .f = f, .in = in, .outer = *group };
    *group = inner;
    return 0;
}

/* A struct that has leaves. */
typedef struct branch {
    const char *path;
    edoi_group *group;
    int depth;
    uint8_t part;
    bool is_secret;
} branch;

static int list(edoi_leaves *l, void *value, const edo_desc *desc, const branch *at) {
    for (const edo_field *f = desc->fields; f < desc->fields + desc->fields_n; f++) {
        if (f->skip || f->in == EDO_IN_BODY) continue;
        size_t prefix_n = strlen(at->path), n = prefix_n + (prefix_n > 0) + f->name_len;
        char *path = edo_arena_text(&l->names, n + 1);
        if (!path) return -ENOMEM;
        (void)snprintf(path, n + 1, "%s%s%.*s", at->path, prefix_n ? "." : "", (int)f->name_len,
                       f->key + 2);
        bool is_secret = at->is_secret || f->secret;
        uint8_t part = f->in ? f->in : at->part;
        if (is_nested(f) && at->depth < DEPTH_MAX) {
            branch inner = { path, at->group, at->depth + 1, part, is_secret };
            int err = add_group(l, &inner.group, f, value);
            if (err == 0) err = list(l, edoi_field_at(f, value), f->desc, &inner);
            if (err < 0) return err;
        } else {
            l->all[l->n++] = (edoi_leaf){ .f = f,
                                          .in = value,
                                          .group = at->group,
                                          .path = path,
                                          .path_n = n,
                                          .name = path,
                                          .part = part,
                                          .is_secret = is_secret };
        }
    }
    return 0;
}

int edoi_leaves_init(edoi_leaves *l, void *value, const edo_desc *desc, edo_arena *memory) {
    *l = (edoi_leaves){ .memory = memory, .value = value, .desc = desc };
    int err = edo_value_init(value, desc, memory);
    if (err < 0) return err;
    l->all = edo_arena_alloc(&l->names, leaves_count(desc, 0) * sizeof *l->all);
    err = l->all ? list(l, value, desc, &(branch){ .path = "" }) : -ENOMEM;
    return err < 0 ? edoi_leaves_deinit(l, err) : 0;
}

int edoi_leaves_deinit(edoi_leaves *l, int err) {
    if (err < 0 && l->memory) memset(l->value, 0, l->desc->size);
    if (err < 0 && !l->memory) edo_value_deinit(l->value, l->desc);
    edo_arena_deinit(&l->names);
    return err;
}

/* ---- Names ----------------------------------------------------------------------------------- */

#define FEW 8u /* leaves: one after the other is looked at */

/* FNV-1a. The table has the program's names only, so a peer's names make no search longer than the
 * longest row of full places. */
static uint32_t leaves_hash_of(edo_str path) {
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < path.len; i++)
        hash = (hash ^ (unsigned char)path.ptr[i]) * UINT32_C(16777619);
    return hash ^ hash >> 15;
}

/* Makes the table: at most half full, each place the number of a leaf, from 1 on. Without memory
 * there is none. */
static void leaves_make_table(edoi_leaves *l) {
    uint32_t cap = 2 * FEW;
    while (cap < 2 * l->n) cap *= 2;
    uint32_t *places = edo_arena_alloc(&l->names, cap * sizeof *places);
    if (!places) return;
    memset(places, 0, cap * sizeof *places);
    for (size_t i = 0; i < l->n; i++) {
        uint32_t at = leaves_hash_of((edo_str){ l->all[i].path, l->all[i].path_n });
        while (places[at & (cap - 1)]) at++;
        places[at & (cap - 1)] = (uint32_t)i + 1;
    }
    l->places = places;
    l->mask = cap - 1;
}

edoi_leaf *edoi_leaf_find(edoi_leaves *l, edo_str path) {
    if (l->n > FEW && !l->places) leaves_make_table(l);
    for (uint32_t at = l->places ? leaves_hash_of(path) : 0; l->places; at++) {
        uint32_t place = l->places[at & l->mask];
        if (place == 0) return NULL;
        edoi_leaf *leaf = &l->all[place - 1];
        if (edo_str_equal((edo_str){ leaf->path, leaf->path_n }, path)) return leaf;
    }
    for (edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        if (edo_str_equal((edo_str){ leaf->path, leaf->path_n }, path)) return leaf;
    }
    return NULL;
}

static char flag_char(char c) {
    return c == '.' || c == '_' ? '-' : c;
}

edoi_leaf *edoi_leaf_of_flag(edoi_leaves *l, edo_str flag) {
    for (edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        size_t i = 0;
        while (i < flag.len && leaf->path[i] && flag_char(leaf->path[i]) == flag.ptr[i]) i++;
        if (i == flag.len && !leaf->path[i] && edoi_leaf_is_text(leaf) && !leaf->f->positional) {
            return leaf;
        }
    }
    return NULL;
}

static char env_char(char c) {
    return flag_char(c) == '-' ? '_' : edoi_upper(c);
}

static bool leaves_are_called(const edoi_leaf *a, const edoi_leaf *b, char (*spelled)(char)) {
    if (a->path_n != b->path_n) return false;
    for (size_t i = 0; i < a->path_n; i++)
        if (spelled(a->path[i]) != spelled(b->path[i])) return false;
    return true;
}

/* Do both have one name on a command line? */
static bool are_one_flag(const edoi_leaf *a, const edoi_leaf *b) {
    return !a->f->positional && !b->f->positional && leaves_are_called(a, b, flag_char);
}

static bool are_one_variable(const edoi_leaf *a, const edoi_leaf *b) {
    return leaves_are_called(a, b, env_char);
}

/* Finds two leaves that the same text could set: the second would never be set. False: none. */
static bool leaves_find_twins(const edoi_leaves *l, const edoi_leaf **twin,
                              bool (*are_twins)(const edoi_leaf *a, const edoi_leaf *b)) {
    for (const edoi_leaf *b = l->all; b < l->all + l->n; b++) {
        for (const edoi_leaf *a = l->all; a < b; a++) {
            *twin = b;
            if (edoi_leaf_is_text(a) && edoi_leaf_is_text(b) && are_twins(a, b)) return true;
        }
    }
    return false;
}

static bool are_one_letter(const edoi_leaf *a, const edoi_leaf *b) {
    return a->f->letter != 0 && a->f->letter == b->f->letter;
}

int edoi_leaves_check_flags(const edoi_leaves *l) {
    char name[EDOI_LEAF_NAME_MAX];
    const edoi_leaf *twin;
    if (leaves_find_twins(l, &twin, are_one_letter))
        return edo_fail(-EDO_EVALUE, "two options are -%c", twin->f->letter);
    if (!leaves_find_twins(l, &twin, are_one_flag)) return 0;
    edoi_leaf_flag_name(name, sizeof name, twin, NULL);
    return edo_fail(-EDO_EVALUE, "two options are %s", name);
}

int edoi_leaves_check_env(const edoi_leaves *l, const char *prefix) {
    char name[EDOI_LEAF_NAME_MAX];
    const edoi_leaf *twin;
    if (!leaves_find_twins(l, &twin, are_one_variable)) return 0;
    edoi_leaf_env_name(name, sizeof name, twin, prefix);
    return edo_fail(-EDO_EVALUE, "two fields are %s", name);
}

void edoi_leaf_flag_name(char *out, size_t bytes, const edoi_leaf *leaf, const char *prefix) {
    (void)prefix;
    if (leaf->f->positional) {
        (void)snprintf(out, bytes, "%s", leaf->f->value ? leaf->f->value : leaf->path);
        return;
    }
    (void)snprintf(out, bytes, "--%s", leaf->path);
    for (char *c = out; *c; c++) *c = flag_char(*c);
}

void edoi_leaf_env_name(char *out, size_t bytes, const edoi_leaf *leaf, const char *prefix) {
    (void)snprintf(out, bytes, "%s_%s", prefix, leaf->path);
    for (char *c = out + strnlen(prefix, bytes - 1); *c; c++) *c = env_char(*c);
}

edo_str edoi_leaf_part_name(const edoi_leaf *leaf, char room[EDOI_LEAF_NAME_MAX]) {
    if (leaf->part != EDO_IN_HEADER) return edo_str_of(leaf->path);
    return edoi_header_name_of(room, EDOI_LEAF_NAME_MAX, edo_str_of(leaf->path));
}

void edoi_leaf_path_name(char *out, size_t bytes, const edoi_leaf *leaf, const char *prefix) {
    char room[EDOI_LEAF_NAME_MAX];
    edo_str name = edoi_leaf_part_name(leaf, room);
    (void)prefix;
    (void)snprintf(out, bytes, "\"%.*s\"", (int)name.len, name.ptr);
}

/* ---- Setting --------------------------------------------------------------------------------- */

int edoi_leaf_fail(int err, const char *name) {
    char text[EDO_TRAIL_TEXT_MAX] = "";
    const edo_trail_entry *entry = edo_trail_find(err);
    if (entry) (void)snprintf(text, sizeof text, "%s", entry->text);
    edoi_trail_drop(err);
    return edo_fail(err, "%s %s", name, text);
}

int edoi_leaf_note(edoi_leaves *l, edoi_leaf *leaf, edo_value_in in, edo_str name, int err) {
    const edo_trail_entry *entry = edo_trail_find(err);
    if (!l->faults || err != -EDO_EVALUE || !entry) return err;
    edo_str text = edo_str_of(entry->text);
    size_t quoted = name.len + 3; // "NAME" and a blank
    if (text.len > quoted && text.ptr[0] == '"' && memcmp(text.ptr + 1, name.ptr, name.len) == 0)
        text = (edo_str){ text.ptr + quoted, text.len - quoted };
    edoi_fault_add(l->faults, in, name, text);
    if (leaf) leaf->is_bad = true;
    edoi_trail_drop(err);
    return 0;
}

int edoi_leaves_result(const edoi_leaves *l, int err) {
    if (err < 0 || !l->faults || (l->faults->n == 0 && !l->faults->is_cut)) return err;
    if (l->faults->n == 0) return -ENOMEM; // none could be kept
    const edo_fault *first = &l->faults->all[0];
    return edo_fail(-EDO_EVALUE, "\"%.*s\" %.*s", (int)first->field.len, first->field.ptr,
                    (int)first->detail.len, first->detail.ptr);
}

void edoi_leaf_clear(const edoi_leaves *l, edoi_leaf *leaf) {
    const edo_field *f = leaf->f;
    leaf->fixed_n = 0;
    if (!l->memory) {
        edoi_field_deinit(leaf->in, f);
        return;
    }
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO) {
        *edoi_field_count(f, leaf->in) = 0;
    }
    if (f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_PTR) {
        edoi_field_set_ptr(f, leaf->in, NULL);
    } else {
        memset(edoi_field_at(f, leaf->in), 0, f->size * (f->n ? f->n : (size_t)1));
    }
}

static bool leaves_is_list(const edo_field *f) {
    return f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO || f->shape == EDO_SHAPE_FIXED;
}

/* Makes the element that the next text sets. */
static int next_element(edoi_leaves *l, edoi_leaf *leaf, void **element) {
    const edo_field *f = leaf->f;
    if (f->shape == EDO_SHAPE_FIXED) {
        if (leaf->fixed_n == f->n) return -ENOSPC;
        *element = (char *)edoi_field_at(f, leaf->in) + (size_t)leaf->fixed_n++ * f->size;
        return 0;
    }
    return edoi_value_push(leaf->in, f, l->memory, element);
}

/* The leaf has a value: all that it is in is there. */
static void set_there(edoi_leaf *leaf) {
    edoi_field_set_has(leaf->f, leaf->in, true);
    for (edoi_group *g = leaf->group; g; g = g->outer) {
        g->is_set = true;
        edoi_field_set_has(g->f, g->in, true);
    }
}

static int leaves_set(edoi_leaves *l, edoi_leaf *leaf, edoi_layer layer, edo_str text) {
    void *element;
    EDO_INV("leaves inv. 1", leaf->layer <= layer);
    if (leaf->layer != layer || !leaves_is_list(leaf->f)) edoi_leaf_clear(l, leaf);
    EDO_INV("leaves inv. 2", leaf->layer == layer || leaf->fixed_n == 0);
    int err = next_element(l, leaf, &element);
    if (err == -ENOSPC) {
        uint32_t most = edoi_field_most(leaf->f);
        return edo_fail(-EDO_EVALUE, "must have at most %u element%s", (unsigned)most,
                        most == 1 ? "" : "s");
    }
    if (err == 0) err = edo_value_parse(element, leaf->f, text, l->memory);
    if (err == 0) set_there(leaf);
    return err;
}

/* Checks the text of an element that a stronger layer has set. */
static int check_only(edoi_leaves *l, const edo_field *f, edo_str text) {
    void *element = edo_arena_alloc(&l->names, f->size);
    if (element) memset(element, 0, f->size);
    return element ? edo_value_parse(element, f, text, &l->names) : -ENOMEM;
}

int edoi_leaf_set(edoi_leaves *l, edoi_leaf *leaf, edoi_layer layer, const char *name,
                  edo_str text) {
    if (leaf->layer > layer) {
        int err = layer == EDOI_LAYER_FILE ? check_only(l, leaf->f, text) : 0;
        return err == -EDO_EVALUE ? edoi_leaf_fail(err, name) : err;
    }
    const char *copy = leaf->name; // often the same for each element of a list
    if (strcmp(copy, name) != 0) copy = edo_arena_copy(&l->names, name, strlen(name));
    if (!copy) return -ENOMEM;
    int err = leaves_set(l, leaf, layer, text);
    leaf->layer = layer;
    leaf->name = copy;
    return err == -EDO_EVALUE ? edoi_leaf_fail(err, name) : err;
}

int edoi_leaf_mark_set(edoi_leaves *l, edoi_leaf *leaf, edoi_layer layer, const char *name) {
    const char *copy = edo_arena_copy(&l->names, name, strlen(name));
    if (!copy) return -ENOMEM;
    leaf->layer = layer;
    leaf->name = copy;
    set_there(leaf);
    return 0;
}

/* ---- Finishing ------------------------------------------------------------------------------- */

static int leaves_finish(const edoi_leaf *leaf, edoi_leaf_name_fn *missing, const char *prefix) {
    char wants[EDOI_WANTS_MAX], name[EDOI_LEAF_NAME_MAX];
    const edo_field *f = leaf->f;
    bool is_set = leaf->layer != EDOI_LAYER_PRESET;
    if ((leaf->group && !leaf->group->is_set) || leaf->is_bad) return 0;
    bool is_list = edoi_field_is_counted(f);
    bool may_be_missing = edoi_may_be_missing(f, EDOI_SOURCE_OMITS);
    if (!is_list && (is_set ? f->shape != EDO_SHAPE_FIXED : may_be_missing)) return 0;
    (edoi_leaf_is_text(leaf) ? missing : edoi_leaf_path_name)(name, sizeof name, leaf, prefix);
    if (!is_set && !is_list && !may_be_missing) return edo_fail(-EDO_EVALUE, "%s is missing", name);
    if (is_set && f->shape == EDO_SHAPE_FIXED && edoi_leaf_is_text(leaf) && leaf->fixed_n < f->n) {
        return edo_fail(-EDO_EVALUE, "%s must have %u elements", leaf->name, (unsigned)f->n);
    }
    if (!is_list) return 0;
    size_t n = *edoi_field_count(f, leaf->in);
    if ((n || !edoi_field_is_optional(f)) && edoi_count_wants(wants, f, n)) {
        return edo_fail(-EDO_EVALUE, "%s %s", is_set ? leaf->name : name, wants);
    }
    return 0;
}

int edoi_leaves_finish(edoi_leaves *l, edoi_leaf_name_fn *missing, const char *prefix) {
    char room[EDOI_LEAF_NAME_MAX];
    int err = 0;
    for (edoi_leaf *leaf = l->all; leaf < l->all + l->n && err == 0; leaf++) {
        err = leaves_finish(leaf, missing, prefix);
        if (err < 0)
            err = edoi_leaf_note(l, leaf, (edo_value_in)leaf->part, edoi_leaf_part_name(leaf, room),
                                 err);
    }
    return err;
}
