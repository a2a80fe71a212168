/* SPDX-License-Identifier: MIT */
/* support/tcp_site.h: a listener on a free port, each of whose connections a function of the test
 * serves, in a task of its own. */
#ifndef EDO_TESTS_TCP_SITE_H
#define EDO_TESTS_TCP_SITE_H

#include <edo/net.h>
#include <edo/task.h>

#include "inside.h"

typedef struct tcp_site {
    edo_listener *listener;
    edo_task *task;
    unsigned port;
    edo_task_fn *serve; /* gets the stream, which it closes */
} tcp_site;

static inline int tcp_site_accept_all(void *arg) {
    const tcp_site *s = arg;
    edo_stream *conn;
    int err;
    while ((err = edo_accept(s->listener, &conn)) == 0)
        if (edo_spawn_detached(s->serve, conn) < 0) edo_close(conn);
    return err;
}

static inline void tcp_site_begin(tcp_site *s, edo_task_fn *serve) {
    *s = (tcp_site){ .serve = serve };
    EDO_TEST_OK(edo_tcp_listen(&s->listener, "127.0.0.1:0", NULL));
    s->port = edo_listener_port(s->listener);
    CHECK((s->task = edo_spawn(tcp_site_accept_all, s)));
}

/* Takes no more connections; those that are there go on. */
static inline void tcp_site_end(tcp_site *s) {
    edo_task_cancel(s->task);
    (void)edo_task_join(s->task);
    edo_listener_close(s->listener);
}

#endif
