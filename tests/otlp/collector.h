/* SPDX-License-Identifier: MIT */
/* tests/otlp/collector.h: a collector of OpenTelemetry on a free port of this machine. It decodes
 * what it is sent, and writes it down as lines:
 *
 *     span request GET /users kind=2 parent=1 code=2 http.route="/users" n=7 @http.server
 *     event WARN "the text" n=7 traced=1 @shop
 *     metric http.server.request.duration s hist=3 4.5 1,2,0 http.route="/users" exemplars=1 @edo
 *     metric shop.orders {order} sum=7 grows | gauge=0.5   one line for each of its points
 *     resource service.name="shop" …                      once for each request */
#ifndef EDO_TESTS_OTLP_COLLECTOR_H
#define EDO_TESTS_OTLP_COLLECTOR_H

#include "inside.h"

#include <edo/otlp.h>
#include <edo/sem.h>
#include <edo/web.h>

typedef enum collector_mood {
    COLLECTOR_TAKES,
    COLLECTOR_IS_BUSY, /* 503, to be tried again when `busy_s` says */
    COLLECTOR_REFUSES, /* 400, with a google.rpc.Status */
    COLLECTOR_REJECTS, /* takes all but one */
    COLLECTOR_IS_SLOW, /* responds when the test says so */
    COLLECTOR_LEADS,   /* to another place, once, with the status `leads` */
    COLLECTOR_IS_NONE, /* responds with a page for people */
} collector_mood;

typedef struct collector {
    collector_mood mood;
    uint32_t busy_n;          /* so often, then it takes */
    uint32_t busy_s, busy_ns; /* for so long, as it says: over HTTP, over gRPC; 0: to ask at once */
    edo_status leads;         /* there a GET has a page, and a POST is taken */
    uint32_t pages_n;         /* GETs that have come */
    edo_sem go;               /* of a slow one: a response for each */
    edo_sem asked;            /* a permit for each request that has come */
    edo_buf lines;
    uint32_t requests_n, items_n;
    char seen_header[64];       /* x-key of the last request */
    char seen_coding[16];       /* its Content-Encoding */
    struct edo_tls_server *tls; /* NULL: clear text */
    edo_listener *listener;
    edo_task *task;
    char url[48];
} collector;

void collector_begin(collector *c);
void collector_end(collector *c);

/* Begins to listen again, where it did before. */
void collector_again(collector *c);

bool collector_has(const collector *c, const char *text);

#endif
