/* SPDX-License-Identifier: MIT */
/* redis/link/dial.h: a connection: its socket, TLS over that, and what is said first. */
#ifndef EDOI_REDIS_LINK_DIAL_H
#define EDOI_REDIS_LINK_DIAL_H

#include "redis/link/count.h"
#include "redis/link/url.h"
#include "redis/wire/reader.h"

#include <edo/once.h>

/* Where to, and how: const, counted by edo_rc, shared by the connections of one edo_redis. */
typedef struct edoi_redis_place {
    edoi_redis_url url;
    edo_redis_opts opts; /* complete; its texts are in `texts` */
    char *texts;         /* cleared at the end */
    size_t texts_n;
    edoi_redis_limits limits;
    edoi_db_counts counts;
    edo_once tls; /* the system's roots, read when they are needed */
} edoi_redis_place;

/* Returns 0; -EINVAL: URL or options; -ENOTSUP: TLS without libedo-tls; -ENOMEM; as
 * edoi_db_counts_init(). */
int edoi_redis_place_new(edoi_redis_place **out, edo_str url, const edo_redis_opts *opts);

/* A connection that is used by one task. All zero: none. It must not move: the reader in it does
 * not. */
typedef struct edoi_redis_wire {
    edo_stream *stream; /* NULL: there is none */
    edoi_redis_reader reader;
    char *in;             /* of EDOI_REDIS_IN_BYTES */
    edo_instant heard_at; /* when bytes have come last, or it was made */
} edoi_redis_wire;

#define EDOI_REDIS_IN_BYTES ((size_t)16 << 10)

/* Connects `w`, which has no connection, and logs in, within the limit of the options. `*why` is a
 * static text about a failure. Returns 0, or
 * -EACCES: the server has refused the login, -EINVAL: it has not the database, -EBUSY: not now;
 * what edo_tcp_connect(), edo_unix_connect() and edo_tls_connect_over() return; -ETIMEDOUT. */
int edoi_redis_dial(edoi_redis_wire *w, edoi_redis_place *place, const char **why);

/* Is it an error that goes away by itself? Until then the server returns it to each command. */
bool edoi_redis_reply_is_passing(const edo_redis_reply *reply);

/* Where the server is: "host:port", or a path. */
const char *edoi_redis_place_at(const edoi_redis_place *place);

/* Adds a line to the trail of a failure that is about the server, and returns `err`: where it is,
 * and what the failure is about. */
int edoi_redis_place_fail(const edoi_redis_place *place, int err, const char *why);

/* Is there no use in another try? */
bool edoi_redis_dial_is_final(int err);

/* May be called twice. */
void edoi_redis_wire_deinit(edoi_redis_wire *w);

/* Reads some bytes, and feeds the reader. Returns 0 or a negative code: -EDO_EEOF at the end. */
int edoi_redis_wire_fill(edoi_redis_wire *w);

/* The next reply; waits for it. */
int edoi_redis_wire_recv(edoi_redis_wire *w, edo_redis_reply **out);

/* Likewise, but returns -EAGAIN instead of waiting. */
int edoi_redis_wire_try_recv(edoi_redis_wire *w, edo_redis_reply **out);

/* What a failure of the wire is about. */
const char *edoi_redis_wire_why(const edoi_redis_wire *w);

#endif
