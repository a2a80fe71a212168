/* SPDX-License-Identifier: MIT */
/* otlp/settings/pairs.c: see pairs.h. */
#include "otlp/settings/pairs.h"

#include <edo/str.h>
#include <edo/uri.h>

#include <errno.h>

static int tell_pair(edo_str pair, edo_buf *value, edoi_otlp_pair_fn *fn, void *arg) {
    edo_str rest = pair, name = edo_str_trim(edo_str_cut(&rest, '='));
    if (name.len == 0 || !rest.ptr) return -EINVAL;
    value->len = 0;
    int err = edo_uri_decode(edo_str_trim(rest), value);
    return err < 0 ? err : fn(arg, name, (edo_str){ value->ptr, value->len });
}

int edoi_otlp_pairs(edo_str list, edoi_otlp_pair_fn *fn, void *arg) {
    edo_buf value = { 0 };
    edo_str rest = list, pair;
    int err = 0;
    while (err == 0 && edo_str_split(&pair, &rest, ',')) {
        pair = edo_str_trim(pair);
        if (pair.len > 0) err = tell_pair(pair, &value, fn, arg);
    }
    edo_buf_deinit(&value);
    return err;
}
