/* SPDX-License-Identifier: MIT */
/* Goal: a client reaches a host of which one address does not respond, also where the program looks
 * names up itself; and a server at a Unix socket.
 * Method: a listener whose queue is full lets a connection hang; without a limit of time only
 * another address can end the call. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/unix.h>

#include "inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int serve_one(void *arg) {
    char byte[4] = { 0 };
    edo_stream *s;
    int err = edo_accept(arg, &s);
    if (err < 0) return err;
    while (err == 0 && memcmp(byte, "\r\n\r\n", 4) != 0) {
        memmove(byte, byte + 1, 3);
        if (edo_read(s, &byte[3], 1) != 1) err = -EIO;
    }
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (err == 0) err = edo_write_all(s, ok, sizeof ok - 1);
    edo_close(s);
    return err;
}

static void fetch_ok(const char *url, const edo_http_client_opts *opts) {
    edo_http_client *c;
    edo_bytes body;
    EDO_TEST_OK(edo_http_client_new(&c, opts));
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(30)); // only so that the test has an end
    int err = edo_fetch_bytes(&body, edo_str_of(url),
                              &(edo_fetch_opts){ .client = c, .timeout = EDO_OFF });
    EDO_TEST_OK(edo_deadline_end(&d, err));
    CHECK(edo_str_equal(body.str, EDO_STR("ok")));
    edo_bytes_unref(&body);
    edo_http_client_unref(c);
}

/* ---- An address that hangs ------------------------------------------------------------------- */

#define FILLERS 8

static int look_up(void *arg, edo_addr *out, size_t out_max, const char *host) {
    (void)arg;
    CHECK(out_max >= 2 && strcmp(host, "two.example") == 0);
    EDO_TEST_OK(edo_addr_parse(&out[0], "127.0.0.9:0"));
    EDO_TEST_OK(edo_addr_parse(&out[1], "127.0.0.1:0"));
    return 2;
}

static uint32_t queued_n(edo_listener *l) {
    edo_listener_stats stats;
    EDO_TEST_OK(edo_listener_get_stats(l, &stats));
    return stats.queued;
}

/* Fills the queue of a listener: from then on the kernel lets connections hang. */
static void fill(edo_listener *l, int fillers[FILLERS]) {
    edo_addr at;
    EDO_TEST_OK(edo_listener_addr(l, &at));
    for (int i = 0; i < FILLERS; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CHECK(fillers[i] >= 0);
        (void)connect(fillers[i], &at.sock.any, at.bytes);
    }
    WAIT_FOR(queued_n(l) > 1);
}

static int pass_by_what_hangs(void *arg) {
    edo_listener *good, *full;
    int fillers[FILLERS];
    char text[64], url[64];
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&good, "127.0.0.1:0", NULL));
    unsigned port = edo_listener_port(good);
    (void)snprintf(text, sizeof text, "127.0.0.9:%u", port);
    (void)snprintf(url, sizeof url, "http://two.example:%u/", port);
    EDO_TEST_OK(edo_tcp_listen(&full, text, &(edo_tcp_opts){ .backlog = 1 }));
    fill(full, fillers);
    edo_task *server = edo_spawn(serve_one, good);
    fetch_ok(url, &(edo_http_client_opts){ .resolve = look_up, .connect_timeout = EDO_OFF });
    EDO_TEST_OK(edo_task_join(server));
    edo_listener_close(good);
    edo_listener_close(full);
    for (int i = 0; i < FILLERS; i++) (void)close(fillers[i]);
    return 0;
}

/* ---- A Unix socket --------------------------------------------------------------------------- */

static int reach_unix_socket(void *arg) {
    edo_listener *l;
    char path[64];
    (void)arg;
    (void)snprintf(path, sizeof path, "/tmp/edo-client-%d.sock", (int)getpid());
    EDO_TEST_OK(edo_unix_listen(&l, path, NULL));
    edo_task *server = edo_spawn(serve_one, l);
    fetch_ok("http://any.example/", &(edo_http_client_opts){ .unix_path = path });
    EDO_TEST_OK(edo_task_join(server));
    edo_listener_close(l);
    (void)unlink(path);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void places_are_reached(void **state) {
    (void)state;
    assert_int_equal(inside_real(pass_by_what_hangs, NULL), 0);
    assert_int_equal(inside_real(reach_unix_socket, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
