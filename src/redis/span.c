/* SPDX-License-Identifier: MIT */
/* redis/span.c: see span.h. */
#include "redis/span.h"

#include "redis/wire/reply.h"

#include <edo/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE_BYTES 12

edo_span *edoi_redis_span_make(const edo_redis *r, const char *name) {
    const edoi_redis_url *url = &r->place->url;
    char database[DATABASE_BYTES];
    if (!EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) return NULL;
    const char *at = url->host ? url->host : url->path;
    const char *port = url->address ? strrchr(url->address, ':') : NULL;
    (void)snprintf(database, sizeof database, "%u", (unsigned)url->database);
    return edo_span_new(EDO_LEVEL_INFO, "redis", edo_span_current(),
                        (EDO_KV("otel.kind", "client"), EDO_KV("db.system.name", "redis"),
                         EDO_KV("db.namespace", &database[0]), EDO_KV("db.operation.name", name),
                         EDO_KV("server.address", at),
                         EDO_KV("server.port", port ? (int)strtol(port + 1, NULL, 10) : 0)),
                        "command");
}

void edoi_redis_span_open(edo_span_block *b, const edo_redis *r, const char *name, uint32_t n) {
    edo_span *s = edoi_redis_span_make(r, name);
    if (n > 1) edo_span_record(s, EDO_KV("db.operation.batch.size", n));
    edo_span_begin(b, s);
}

int edoi_redis_span_told(edo_span *s, int err, edo_redis_reply *const *replies, uint32_t n) {
    edo_str word = edo_str_of(err < 0 ? edo_error_name(err) : "");
    for (uint32_t i = 0; i < n && err == 0 && word.len == 0; i++) {
        if (edo_redis_reply_kind(replies[i]) != EDO_REDIS_ERROR) continue;
        word = edoi_redis_reply_code(replies[i]);
        if (word.len == 0) word = EDO_STR("ERR");
        edo_span_record(s, EDO_KV("db.response.status_code", word));
        if (n == 1) err = -EDO_EREDIS;
    }
    if (word.len > 0) edo_span_record(s, EDO_KV("error.type", word));
    return err;
}

void edoi_redis_span_close(edo_span_block *b, int err, edo_redis_reply *const *replies,
                           uint32_t n) {
    (void)edo_span_end(b, edoi_redis_span_told(b->span, err, replies, n));
}
