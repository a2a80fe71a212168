/* SPDX-License-Identifier: MIT */
/* service8.c: inventing the service, step 8: ready before the request: a service with permits. */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/service.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct request {
    char name[32];
} request;

typedef struct response {
    char type[16], text[80];
} response;

static int greet(void *db, void *arg, void *result) {
    const request *rq = arg;
    response *rs = result;
    (void)db;
    int err = rq->name[0] ? 0 : -EINVAL;
    if (rq->name[0] == 'S') err = edo_sleep(edo_hours(1)); // asks a colleague on leave
    if (err == 0) (void)snprintf(rs->text, sizeof rs->text, "hello %s", rq->name);
    return err;
}

static int with_type(void *arg, edo_next *next, void *rq, void *rs) {
    (void)snprintf(((response *)rs)->type, sizeof((response *)rs)->type, "%s", (char *)arg);
    return edo_layer_next(next, rq, rs);
}

static int make_greeter(edo_service **svc) {
    static char text[] = "text";
    edo_stack stack;
    int err = edo_service_from_fn(svc, greet, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_layer_from_fn(with_type, text));
    edo_stack_push(&stack, edo_timeout_layer(edo_ms(50)));
    edo_stack_push(&stack, edo_concurrency_layer(10));
    err = edo_stack_build(svc, &stack, *svc);
    edo_stack_deinit(&stack);
    return err;
}

/* ---- The server ------------------------------------------------------------------------------ */

static int say(edo_stream *peer, const char *type, const char *text) {
    char line[128];
    int n = snprintf(line, sizeof line, "%s%s%s\n", type, *type ? ": " : "", text);
    return edo_write_all(peer, line, (size_t)n);
}

/* Makes the service ready before it reads: while the service is busy, requests stay with their
 * clients. */
static int talk(edo_stream *peer, edo_service *svc) {
    edo_permit permit = EDO_PERMIT_INIT;
    edo_buf_reader lines;
    int err = edo_buf_reader_init(&lines, peer, NULL);
    while (err >= 0 && (err = edo_service_ready(svc, &permit)) == 0) {
        request rq;
        response rs = { "", "" };
        char *line;
        if ((err = edo_read_line(&lines, &line)) < 0) break;
        (void)snprintf(rq.name, sizeof rq.name, "%s", line);
        int failed = edo_service_call(svc, &permit, &rq, &rs);
        err =
            say(peer, failed < 0 ? "error" : rs.type, failed < 0 ? edo_strerror(failed) : rs.text);
    }
    edo_permit_release(&permit); // of the request that did not come
    edo_buf_reader_deinit(&lines);
    edo_close(peer);
    return err;
}

static int serve(void *arg) {
    edo_stream *peer;
    edo_service *svc;
    int err = make_greeter(&svc);
    if (err < 0) return err;
    err = edo_accept(arg, &peer);
    if (err == 0) err = talk(peer, svc);
    edo_service_unref(svc);
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
