/* SPDX-License-Identifier: MIT */
/* client/retry_opts.c: what the options of a client say about attempts. */
#include "client/retry_opts.h"
#include "base/opts.h"
#include "base/siphash.h"

#include <edo/uri.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define ATTEMPTS     3u
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_S  10
#define BODY_MAX     65536u

/* ---- Budgets of hosts ------------------------------------------------------------------------ */

#define BUDGETS 256u

struct edoi_host_budgets {
    edoi_siphash_secret secret; /* else a host could be chosen that shares another one's budget */
    pthread_mutex_t mu;
    edo_retry_budget *of[BUDGETS]; /* lock: mu; NULL: not needed so far */
};

static edoi_host_budgets *host_budgets_new(void) {
    edoi_host_budgets *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    edoi_siphash_secret_make(&self->secret);
    (void)pthread_mutex_init(&self->mu, NULL); // this never fails without attributes
    return self;
}

static void host_budgets_free(edoi_host_budgets *self) {
    if (!self) return;
    for (size_t i = 0; i < BUDGETS; i++) edo_retry_budget_unref(self->of[i]);
    (void)pthread_mutex_destroy(&self->mu);
    free(self);
}

static int host_budgets_get(edoi_host_budgets *self, edo_retry_budget **out, const edo_uri *uri) {
    uint64_t hash = edoi_siphash13_any_case(&self->secret, uri->host.ptr, uri->host.len);
    size_t i = (hash + (uint64_t)edo_uri_port(uri)) % BUDGETS;
    (void)pthread_mutex_lock(&self->mu);
    int err = self->of[i] ? 0 : edo_retry_budget_new(&self->of[i], NULL);
    (void)pthread_mutex_unlock(&self->mu);
    if (err == 0) *out = self->of[i]; // it stays
    return err;
}

int edoi_retry_opts_budget(const edoi_retry_opts *self, edo_retry_budget **out, edo_str url) {
    edo_uri uri;
    *out = self->budget;
    if (!self->own || edo_uri_parse(&uri, url) < 0) return 0;
    return host_budgets_get(self->own, out, &uri);
}

/* ---- Options --------------------------------------------------------------------------------- */

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

int edoi_retry_opts_init(edoi_retry_opts *self, const edo_http_retry_opts *o) {
    static const edo_http_retry_opts once = { .attempts = 1 };
    if (!o) o = &once;
    int err = retry_opts_check(o);
    if (err < 0) return err;
    *self = (edoi_retry_opts){ .attempts = o->attempts > 0 ? o->attempts : ATTEMPTS,
                               .body_max = o->body_max > 0 ? o->body_max : BODY_MAX,
                               .backoff = o->backoff,
                               .ops = o->ops,
                               .arg = o->arg };
    if (backoff_is_unsaid(&o->backoff)) {
        self->backoff.kind = EDO_BACKOFF_FULL;
        self->backoff.pause_min = edo_ms(PAUSE_MIN_MS);
        self->backoff.pause_max = edo_s(PAUSE_MAX_S);
    }
    if (o->budget) self->budget = edo_retry_budget_ref(o->budget);
    if (o->budget || o->no_budget) return 0;
    self->own = host_budgets_new();
    return self->own ? 0 : -ENOMEM;
}

void edoi_retry_opts_deinit(edoi_retry_opts *self) {
    edo_retry_budget_unref(self->budget);
    host_budgets_free(self->own);
}
