/* SPDX-License-Identifier: MIT */
/* redis/peer.h: a server of Redis in memory, that says what a test wants.
 *
 *     static int serve(peer *p, peer_conn *c) {
 *         while (peer_recv(c) == 1) if (peer_say(c, "+OK\r\n") < 0) break;
 *         return 0;
 *     }
 *
 *     peer p = { .serve = serve };
 *     edo_redis_opts opts = peer_opts(&p);
 *     edo_redis_connect(&r, PEER_URL, &opts);
 */
#ifndef EDO_TESTS_REDIS_PEER_H
#define EDO_TESTS_REDIS_PEER_H

#include "inside.h"

#include <edo/buf_io.h>
#include <edo/redis.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define PEER_URL       EDO_STR("redis://peer")
#define PEER_PARTS_MAX 16
#define PEER_BYTES     ((size_t)256 << 10) /* of a direction of a connection */

typedef struct peer peer;

/* A connection, as the server has it. */
typedef struct peer_conn {
    peer *p;
    int number; /* the first is 1 */
    edo_stream *s;
    edo_buf_reader in;
    char *bytes; /* of the command */
    size_t bytes_n;
    edo_str parts[PEER_PARTS_MAX];
    size_t parts_n;
} peer_conn;

/* Serves a connection, of which the greeting is over; it is closed behind that. */
typedef int peer_serve_fn(peer *p, peer_conn *c);

struct peer {
    peer_serve_fn *serve;
    void *arg;
    int refuses;      /* so many connections are refused */
    bool no_greeting; /* `serve` gets the PING, too */
    int conns_n, alive_n, commands_n;
    edo_instant tried_at; /* when the last connection was asked for */
};

static inline int peer_say_n(peer_conn *c, const char *text, size_t n) {
    return edo_write_all(c->s, text, n);
}

static inline int peer_say(peer_conn *c, const char *text) {
    return peer_say_n(c, text, strlen(text));
}

/* The number behind `type`. */
static inline int peer_head(peer_conn *c, char type, size_t *n) {
    char *line;
    int rc = edo_read_line(&c->in, &line);
    if (rc < 0) return rc;
    CHECK(line[0] == type);
    *n = strtoul(line + 1, NULL, 10);
    return 0;
}

static inline int peer_part(peer_conn *c, size_t *at) {
    size_t n = 0;
    int err = peer_head(c, '$', &n);
    if (err < 0) return err;
    CHECK(*at + n + 2 <= c->bytes_n);
    err = edo_read_exact(edo_buf_reader_stream(&c->in), c->bytes + *at, n + 2);
    if (err < 0) return err;
    CHECK(memcmp(c->bytes + *at + n, "\r\n", 2) == 0);
    c->parts[c->parts_n++] = (edo_str){ c->bytes + *at, n };
    *at += n + 2;
    return 0;
}

/* Returns 1 with the next command in `parts`, 0 at the end, or a negative code. */
static inline int peer_recv(peer_conn *c) {
    size_t n = 0, at = 0;
    c->parts_n = 0;
    int err = peer_head(c, '*', &n);
    for (size_t i = 0; i < n && err == 0; i++) err = peer_part(c, &at);
    if (err == -EDO_EEOF) return 0;
    if (err == 0) c->p->commands_n++;
    return err < 0 ? err : 1;
}

static inline bool peer_got(const peer_conn *c, const char *name) {
    return edo_str_equal(c->parts[0], edo_str_of(name));
}

/* Says the last part of the command as a text. */
static inline int peer_echo(peer_conn *c) {
    char head[32];
    edo_str part = c->parts[c->parts_n - 1];
    int n = snprintf(head, sizeof head, "$%zu\r\n", part.len);
    int err = peer_say_n(c, head, (size_t)n);
    if (err == 0) err = peer_say_n(c, part.ptr, part.len);
    return err == 0 ? peer_say(c, "\r\n") : err;
}

/* Each command gets its last part. */
static inline int peer_serve_echo(peer *p, peer_conn *c) {
    int rc;
    (void)p;
    while ((rc = peer_recv(c)) == 1 && (rc = peer_echo(c)) == 0) continue;
    return rc;
}

static inline int peer_greet(peer_conn *c) {
    if (c->p->no_greeting) return 0;
    int rc = peer_recv(c);
    if (rc != 1) return rc;
    CHECK(peer_got(c, "PING"));
    c->p->commands_n--;
    return peer_say(c, "+PONG\r\n");
}

static inline int peer_run(void *arg) {
    peer_conn *c = arg;
    CHECK_EQ(edo_buf_reader_init(&c->in, c->s, NULL), 0);
    c->bytes_n = PEER_BYTES;
    c->bytes = malloc(c->bytes_n);
    CHECK(c->bytes != NULL);
    if (peer_greet(c) == 0) (void)c->p->serve(c->p, c);
    edo_buf_reader_deinit(&c->in);
    edo_close(c->s);
    c->p->alive_n--;
    free(c->bytes);
    free(c);
    return 0;
}

static inline int peer_connect(void *arg, edo_stream **out) {
    peer *p = arg;
    p->tried_at = edo_now();
    if (p->refuses > 0) {
        p->refuses--;
        return -ECONNREFUSED;
    }
    peer_conn *c = calloc(1, sizeof *c);
    CHECK(c != NULL);
    c->p = p;
    c->number = ++p->conns_n;
    CHECK_EQ(edo_duplex(out, &c->s, PEER_BYTES), 0);
    p->alive_n++;
    CHECK_EQ(edo_spawn_detached(peer_run, c), 0);
    return 0;
}

static inline edo_redis_opts peer_opts(peer *p) {
    return (edo_redis_opts){ .connect = peer_connect, .connect_arg = p };
}

/* Ends `r`, and waits until the server's side has ended. */
static inline void peer_close(peer *p, edo_redis *r) {
    edo_redis_close(r);
    WAIT_FOR(p->alive_n == 0);
}

#endif
