/* SPDX-License-Identifier: MIT */
/* config/leaves.h: the fields of a described struct that text may set, those of nested structs
 * included, each with where its value came from.
 *
 * Layers are read from the strongest to the weakest: a leaf that a stronger one has set stays, and
 * what a file says of it is only checked.
 *
 * inv. 1: a leaf's layer only grows stronger; it is PRESET as long as no text has set the leaf.
 * inv. 2: a list has the elements of one layer. */
#ifndef EDOI_CONFIG_LEAVES_H
#define EDOI_CONFIG_LEAVES_H

#include <edo/config.h>

typedef enum edoi_layer {
    EDOI_LAYER_PRESET,
    EDOI_LAYER_FILE,
    EDOI_LAYER_TEXT, /* a query, a form, or a path */
    EDOI_LAYER_ENV,
    EDOI_LAYER_FLAG,
} edoi_layer;

/* An optional struct that has leaves. It is there as soon as one of them is set. */
typedef struct edoi_group {
    const edo_field *f;
    void *in; /* the struct that has the field */
    struct edoi_group *outer;
    bool is_set;
} edoi_group;

typedef struct edoi_leaf {
    const edo_field *f;
    void *in;          /* the struct that has the field */
    edoi_group *group; /* the innermost that it is in; NULL: none */
    const char *path;  /* db.max_wait */
    size_t path_n;
    const char *name; /* as the layer names it: --db-max-wait, APP_DB_MAX_WAIT */
    uint32_t fixed_n; /* FIXED: elements that are set */
    edoi_layer layer;
    uint8_t part;   /* EDO_IN_…: the field's, or that of a struct that it is in */
    bool is_secret; /* itself, or a struct that it is in */
    bool is_bad;    /* a fault of it was noted */
} edoi_leaf;

typedef struct edoi_leaves {
    edoi_leaf *all;
    size_t n;
    uint32_t *places; /* a table of leaves by their paths; NULL: not made so far, or no memory */
    uint32_t mask;
    edo_arena *memory; /* for values; NULL: the heap */
    edo_arena names;   /* for the leaves themselves */
    void *value;
    const edo_desc *desc;
    edo_faults *faults; /* NULL: the first fault ends it all */
    bool yields;        /* as edo_config_opts.yields */
} edoi_leaves;

/* Fills the struct at `value` with its presets, and lists its leaves.
 * 0, -ENOMEM, or -EDO_EVALUE: a preset is wrong. */
EDO_MUST_USE int edoi_leaves_init(edoi_leaves *l, void *value, const edo_desc *desc,
                                  edo_arena *memory);

/* Ends the list; the value stays if `err` is 0 or more, else it is given back. Returns `err`. */
int edoi_leaves_deinit(edoi_leaves *l, int err);

/* The leaf that a layer names so; NULL: none. In a flag '-' means '_' and '.'. */
edoi_leaf *edoi_leaf_find(edoi_leaves *l, edo_str path);
edoi_leaf *edoi_leaf_of_flag(edoi_leaves *l, edo_str flag);

/* Does each option, or variable, mean one leaf? `a.b` and `a_b` have one name there. 0, or
 * -EDO_EVALUE: a mistake of the description. */
EDO_MUST_USE int edoi_leaves_check_flags(const edoi_leaves *l);
EDO_MUST_USE int edoi_leaves_check_env(const edoi_leaves *l, const char *prefix);

/* Sets a leaf, or adds to a list. `name` is how a message names it; copied into `names`.
 * 0, -ENOMEM, or -EDO_EVALUE: the trail says "NAME must be …". */
EDO_MUST_USE int edoi_leaf_set(edoi_leaves *l, edoi_leaf *leaf, edoi_layer layer, const char *name,
                               edo_str text);

/* Forgets the value of a leaf: its preset, or what the same layer has set before. */
void edoi_leaf_clear(const edoi_leaves *l, edoi_leaf *leaf);

/* A leaf without a text has been set, in its struct, by other means. `name` as above. 0 or
 * -ENOMEM. */
EDO_MUST_USE int edoi_leaf_mark_set(edoi_leaves *l, edoi_leaf *leaf, edoi_layer layer,
                                    const char *name);

/* With `faults`, -EDO_EVALUE with "NAME text" in the trail is added to them: returns 0. Else
 * returns `err`. `leaf` may be NULL. */
int edoi_leaf_note(edoi_leaves *l, edoi_leaf *leaf, edo_value_in in, edo_str name, int err);

/* There are more faults than are kept: later ones are not reported. */
EDOI_INLINE bool edoi_leaves_are_cut(const edoi_leaves *l) {
    return l->faults && l->faults->is_cut;
}

/* Returns -EDO_EVALUE, with the first of the faults in the trail, if there are some; else `err`. */
int edoi_leaves_result(const edoi_leaves *l, int err);

/* Checks what no single text shows: the lengths of lists, and that required leaves are set.
 * `missing` makes the name of a leaf that was not given. 0, -ENOMEM, or -EDO_EVALUE. */
typedef void edoi_leaf_name_fn(char *out, size_t bytes, const edoi_leaf *leaf, const char *prefix);
EDO_MUST_USE int edoi_leaves_finish(edoi_leaves *l, edoi_leaf_name_fn *missing, const char *prefix);

/* Can one text set the leaf, or add to it? */
bool edoi_leaf_is_text(const edoi_leaf *leaf);

/* Names of a leaf: --db-max-wait; PREFIX_DB_MAX_WAIT; "db.max_wait", of a header "x-tenant". */
#define EDOI_LEAF_NAME_MAX 96
edoi_leaf_name_fn edoi_leaf_flag_name, edoi_leaf_env_name, edoi_leaf_path_name;

/* The name that the leaf has in its part of a request; `room` is for one that is written
 * differently there. */
edo_str edoi_leaf_part_name(const edoi_leaf *leaf, char room[EDOI_LEAF_NAME_MAX]);

/* The newest text of the trail about `err` becomes "NAME text", and the trail's only line. */
int edoi_leaf_fail(int err, const char *name);

/* Sets leaves from the JSON text of the file `path`: 0, -ENOMEM, -EDO_EVALUE (not as described, or
 * an unknown name), or -EDO_EJSON. */
EDO_MUST_USE int edoi_file_read(edoi_leaves *l, const char *path, edo_str text);

#endif
