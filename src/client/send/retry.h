/* SPDX-License-Identifier: MIT */
/* client/send/retry.h: the attempts of one request, around the layers of its client: so a limit
 * of rates counts each of them, and a place in a limit of concurrency is free in the pauses. */
#ifndef EDOI_CLIENT_SEND_RETRY_H
#define EDOI_CLIENT_SEND_RETRY_H

#include <edo/http_client.h>

/* What an attempt does with its response, reads the body say, so that a body that breaks off is a
 * failure of the attempt. Of a status of 400 or more only if there is `any_status`. */
typedef struct edoi_take {
    int (*fn)(void *arg, edo_http_response *res); /* returns 0, or why the attempt has failed */
    void *arg;
    bool any_status;
} edoi_take;

/* As edo_http_client_send(); `take` may be NULL; `*tried` is the number of attempts that were
 * made. */
int edoi_client_send_all(edo_http_client *c, edo_http_response **out, const edo_http_request *req,
                         const edoi_take *take, uint32_t *tried);

/* Is it a failure of a connection that another one need not have? */
bool edoi_client_failure_passes(int err, bool is_unsent);

#endif
