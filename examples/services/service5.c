/* SPDX-License-Identifier: MIT */
/* service5.c: inventing the service, step 5: a second wrapper, around the first. */
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

static int greet(const request *rq, response *rs) {
    int err = rq->name[0] ? 0 : -EINVAL;
    if (rq->name[0] == 'S') err = edo_sleep(edo_hours(1)); // asks a colleague on leave
    if (err == 0) (void)snprintf(rs->text, sizeof rs->text, "hello %s", rq->name);
    return err;
}

static int with_timeout(const request *rq, response *rs) {
    EDO_DEADLINE(d, edo_ms(50));
    return edo_deadline_end(&d, greet(rq, rs));
}

static int with_type(const request *rq, response *rs) {
    (void)snprintf(rs->type, sizeof rs->type, "text");
    return with_timeout(rq, rs);
}

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
        int failed = with_type(&rq, &rs);
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
