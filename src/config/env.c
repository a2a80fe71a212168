/* SPDX-License-Identifier: MIT */
/* config/env.c: environment variables. See edo_env_decode(). */
#include "config/args.h"

#include <edo/error.h>

#include <stdlib.h>

int edoi_env_read(edoi_leaves *l, const char *prefix) {
    int twins = edoi_leaves_check_env(l, prefix);
    if (twins < 0) return twins;
    for (edoi_leaf *leaf = l->all; leaf < l->all + l->n; leaf++) {
        char name[EDOI_LEAF_NAME_MAX];
        if (!edoi_leaf_is_text(leaf)) continue;
        edoi_leaf_env_name(name, sizeof name, leaf, prefix);
        const char *text = getenv(name);
        if (!text) continue;
        int err = edoi_leaf_set(l, leaf, EDOI_LAYER_ENV, name, edo_str_of(text));
        if (err < 0) return err;
    }
    return 0;
}

int edo_env_decode(void *value, const edo_desc *desc, const char *prefix,
                   const edo_config_opts *opts) {
    edoi_leaves l;
    int err = edoi_leaves_init(&l, value, desc, opts ? opts->arena : NULL);
    if (err < 0) return err;
    err = edoi_env_read(&l, prefix);
    if (err == 0) err = edoi_leaves_finish(&l, edoi_leaf_env_name, prefix);
    return edoi_leaves_deinit(&l, err);
}
