/* SPDX-License-Identifier: MIT */
/* web/client/send/retry_rules.h: what the options of a client say about attempts. */
#ifndef EDOI_WEB_CLIENT_SEND_RETRY_RULES_H
#define EDOI_WEB_CLIENT_SEND_RETRY_RULES_H

#include <edo/http_client.h>

/* What the options of a client say about attempts, completed. Const. */
typedef struct edoi_retry_rules {
    uint32_t attempts; /* of a request that does not say how many */
    edo_backoff_opts backoff;
    edo_retry_budget *budget;      /* a reference; NULL: none */
    const edo_http_retry_ops *ops; /* borrowed */
    void *arg;
} edoi_retry_rules;

/* Completes `o`, which may be NULL. Returns 0, -EINVAL or -ENOMEM. */
int edoi_retry_rules_init(edoi_retry_rules *self, const edo_http_retry_opts *o);
void edoi_retry_rules_deinit(edoi_retry_rules *self);

#endif
