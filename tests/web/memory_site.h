/* SPDX-License-Identifier: MIT */
/* tests/web/memory_site.h: a server in memory for tests of clients on the paused clock: no socket,
 * no name, and each byte of a response is the test's. */
#ifndef EDO_TESTS_MEMORY_SITE_H
#define EDO_TESTS_MEMORY_SITE_H

#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/streams.h>

#include "inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef SITE_HEAD_MAX
#    define SITE_HEAD_MAX 4096 // bytes of a request's
#endif

typedef struct memory_site memory_site;

/* Responds to the request in `head`, whose body is in `body`. A negative code ends the
 * connection. */
typedef int memory_respond_fn(memory_site *self, edo_stream *io);

struct memory_site {
    memory_respond_fn *respond;
    int refuses_n; /* connections that are refused first */
    int conns_n, requests_n, open_n;
    char head[SITE_HEAD_MAX], body[65536]; /* of the last request, with a NUL behind them */
    size_t body_n;
    char address[200]; /* that was connected to last */
};

static inline int site_say(edo_stream *io, const char *text) {
    return edo_write_all(io, text, strlen(text));
}

/* Reads one line, with its end; appends it. Returns its length, 0 at the end. */
static inline int site_read_line(edo_stream *io, char *to, size_t most) {
    size_t n = 0;
    while (n + 1 < most) {
        int got = edo_read(io, to + n, 1);
        if (got <= 0) return 0;
        if (to[n++] == '\n') break;
    }
    to[n] = 0;
    return (int)n;
}

static inline int site_read_body(memory_site *s, edo_stream *io) {
    const char *length = strcasestr(s->head, "\r\ncontent-length: ");
    char line[64];
    s->body_n = 0;
    if (!length && strcasestr(s->head, "\r\ntransfer-encoding: chunked")) {
        for (size_t n = 1; n > 0;) {
            if (!site_read_line(io, line, sizeof line)) return -1;
            n = strtoul(line, NULL, 16);
            CHECK(s->body_n + n < sizeof s->body);
            if (n > 0 && edo_read_exact(io, s->body + s->body_n, n) < 0) return -1;
            s->body_n += n;
            if (!site_read_line(io, line, sizeof line)) return -1;
        }
    } else if (length) {
        s->body_n = strtoul(length + 18, NULL, 10);
        CHECK(s->body_n < sizeof s->body);
        if (s->body_n > 0 && edo_read_exact(io, s->body, s->body_n) < 0) return -1;
    }
    s->body[s->body_n] = 0;
    return 0;
}

static inline int site_read_request(memory_site *s, edo_stream *io) {
    size_t n = 0;
    do {
        int got = site_read_line(io, s->head + n, sizeof s->head - n);
        if (got == 0) return -1;
        n += (size_t)got;
    } while (n < 4 || memcmp(s->head + n - 4, "\r\n\r\n", 4) != 0);
    s->requests_n++;
    return site_read_body(s, io);
}

typedef struct memory_conn {
    memory_site *site;
    edo_stream *io;
} memory_conn;

static inline int site_serve(void *arg) {
    memory_conn *c = arg;
    int err = 0;
    while (err >= 0) {
        err = site_read_request(c->site, c->io);
        if (err >= 0) err = c->site->respond(c->site, c->io);
    }
    edo_close(c->io);
    c->site->open_n--;
    free(c);
    return 0;
}

/* The `connect` of a client, whose `arg` is the site. */
static inline int site_connect(void *arg, edo_stream **out, const char *address) {
    memory_site *s = arg;
    edo_stream *theirs;
    memory_conn *c = malloc(sizeof *c);
    CHECK(c);
    (void)snprintf(s->address, sizeof s->address, "%s", address);
    if (s->refuses_n > 0) {
        s->refuses_n--;
        free(c);
        return -ECONNREFUSED;
    }
    EDO_TEST_OK(edo_duplex(out, &theirs, 65536));
    *c = (memory_conn){ s, theirs };
    s->conns_n++;
    s->open_n++;
    EDO_TEST_OK(edo_spawn_detached(site_serve, c));
    return 0;
}

/* A client of the site, with `o`, which may be NULL. */
static inline edo_http_client *site_client(memory_site *s, const edo_http_client_opts *o) {
    edo_http_client *c;
    edo_http_client_opts opts = { 0 };
    if (o) opts = *o;
    opts.connect = site_connect;
    opts.arg = s;
    EDO_TEST_OK(edo_http_client_new(&c, &opts));
    return c;
}

/* Ends the client, and waits until the site has seen the end of all connections. */
static inline void site_end(memory_site *s, edo_http_client *c) {
    edo_http_client_unref(c);
    WAIT_FOR_EQ(s->open_n, 0);
}

#endif
