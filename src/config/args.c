/* SPDX-License-Identifier: MIT */
/* config/args.c: command lines. See edo_args_decode(). */
#include "config/args.h"
#include "value/elements.h"

#include <edo/error.h>

#include <limits.h>

typedef struct args {
    edoi_leaves *l;
    char *const *begin, *const *next, *const *end;
    const edo_config_opts *opts;
    const char *program;
    size_t positional; /* leaves before this one have their argument */
    bool only_positional;
} args;

/* ---- The nearest name ------------------------------------------------------------------------ */

#define NEAR_MAX 40 /* of a name that is compared */

/* The least number of letters to insert, drop, or replace that makes one of the other. */
static unsigned distance(edo_str a, edo_str b) {
    unsigned char row[NEAR_MAX + 1];
    if (a.len > NEAR_MAX || b.len > NEAR_MAX) return UINT_MAX;
    for (size_t j = 0; j <= b.len; j++) row[j] = (unsigned char)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned char diagonal = row[0];
        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned char replaced = (unsigned char)(diagonal + (a.ptr[i - 1] != b.ptr[j - 1]));
            unsigned char least = row[j] < row[j - 1] ? row[j] : row[j - 1];
            diagonal = row[j];
            row[j] = (unsigned char)(least + 1);
            if (replaced < row[j]) row[j] = replaced;
        }
    }
    return row[b.len];
}

/* What stands behind the name, perhaps a password whose option is misspelled, is never told. */
static int unknown(args *a, edo_str flag) {
    char name[EDOI_LEAF_NAME_MAX], near[EDOI_LEAF_NAME_MAX] = "";
    unsigned least = (unsigned)flag.len / 3 + 1; // more would be another word
    for (edoi_leaf *leaf = a->l->all; leaf < a->l->all + a->l->n; leaf++) {
        if (leaf->f->positional || !edoi_leaf_is_text(leaf)) continue;
        edoi_leaf_flag_name(name, sizeof name, leaf, NULL);
        unsigned d = distance(flag, edo_str_of(name + 2));
        if (d > least) continue;
        least = d - (d > 0);
        memcpy(near, name, sizeof near);
    }
    int n = (int)flag.len;
    if (!*near) return edo_fail(-EINVAL, "unknown option --%.*s, see --help", n, flag.ptr);
    return edo_fail(-EINVAL, "unknown option --%.*s, did you mean %s?", n, flag.ptr, near);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int set_flag(args *a, edoi_leaf *leaf, const char *text) {
    char name[EDOI_LEAF_NAME_MAX];
    edoi_leaf_flag_name(name, sizeof name, leaf, NULL);
    if (!text && leaf->f->kind == EDO_VALUE_BOOL) text = "true";
    if (!text && a->next == a->end) return edo_fail(-EDO_EVALUE, "%s needs a value", name);
    if (!text) text = *a->next++;
    return edoi_leaf_set(a->l, leaf, EDOI_LAYER_FLAG, name, edo_str_of(text));
}

/* --name, --name=value, --no-name; `flag` is behind the dashes. */
static int long_flag(args *a, const char *flag) {
    const char *equals = strchr(flag, '=');
    edo_str name = { flag, equals ? (size_t)(equals - flag) : strlen(flag) };
    edoi_leaf *leaf = edoi_leaf_of_flag(a->l, name);
    if (leaf) return set_flag(a, leaf, equals ? equals + 1 : NULL);
    if (!equals && edo_str_equal(name, EDO_STR("help"))) {
        int err = edoi_help_print(a->l, a->program, a->opts);
        return err < 0 ? err : EDO_CONFIG_DONE;
    }
    if (!equals && a->opts->version && edo_str_equal(name, EDO_STR("version"))) {
        FILE *out = a->opts->out ? a->opts->out : stdout;
        return fprintf(out, "%s %s\n", a->program, a->opts->version) < 0 ? -EIO : EDO_CONFIG_DONE;
    }
    if (!equals && name.len > 3 && memcmp(flag, "no-", 3) == 0) {
        leaf = edoi_leaf_of_flag(a->l, (edo_str){ flag + 3, name.len - 3 });
        if (leaf && leaf->f->kind == EDO_VALUE_BOOL) return set_flag(a, leaf, "false");
    }
    return unknown(a, name);
}

static edoi_leaf *leaf_of_letter(const args *a, char letter) {
    for (edoi_leaf *leaf = a->l->all; leaf < a->l->all + a->l->n; leaf++) {
        if (leaf->f->letter == letter && edoi_leaf_is_text(leaf)) return leaf;
    }
    return NULL;
}

/* -v, -vx, -p80, -p 80, -p=80; `letters` is behind the dash. */
static int short_flags(args *a, const char *letters) {
    for (; *letters; letters++) {
        edoi_leaf *leaf = leaf_of_letter(a, *letters);
        if (!leaf && *letters == 'h') return long_flag(a, "help");
        if (!leaf) return edo_fail(-EINVAL, "unknown option -%c, see --help", *letters);
        bool is_bool = leaf->f->kind == EDO_VALUE_BOOL;
        const char *text = is_bool || !letters[1] ? NULL : letters + 1 + (letters[1] == '=');
        int err = set_flag(a, leaf, text);
        if (err < 0 || !is_bool) return err;
    }
    return 0;
}

static int positional(args *a, const char *text) {
    for (; a->positional < a->l->n; a->positional++) {
        edoi_leaf *leaf = &a->l->all[a->positional];
        char name[EDOI_LEAF_NAME_MAX];
        if (!leaf->f->positional || !edoi_leaf_is_text(leaf)) continue;
        bool takes_more = edoi_field_is_counted(leaf->f);
        if (!takes_more) a->positional++;
        edoi_leaf_flag_name(name, sizeof name, leaf, NULL);
        return edoi_leaf_set(a->l, leaf, EDOI_LAYER_FLAG, name, edo_str_of(text));
    }
    // perhaps a password behind an option that takes none: it is not told
    return edo_fail(-EINVAL, "unknown argument %d, see --help", (int)(a->next - a->begin) - 1);
}

static int argument(args *a, const char *text) {
    if (a->only_positional || text[0] != '-' || !text[1]) return positional(a, text);
    if (text[1] != '-') return short_flags(a, text + 1);
    if (text[2]) return long_flag(a, text + 2);
    a->only_positional = true;
    return 0;
}

int edoi_args_read(edoi_leaves *l, int argc, char *const *argv, const edo_config_opts *opts) {
    if (argc < 1) return 0;
    const char *slash = strrchr(argv[0], '/');
    args a = { .l = l, .begin = argv, .next = argv + 1, .end = argv + argc, .opts = opts };
    a.program = opts->program ? opts->program : slash ? slash + 1 : argv[0];
    int err = edoi_leaves_check_flags(l);
    while (err == 0 && a.next < a.end) {
        const char *text = *a.next++;
        err = argument(&a, text);
    }
    return err;
}

int edo_args_decode(void *value, const edo_desc *desc, int argc, char *const *argv,
                    const edo_config_opts *opts) {
    static const edo_config_opts defaults = { 0 };
    edoi_leaves l;
    if (!opts) opts = &defaults;
    int err = edoi_leaves_init(&l, value, desc, opts->arena);
    if (err < 0) return err;
    err = edoi_args_read(&l, argc, argv, opts);
    if (err == 0) err = edoi_leaves_finish(&l, edoi_leaf_flag_name, NULL);
    return edoi_leaves_deinit(&l, err);
}
