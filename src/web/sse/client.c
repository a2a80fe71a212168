/* SPDX-License-Identifier: MIT */
/* web/sse/client.c: receives events, over as many connections as needed. */
#include "base/error/trail.h"
#include "base/opts.h"
#include "web/sse/connect.h"
#include "web/sse/parser.h"

#include <edo/retry.h>

#include <errno.h>

#define RETRY_S  3
#define ATTEMPTS 10
#define IN_BYTES 4096u

struct edo_sse_client {
    edo_sse_client_opts opts;
    edoi_sse_place *place; /* counted; it is `opts.arg`, too; NULL: the program connects */
    edoi_sse_parser parser;
    edo_stream *stream; /* NULL: not connected */
    int why;            /* how the last connection has ended; 0: there was none, or the code was
                           returned */
    edo_str left;       /* the rest of `in` */
    char in[IN_BYTES];
};

static void hang_up(edo_sse_client *c, int why) {
    if (c->stream) c->opts.close(c->opts.arg, c->stream);
    c->stream = NULL;
    c->left = (edo_str){ 0 };
    c->why = why;
    edoi_sse_parser_reset(&c->parser);
}

static void sse_client_deinit(void *self) {
    edo_sse_client *c = self;
    hang_up(c, 0);
    edoi_sse_parser_deinit(&c->parser);
    edo_rc_unref(c->place);
}

static int sse_client_check(const edo_sse_client_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    bool is_said =
        o->url.ptr ? !o->open && !o->close : o->open && o->close && !o->headers && !o->client;
    return is_said && o->attempts >= 0 ? 0 : -EINVAL;
}

/* Makes the memory that a client needs besides its own. */
static int sse_client_begin(edo_sse_client *c) {
    const edo_sse_client_opts *o = &c->opts;
    int err =
        o->last_id.len > 0 ? edo_buf_append(&c->parser.id, o->last_id.ptr, o->last_id.len) : 0;
    if (err < 0 || !o->url.ptr) return err;
    err = edoi_sse_place_new(&c->place, o->url, o->headers, o->client);
    c->opts.open = edoi_sse_place_open;
    c->opts.close = edoi_sse_place_close;
    c->opts.arg = c->place;
    c->opts.url = (edo_str){ 0 }; // it borrows the caller's text
    return err;
}

int edo_sse_client_new(edo_sse_client **out, const edo_sse_client_opts *opts) {
    int err = sse_client_check(opts);
    if (err < 0) return err;
    edo_sse_client *c = edo_rc_new(sizeof *c, sse_client_deinit);
    if (!c) return -ENOMEM;
    c->opts = *opts;
    c->place = NULL;
    c->parser =
        (edoi_sse_parser){ .bytes_max = opts->bytes_max ? opts->bytes_max : EDO_SSE_BYTES_MAX };
    c->stream = NULL;
    c->why = 0;
    c->left = (edo_str){ 0 };
    err = sse_client_begin(c);
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    *out = c;
    return 0;
}

void edo_sse_client_free(edo_sse_client *c) {
    edo_rc_unref(c);
}

/* ---- Connecting ------------------------------------------------------------------------------ */

/* Tries to connect. The end of the last connection counts as a failed attempt, so a pause
 * follows. */
static int connect_once(void *arg) {
    edo_sse_client *c = arg;
    int why = c->why;
    c->why = 0;
    if (why < 0) return why;
    edo_str id = { c->parser.id.ptr, c->parser.id.len };
    if (id.len == 0 || id.len > EDO_SSE_ID_MAX) id = EDO_STR(""); // no server takes such a field
    return c->opts.open(c->opts.arg, id, &c->stream);
}

static bool sse_client_goes_on(void *arg, int err, edo_duration *pause) {
    edo_sse_client *c = arg;
    *pause = c->parser.retry.ns > 0 ? c->parser.retry
             : c->opts.retry.ns > 0 ? c->opts.retry
                                    : edo_s(RETRY_S);
    return err != -EDO_ECLOSED;
}

static int connect_again(edo_sse_client *c) {
    int attempts = (c->opts.attempts ? c->opts.attempts : ATTEMPTS) + (c->why < 0);
    return edo_retry(connect_once, c,
                     &(edo_retry_opts){ .attempts = attempts, .retry_if = sse_client_goes_on });
}

/* ---- Events ---------------------------------------------------------------------------------- */

static int sse_client_fill(edo_sse_client *c) {
    int n = edo_read(c->stream, c->in, sizeof c->in);
    if (n > 0) c->left = (edo_str){ c->in, (size_t)n };
    if (n > 0 || n == -ECANCELED) return n;
    hang_up(c, n == 0 || n == -EDO_ECLOSED ? -EDO_EEOF : n); // whoever has closed it
    return 0;
}

int edo_sse_client_event_next(edo_sse_client *c, edo_sse_message *m) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    for (;;) {
        int n = edoi_sse_parse(&c->parser, &c->left, m);
        if (n > 0) return 1;
        if (n < 0) {
            hang_up(c, n);
            return n;
        }
        n = c->stream ? sse_client_fill(c) : connect_again(c);
        if (n == -EDO_ECLOSED) return edoi_trail_drop(n), 0; // `open` has said that it is the end
        if (n < 0) return n;
    }
}
