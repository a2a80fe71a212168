/* SPDX-License-Identifier: MIT */
/* config/help.c: the text of --help, from the description. */
#include "config/args.h"
#include "value/elements.h"

#include <edo/error.h>

#define LEFT_MAX 176 /* of an option with its value */

/* What stands for the value of an option. */
static void value_name(char *out, size_t bytes, const edo_field *f) {
    size_t n = 0;
    *out = 0;
    if (f->value) {
        (void)snprintf(out, bytes, "%s", f->value);
    } else if (f->kind == EDO_VALUE_DESCRIBED) {
        for (uint32_t i = 0; i < f->desc->fields_n && n < bytes; i++) {
            edo_str name = edo_field_name(&f->desc->fields[i]);
            n += (size_t)snprintf(out + n, bytes - n, "%s%.*s", i ? "|" : "", (int)name.len,
                                  name.ptr);
        }
    } else if (f->kind == EDO_VALUE_DURATION) {
        (void)snprintf(out, bytes, "DURATION");
    } else if (f->kind == EDO_VALUE_WALL) {
        (void)snprintf(out, bytes, "TIME");
    } else if (f->kind >= EDO_VALUE_STR) {
        (void)snprintf(out, bytes, "TEXT");
    } else if (f->kind != EDO_VALUE_BOOL) {
        (void)snprintf(out, bytes, "N");
    }
}

/* "-p, --port N"; a positional one: "FILE". */
static void help_left_of(char out[LEFT_MAX], const edoi_leaf *leaf) {
    char name[EDOI_LEAF_NAME_MAX], value[64], letter[8] = "";
    edoi_leaf_flag_name(name, sizeof name, leaf, NULL);
    value_name(value, sizeof value, leaf->f);
    if (leaf->f->positional) {
        (void)snprintf(out, LEFT_MAX, "%s%s", name, edoi_field_is_counted(leaf->f) ? "..." : "");
        return;
    }
    if (leaf->f->letter) (void)snprintf(letter, sizeof letter, "-%c, ", leaf->f->letter);
    (void)snprintf(out, LEFT_MAX, "%s%s%s%s", letter, name, *value ? " " : "", value);
}

static void print_row(FILE *out, size_t width, const char *left, const char *doc,
                      const edoi_leaf *leaf) {
    const edo_field *f = leaf ? leaf->f : NULL;
    fprintf(out, "  %-*s  %s", (int)width, left, doc ? doc : "");
    if (f && f->preset) {
        fprintf(out, "%s(%s)", doc ? " " : "", leaf->is_secret ? "***" : f->preset);
    } else if (f && !edoi_may_be_missing(f, EDOI_SOURCE_OMITS)) {
        fprintf(out, "%s(required)", doc ? " " : "");
    }
    fputs("\n", out);
}

static void print_usage(FILE *out, const edoi_leaves *l, const char *program) {
    fprintf(out, "usage: %s [OPTION]...", program);
    for (const edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        char left[LEFT_MAX];
        if (!leaf->f->positional || !edoi_leaf_is_text(leaf)) continue;
        help_left_of(left, leaf);
        fprintf(out, edoi_may_be_missing(leaf->f, EDOI_SOURCE_OMITS) ? " [%s]" : " %s", left);
    }
    fputs("\n", out);
}

int edoi_help_print(const edoi_leaves *l, const char *program, const edo_config_opts *opts) {
    FILE *out = opts->out ? opts->out : stdout;
    char left[LEFT_MAX];
    size_t width = strlen(opts->version ? "--version" : "--help");
    for (const edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        if (!edoi_leaf_is_text(leaf)) continue;
        help_left_of(left, leaf);
        if (strlen(left) > width && strlen(left) <= 32) width = strlen(left);
    }
    print_usage(out, l, program);
    if (opts->about) fprintf(out, "%s\n", opts->about);
    fputs("\n", out);
    for (const edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        if (!edoi_leaf_is_text(leaf)) continue;
        help_left_of(left, leaf);
        print_row(out, width, left, leaf->f->doc, leaf);
    }
    if (opts->version) print_row(out, width, "--version", "the version", NULL);
    print_row(out, width, "--help", "this text", NULL);
    if (opts->more) fprintf(out, "\n%s\n", opts->more);
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
