/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_copy_both(): half-close; the first failure; a copy that is cancelled.
 * Method: pipes in memory and TCP, on every kind of runtime. */
#include "tcp_pair.h"

#include <edo/streams.h>

#define MANY (200u * 1024u)

typedef struct flow {
    edo_stream *to;
    const char *bytes;
    size_t n;
} flow;

static int sends(void *arg) {
    flow *f = arg;
    int n = edo_write_all(f->to, f->bytes, f->n);
    if (n >= 0) n = edo_shutdown(f->to);
    return n < 0 ? n : 0;
}

static int paired(edo_stream **a, edo_stream **b, bool tcp) {
    return tcp ? connected(a, b) : edo_duplex(a, b, 100);
}

typedef struct proxy {
    edo_stream *a, *b;
    edo_copied copied;
} proxy;

static int forwards(void *arg) {
    proxy *p = arg;
    return edo_copy_both(p->a, p->b, &p->copied);
}

static int proxies(void *arg) {
    const bool *tcp = arg;
    static char want[MANY];
    static collected at_client, at_server;
    fill_pattern(want, sizeof want);
    at_client = at_server = (collected){ 0 };
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(paired(&client, &p.a, *tcp), 0);
    CHECK_EQ(paired(&server, &p.b, *tcp), 0);
    at_client.from = edo_stream_ref(client);
    at_server.from = edo_stream_ref(server);
    edo_task *proxy_task = edo_spawn(forwards, &p);
    flow request = { client, want, sizeof want }, reply = { server, want, sizeof want / 2 };
    edo_task *server_reads = edo_spawn(collects, &at_server);
    CHECK_EQ(sends(&request), 0); // half of it is closed now
    CHECK_EQ(edo_task_join(server_reads), 0);
    edo_task *client_reads = edo_spawn(collects, &at_client);
    CHECK_EQ(sends(&reply), 0);
    CHECK_EQ(edo_task_join(client_reads), 0);
    CHECK_EQ(edo_task_join(proxy_task), 0);
    CHECK_EQ(at_server.n, sizeof want);
    CHECK_EQ(memcmp(at_server.bytes, want, at_server.n), 0);
    CHECK_EQ(at_client.n, sizeof want / 2);
    CHECK_EQ(memcmp(at_client.bytes, want, at_client.n), 0);
    CHECK_EQ(p.copied.to_b, sizeof want);
    CHECK_EQ(p.copied.to_a, sizeof want / 2);
    edo_close(p.a);
    edo_close(p.b);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void each_direction_ends_alone(void **state) {
    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        bool kind = tcp;
        CHECK_EQ(inside_each(proxies, &kind), 0);
    }
}

static int breaks(void *arg) {
    const bool *tcp = arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(paired(&client, &p.a, *tcp), 0);
    CHECK_EQ(paired(&server, &p.b, *tcp), 0);
    edo_task *proxy_task = edo_spawn(forwards, &p);
    CHECK_EQ(edo_write_all(client, "x", 1), 0);
    char byte;
    CHECK_EQ(edo_read(server, &byte, 1), 1);
    if (*tcp) CHECK_EQ(edo_tcp_set_reset_on_close(server, true), 0);
    edo_close(server);
    if (!*tcp) CHECK_EQ(edo_write_all(client, "y", 1), 0);
    CHECK_EQ(edo_task_join(proxy_task), *tcp ? -ECONNRESET : -EPIPE);
    CHECK_EQ(p.copied.to_b, 1);
    edo_close(p.a);
    edo_close(p.b);
    edo_close(client);
    return 0;
}

static void first_failure_ends_both_directions(void **state) {
    (void)state;
    for (int tcp = 0; tcp < 2; tcp++) {
        bool kind = tcp;
        CHECK_EQ(inside_each(breaks, &kind), 0);
    }
}

static int is_aborted(void *arg) {
    (void)arg;
    proxy p = { 0 };
    edo_stream *client, *server;
    CHECK_EQ(paired(&client, &p.a, false), 0);
    CHECK_EQ(paired(&server, &p.b, false), 0);
    edo_task *proxy_task = edo_spawn(forwards, &p);
    CHECK_EQ(edo_write_all(client, "abc", 3), 0);
    char buf[3];
    CHECK_EQ(edo_read_exact(server, buf, 3), 0);
    edo_task_cancel(proxy_task);
    CHECK_EQ(edo_task_join(proxy_task), -ECANCELED);
    CHECK_EQ(p.copied.to_b, 3);
    edo_close(p.a);
    edo_close(p.b);
    CHECK_EQ(edo_read(client, buf, 3), 0);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void a_cancelled_copy_lets_go_of_its_streams(void **state) {
    (void)state;
    CHECK_EQ(inside_each(is_aborted, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_direction_ends_alone),
        cmocka_unit_test(first_failure_ends_both_directions),
        cmocka_unit_test(a_cancelled_copy_lets_go_of_its_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
