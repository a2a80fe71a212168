/* SPDX-License-Identifier: MIT */
/* numbers.h: what the chat counts, for those who watch it. */
#ifndef CHAT_NUMBERS_H
#define CHAT_NUMBERS_H

#include <edo/http_metrics.h>
#include <edo/web.h>

typedef struct numbers numbers;

struct server;

/* Owns: returns new: numbers_free(), which takes NULL and what is made in part. Errors: as those of
 * edo/metrics.h. */
EDO_MUST_USE int numbers_new(numbers **out, struct server *of);
void numbers_free(numbers *self);

/* Those of the HTTP server. */
edo_http_metrics *numbers_of_http(numbers *self);

/* GET /metrics. */
void numbers_routes(edo_router *r);

#endif
