/* SPDX-License-Identifier: MIT */
/* config/load.c: all sources over one another. See edo_config_load(). */
#include "base/error/escape.h"
#include "base/error/trail.h"
#include "config/args.h"
#include "config/leaves.h"
#include "value/elements.h"

#include <edo/error.h>
#include <edo/fs.h>

/* The file's name, and whether it has to be there. `*name` NULL: none. A field that cannot name one
 * is refused: a file that the user names would not be read. */
static int file_name(const char **name, edoi_leaves *l, const edo_config_opts *opts,
                     bool *must_be) {
    *name = opts->file;
    *must_be = false;
    if (!opts->file_field) return 0;
    const edoi_leaf *leaf = edoi_leaf_find(l, edo_str_of(opts->file_field));
    if (!leaf || leaf->f->kind != EDO_VALUE_TEXT || leaf->f->shape != EDO_SHAPE_ONE)
        return edo_fail(-EINVAL, "file_field: \"%s\" is no field that is a char *",
                        opts->file_field);
    const char *own = edoi_field_ptr(leaf->f, leaf->in);
    if (!own) return 0;
    *must_be = leaf->layer != EDOI_LAYER_PRESET;
    *name = own;
    return 0;
}

static int leaves_read_file(edoi_leaves *l, const edo_config_opts *opts) {
    bool must_be;
    edo_bytes text;
    const char *name;
    int err = file_name(&name, l, opts, &must_be);
    if (err < 0 || !name) return err;
    err = edo_fs_read_all(&text, name);
    if (err == -ENOENT && !must_be) return edoi_trail_drop(err), 0;
    if (err < 0) return edo_fail(err, "reading %s", name);
    // The leaf that names the file may not change while it is read: it is of a stronger layer, or
    // a preset, which the file may replace; so the name is kept.
    const char *kept = edo_arena_copy(&l->names, name, strlen(name));
    err = kept ? edoi_file_read(l, kept, text.str) : -ENOMEM;
    edo_bytes_unref(&text);
    return err;
}

static int config_append(edo_buf *out, const char *text) {
    return edo_buf_append(out, text, strlen(text));
}

/* Appends the text of an element. A line end in it would forge a line. */
static int config_append_text(edo_buf *out, const edo_field *f, const void *element) {
    edo_buf text = { 0 };
    int err = edo_value_text(&text, f, element);
    size_t took = 0;
    for (size_t at = 0; at < text.len && err == 0; at += took) {
        char escaped[EDOI_ESCAPE_ONE_MAX];
        size_t n = edoi_escape_one(escaped, text.ptr + at, text.len - at, EDOI_ESCAPE_TEXT, &took);
        err = edo_buf_append(out, escaped, n);
    }
    edo_buf_deinit(&text);
    return err;
}

static int append_elements(edo_buf *out, const edoi_leaf *leaf) {
    size_t n;
    const char *first = edo_field_elements(leaf->f, leaf->in, &n);
    bool is_text = edoi_leaf_is_text(leaf);
    int err = 0;
    if (leaf->layer == EDOI_LAYER_PRESET && !leaf->f->preset && !is_text) n = 0; // perhaps no value
    if (leaf->is_secret && n > 0) return config_append(out, "***");
    for (size_t i = 0; i < n && err == 0; i++) {
        const char *element = first + i * leaf->f->size;
        if (i) err = config_append(out, ", ");
        if (err == 0)
            err = is_text ? config_append_text(out, leaf->f, element)
                          : edo_value_print(out, element, leaf->f->desc);
    }
    return err;
}

static int append_source(edo_buf *out, const edoi_leaf *leaf) {
    char text[EDO_TRAIL_TEXT_MAX];
    const char *quote = leaf->layer == EDOI_LAYER_FILE ? strstr(leaf->name, ": \"") : NULL;
    (void)snprintf(text, sizeof text, " (%.*s)\n",
                   quote ? (int)(quote - leaf->name) : (int)strlen(leaf->name), leaf->name);
    if (leaf->layer == EDOI_LAYER_PRESET) {
        return config_append(out, leaf->f->preset ? " (preset)\n" : " (not set)\n");
    }
    return config_append(out, text);
}

static int append_sources(edo_buf *out, const edoi_leaves *l) {
    int err = 0;
    for (const edoi_leaf *leaf = l->all; leaf < l->all + l->n && err == 0; leaf++) {
        err = config_append(out, leaf->path);
        if (err == 0) err = config_append(out, " = ");
        if (err == 0) err = append_elements(out, leaf);
        if (err == 0) err = append_source(out, leaf);
    }
    return err;
}

int edo_config_load(void *value, const edo_desc *desc, int argc, char *const *argv,
                    const edo_config_opts *opts) {
    static const edo_config_opts defaults = { 0 };
    edoi_leaves l;
    if (!opts) opts = &defaults;
    int err = edoi_leaves_init(&l, value, desc, opts->arena);
    if (err < 0) return err;
    if (argv) err = edoi_args_read(&l, argc, argv, opts);
    if (err == 0 && opts->env_prefix) err = edoi_env_read(&l, opts->env_prefix);
    if (err == 0) err = leaves_read_file(&l, opts);
    if (err == 0) err = edoi_leaves_finish(&l, edoi_leaf_flag_name, NULL);
    if (err == 0 && opts->sources) err = append_sources(opts->sources, &l);
    return edoi_leaves_deinit(&l, err);
}
