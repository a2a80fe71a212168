/* SPDX-License-Identifier: MIT */
/* http/typed/cache.c: Cache-Control and Strict-Transport-Security, which need only tables. */
#include <edo/http_fields.h>

#include "http/typed/param.h"

#define AT(field) offsetof(edo_cache_control, field)

static const edoi_param_row directives[] = {
    { "no-cache", EDOI_PARAM_FLAG_OF, AT(no_cache), AT(no_cache_of) },
    { "no-store", EDOI_PARAM_FLAG, AT(no_store), 0 },
    { "no-transform", EDOI_PARAM_FLAG, AT(no_transform), 0 },
    { "only-if-cached", EDOI_PARAM_FLAG, AT(only_if_cached), 0 },
    { "public", EDOI_PARAM_FLAG, AT(is_public), 0 },
    { "private", EDOI_PARAM_FLAG_OF, AT(is_private), AT(private_of) },
    { "must-revalidate", EDOI_PARAM_FLAG, AT(must_revalidate), 0 },
    { "must-understand", EDOI_PARAM_FLAG, AT(must_understand), 0 },
    { "proxy-revalidate", EDOI_PARAM_FLAG, AT(proxy_revalidate), 0 },
    { "immutable", EDOI_PARAM_FLAG, AT(is_immutable), 0 },
    { "max-age", EDOI_PARAM_SECONDS, AT(max_age), 0 },
    { "s-maxage", EDOI_PARAM_SECONDS, AT(s_maxage), 0 },
    { "max-stale", EDOI_PARAM_LEEWAY, AT(max_stale), 0 },
    { "min-fresh", EDOI_PARAM_SECONDS, AT(min_fresh), 0 },
    { "stale-while-revalidate", EDOI_PARAM_SECONDS, AT(stale_while_revalidate), 0 },
    { "stale-if-error", EDOI_PARAM_SECONDS, AT(stale_if_error), 0 },
};
static const edoi_params cache_control =
    EDOI_PARAMS(directives, EDOI_PARAM_COMMA, EDOI_FIRST_COUNTS, false);

int edo_cache_control_parse(edo_cache_control *out, edo_str text) {
    edo_cache_control found = { .no_cache = false };
    int err = edoi_params_read(&cache_control, &found, text, 0);
    if (err == 0) *out = found;
    return err;
}

int edo_cache_control_print(const edo_cache_control *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_params_put(&cache_control, self, &put);
    return edoi_put_end(&put);
}

#undef AT
#define AT(field) offsetof(edo_sts, field)

static const edoi_param_row sts_rows[] = {
    { "max-age", EDOI_PARAM_SECONDS, AT(max_age), 0 },
    { "includeSubDomains", EDOI_PARAM_FLAG, AT(include_subdomains), 0 },
    { "preload", EDOI_PARAM_FLAG, AT(preload), 0 },
};
static const edoi_params sts = EDOI_PARAMS(sts_rows, EDOI_PARAM_LINK, EDOI_REFUSE_TWICE, false);

int edo_sts_parse(edo_sts *out, edo_str text) {
    edo_sts found = { .preload = false };
    int err = edoi_params_read(&sts, &found, text, 0);
    if (err < 0 || !found.max_age.is_there) return -EINVAL;
    *out = found;
    return 0;
}

int edo_sts_print(const edo_sts *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, self->max_age.is_there);
    edoi_params_put(&sts, self, &put);
    return edoi_put_end(&put);
}
