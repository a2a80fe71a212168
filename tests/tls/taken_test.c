/* SPDX-License-Identifier: MIT */
/* Goal: edo_tcp_end() of a TLS stream is about the socket below, and about what TLS itself holds;
 * and a look at that socket does not make later closes dearer.
 * Method: a client that reads nothing, or all; descriptors that are taken out of the driver. */
#include "tls_support.h"

#include <edo/net.h>

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static char part[16384];

/* Both ends over TCP; at the client only little has room. */
static void open_over_tcp(handshake *h, const ends *e) {
    const edo_tcp_opts small = { .recv_buffer = 4096 };
    edo_listener *l;
    edo_stream *client, *server;
    edo_addr addr;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", &(edo_tcp_opts){ .send_buffer = 65536 }), 0);
    CHECK_EQ(edo_listener_addr(l, &addr), 0);
    CHECK_EQ(edo_tcp_connect_addr(&client, &addr, &small), 0);
    CHECK_EQ(edo_accept(l, &server), 0);
    edo_listener_close(l);
    shake_over(h, e, server, client, HOST);
    CHECK(h->server_err == 0 && h->client_err == 0);
}

/* Writes until nothing has room. Returns the bytes. */
static size_t write_full(edo_stream *s) {
    size_t all = 0;
    int n;
    while ((n = edo_try_write(s, part, sizeof part)) > 0) all += (size_t)n;
    CHECK_EQ(n, -EAGAIN);
    return all;
}

static int reads_nothing(void *arg) {
    ends e = ends_make((edo_tls_server_opts){ 0 }, (edo_tls_client_opts){ 0 });
    handshake h;
    int n;
    (void)arg;
    open_over_tcp(&h, &e);
    (void)write_full(h.server);
    CHECK_EQ(edo_tcp_end(h.server, edo_ms(50)), -ETIMEDOUT);
    while ((n = edo_read(h.client, part, sizeof part)) > 0) continue;
    CHECK_EQ(n, -ECONNRESET);
    edo_close(h.client);
    edo_trail_clear();
    ends_free(&e);
    return 0;
}

typedef struct reading {
    edo_stream *from;
    size_t all;
} reading;

static int reads_all(void *arg) {
    reading *r = arg;
    static char bytes[16384];
    int n;
    CHECK_EQ(edo_yield(), 0);
    while ((n = edo_read(r->from, bytes, sizeof bytes)) > 0) r->all += (size_t)n;
    return n;
}

static int reads_late(void *arg) {
    ends e = ends_make((edo_tls_server_opts){ 0 }, (edo_tls_client_opts){ 0 });
    handshake h;
    (void)arg;
    open_over_tcp(&h, &e);
    size_t all = write_full(h.server);
    reading r = { .from = h.client };
    edo_task *t = edo_spawn(reads_all, &r);
    CHECK_EQ(edo_tcp_end(h.server, edo_s(60)), 0);
    CHECK_EQ(edo_task_join(t), 0); // an end, which TLS has signed
    CHECK_EQ(r.all, all);
    edo_close(h.client);
    ends_free(&e);
    return 0;
}

static atomic_uint deleted; /* descriptors that were taken out of a driver */

int epoll_ctl(int set, int op, int fd, struct epoll_event *event) {
    if (op == EPOLL_CTL_DEL) atomic_fetch_add(&deleted, 1);
    return (int)syscall(SYS_epoll_ctl, set, op, fd, event);
}

/* A close takes a descriptor out of the driver, by a system call, only if the program may have
 * copied one. */
static int looks_only(void *arg) {
    ends e = ends_make((edo_tls_server_opts){ 0 }, (edo_tls_client_opts){ 0 });
    edo_tcp_taken taken;
    edo_addr addr;
    handshake h;
    (void)arg;
    open_over_tcp(&h, &e);
    unsigned before = atomic_load(&deleted);
    CHECK_EQ(edo_tcp_get_taken(h.server, &taken), 0);
    CHECK_EQ(edo_stream_peer_addr(h.server, &addr), 0);
    CHECK_EQ(edo_tcp_end(h.server, edo_s(60)), 0);
    edo_close(h.client);
    CHECK_EQ(atomic_load(&deleted), before);

    open_over_tcp(&h, &e);
    before = atomic_load(&deleted);
    CHECK(edo_stream_fd(h.server) >= 0);
    handshake_close(&h);
    CHECK(atomic_load(&deleted) > before);
    ends_free(&e);
    return 0;
}

static void look_at_a_socket_makes_no_close_dearer(void **state) {
    (void)state;
    assert_int_equal(inside_real(looks_only, NULL), 0);
}

static void what_is_not_taken_is_discarded(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_nothing, NULL), 0);
}

static void what_is_taken_late_arrives_whole(void **state) {
    (void)state;
    assert_int_equal(inside_real(reads_late, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(look_at_a_socket_makes_no_close_dearer),
        cmocka_unit_test(what_is_not_taken_is_discarded),
        cmocka_unit_test(what_is_taken_late_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
