/* SPDX-License-Identifier: MIT */
/* service7.c: inventing the service, step 7: wrappers for every protocol, and a limit. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct request {
    char name[32];
} request;

typedef struct response {
    char type[16], text[80];
} response;

/* A handler of requests of any protocol: only the two ends know what the pointers are. */
typedef struct handler {
    int (*call)(struct handler *self, void *request, void *response);
    struct handler *inner;
} handler;

static int greet(handler *self, void *arg, void *result) {
    const request *rq = arg;
    response *rs = result;
    (void)self;
    int err = rq->name[0] ? 0 : -EINVAL;
    if (rq->name[0] == 'S') err = edo_sleep(edo_hours(1)); // asks a colleague on leave
    if (err == 0) (void)snprintf(rs->text, sizeof rs->text, "hello %s", rq->name);
    return err;
}

/* For any handler. */
static int with_timeout(handler *self, void *rq, void *rs) {
    EDO_DEADLINE(d, edo_ms(50));
    return edo_deadline_end(&d, self->inner->call(self->inner, rq, rs));
}

/* For any handler, too: but the request that waits here was read already. */
static int with_limit(handler *self, void *rq, void *rs) {
    static edo_sem places = EDO_SEM_INIT(10);
    int err = edo_sem_acquire(&places, 1);
    if (err < 0) return err;
    err = self->inner->call(self->inner, rq, rs);
    edo_sem_release(&places, 1);
    return err;
}

static int with_type(handler *self, void *rq, void *rs) {
    (void)snprintf(((response *)rs)->type, sizeof((response *)rs)->type, "text");
    return self->inner->call(self->inner, rq, rs);
}

static handler greeter = { .call = greet };
static handler limited = { .call = with_limit, .inner = &greeter };
static handler timed = { .call = with_timeout, .inner = &limited };
static handler typed = { .call = with_type, .inner = &timed };

/* ---- The server ------------------------------------------------------------------------------ */

static int say(edo_stream *peer, const char *type, const char *text) {
    char line[128];
    int n = snprintf(line, sizeof line, "%s%s%s\n", type, *type ? ": " : "", text);
    return edo_write_all(peer, line, (size_t)n);
}

static int talk(edo_stream *peer) {
    edo_buf_reader lines;
    int err = edo_buf_reader_init(&lines, peer, NULL);
    for (char *line; err >= 0 && (err = edo_read_line(&lines, &line)) >= 0;) {
        request rq;
        response rs = { "", "" };
        (void)snprintf(rq.name, sizeof rq.name, "%s", line);
        int failed = typed.call(&typed, &rq, &rs);
        err =
            say(peer, failed < 0 ? "error" : rs.type, failed < 0 ? edo_strerror(failed) : rs.text);
    }
    edo_buf_reader_deinit(&lines);
    edo_close(peer);
    return err;
}

static int serve(void *arg) {
    edo_stream *peer;
    int err = edo_accept(arg, &peer);
    if (err == 0) err = talk(peer);
    return err == -EDO_EEOF ? 0 : err;
}

/* ---- A client -------------------------------------------------------------------------------- */

static int ask(edo_listener *l) {
    static const char questions[] = "Ada\nSlowpoke\n\n";
    edo_addr at;
    edo_stream *s = NULL;
    edo_buf_reader lines;
    int err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_tcp_connect_addr(&s, &at, NULL);
    if (err < 0) return err;
    err = edo_buf_reader_init(&lines, s, NULL);
    if (err >= 0) err = edo_write_all(s, questions, sizeof questions - 1);
    if (err >= 0) err = edo_shutdown(s);
    for (char *line; err >= 0 && (err = edo_read_line(&lines, &line)) >= 0;) puts(line);
    edo_buf_reader_deinit(&lines);
    edo_close(s);
    return err == -EDO_EEOF ? 0 : err;
}

static int root(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, serve, l);
    err = edo_scope_end(&s, ask(l));
    edo_listener_close(l);
    return err;
}

int main(void) {
    static char here[] = "127.0.0.1:0";
    return edo_main(root, here);
}
