/* SPDX-License-Identifier: MIT */
/* client/retry_opts.h: what the options of a client say about attempts. */
#ifndef EDOI_CLIENT_RETRY_OPTS_H
#define EDOI_CLIENT_RETRY_OPTS_H

#include <edo/http_client.h>

/* The budgets of a client without one in its options: a host that is down spends its own budget,
 * and not another host's. A hash of its name and port gives each host one of a fixed number of
 * budgets, so that the memory is bounded; two hosts may share one. */
typedef struct edoi_host_budgets edoi_host_budgets;

/* What the options of a client say about attempts, completed. Const, but for what budgets count. */
typedef struct edoi_retry_opts {
    uint32_t attempts; /* of a request that does not say how many */
    size_t body_max;   /* bytes of a stream that are kept */
    edo_backoff_opts backoff;
    edo_retry_budget *budget;      /* of the program, a reference; NULL: none */
    edoi_host_budgets *own;        /* owned; NULL: there is `budget`, or none is wanted */
    const edo_http_retry_ops *ops; /* borrowed */
    void *arg;
} edoi_retry_opts;

/* Completes `o`, which may be NULL. Returns 0, -EINVAL or -ENOMEM. */
int edoi_retry_opts_init(edoi_retry_opts *self, const edo_http_retry_opts *o);
void edoi_retry_opts_deinit(edoi_retry_opts *self);

/* Finds the budget for requests to `url`, which may be malformed; `*out`, borrowed, is NULL if
 * there is none. Returns 0 or -ENOMEM. */
int edoi_retry_opts_budget(const edoi_retry_opts *self, edo_retry_budget **out, edo_str url);

#endif
