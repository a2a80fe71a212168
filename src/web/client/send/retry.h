/* SPDX-License-Identifier: MIT */
/* web/client/send/retry.h: the attempts of one request, around the layers of its client: so a limit
 * of rates counts each of them, and a place in a limit of concurrency is free in the pauses. */
#ifndef EDOI_WEB_CLIENT_SEND_RETRY_H
#define EDOI_WEB_CLIENT_SEND_RETRY_H

#include <edo/http_client.h>

/* As edo_http_client_send(); `*tried` is the number of attempts that were made. */
int edoi_client_send_all(edo_http_client *c, edo_http_response **out, const edo_http_request *req,
                         uint32_t *tried);

#endif
