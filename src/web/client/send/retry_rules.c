/* SPDX-License-Identifier: MIT */
/* web/client/send/retry_rules.c: what the options of a client say about attempts. */
#include "web/client/send/retry_rules.h"
#include "base/opts.h"

#include <errno.h>

#define ATTEMPTS     3u
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_S  10

static bool backoff_is_unsaid(const edo_backoff_opts *o) {
    return o->kind == EDO_BACKOFF_EXPONENTIAL && o->pause_min.ns == 0 && o->pause_max.ns == 0 &&
           o->jitter == 0 && !o->no_jitter;
}

static int retry_opts_check(const edo_http_retry_opts *o) {
    edo_backoff probe;
    bool is_bad = !edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) ||
                  (o->no_budget && o->budget) ||
                  (o->ops && (o->ops->reserved[0] || o->ops->reserved[1] || o->ops->reserved[2]));
    return is_bad ? -EINVAL : edo_backoff_init(&probe, &o->backoff);
}

int edoi_retry_rules_init(edoi_retry_rules *self, const edo_http_retry_opts *o) {
    static const edo_http_retry_opts once = { .attempts = 1 };
    if (!o) o = &once;
    int err = retry_opts_check(o);
    if (err < 0) return err;
    *self = (edoi_retry_rules){ .attempts = o->attempts > 0 ? o->attempts : ATTEMPTS,
                                .backoff = o->backoff,
                                .ops = o->ops,
                                .arg = o->arg };
    if (backoff_is_unsaid(&o->backoff)) {
        self->backoff.kind = EDO_BACKOFF_FULL;
        self->backoff.pause_min = edo_ms(PAUSE_MIN_MS);
        self->backoff.pause_max = edo_s(PAUSE_MAX_S);
    }
    if (o->budget) self->budget = edo_retry_budget_ref(o->budget);
    return o->budget || o->no_budget ? 0 : edo_retry_budget_new(&self->budget, NULL);
}

void edoi_retry_rules_deinit(edoi_retry_rules *self) {
    edo_retry_budget_unref(self->budget);
}
