/* SPDX-License-Identifier: MIT */
/* client.c: connect, ask, and give up after a while. The server is in the same program: one that
 * answers, one that is silent, and one that has gone. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int ask(const char *addr, char *answer, size_t bytes, edo_duration limit) {
    EDO_DEADLINE(d, limit); // over both, the connection and the answer
    edo_stream *s = NULL;
    int err = edo_tcp_connect(&s, addr, NULL);
    if (err == 0) err = edo_read(s, answer, bytes);
    edo_close(s); // NULL is allowed
    err = edo_deadline_end(&d, err);
    return err < 0 ? edo_fail(err, "asking the server") : err;
}

static int answer_one(void *arg) {
    edo_stream *peer;
    int err = edo_accept(arg, &peer);
    if (err < 0) return err;
    err = edo_write_all(peer, "hello", 5);
    edo_close(peer);
    return err;
}

static void show(const char *what, int n, const char *answer) {
    printf("%s: ", what);
    if (n >= 0) {
        printf("%.*s\n", n, answer);
    } else {
        edo_trail_print(stdout, n, EDO_TRAIL_LINE);
    }
}

static int root(void *arg) {
    (void)arg;
    char addr[EDO_ADDR_TEXT_MAX], answer[64];
    edo_listener *l;
    edo_addr here;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL); // port 0: a free one
    if (err < 0) return err;
    err = edo_listener_addr(l, &here);
    if (err >= 0) err = edo_addr_print(&here, addr, sizeof addr);
    if (err >= 0) {
        EDO_SCOPE(s, NULL);
        edo_scope_spawn(&s, answer_one, l);
        show("one that answers", ask(addr, answer, sizeof answer, edo_s(30)), answer);
        err = edo_scope_end(&s, 0);
        show("one that is silent", ask(addr, answer, sizeof answer, edo_ms(50)), answer);
    }
    edo_listener_close(l);
    if (err >= 0) show("one that has gone", ask(addr, answer, sizeof answer, edo_s(30)), answer);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
