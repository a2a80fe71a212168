/* SPDX-License-Identifier: MIT */
/* Goal: the name that a client of OpenSSL asks for is seen by who passes its connection on, and the
 * handshake with the server behind goes on as if nobody had looked.
 * Method: names in the forms that clients have, each version of TLS. */
#include "tls_support.h"

#include <edo/buf_io.h>
#include <edo/copy.h>
#include <edo/tls_name.h>

/* Who passes a connection on. */
typedef struct porter {
    edo_stream *client, *server;
    char name[EDO_TLS_NAME_MAX + 1];
} porter;

static int passes_on(void *arg) {
    porter *p = arg;
    edo_buf_reader in;
    CHECK_EQ(edo_buf_reader_init(&in, p->client, NULL), 0);
    CHECK_EQ(edo_peek_tls_name(&in, p->name), 0);
    int err = edo_copy_both(edo_buf_reader_stream(&in), p->server, NULL);
    edo_buf_reader_deinit(&in);
    edo_close(p->client);
    edo_close(p->server);
    return err;
}

static void check_seen(const ends *e, const char *host, const char *name) {
    porter p = { .name = "before" };
    handshake h;
    edo_stream *client, *server;
    CHECK_EQ(edo_duplex(&p.client, &client, 65536), 0);
    CHECK_EQ(edo_duplex(&p.server, &server, 65536), 0);
    edo_task *t = edo_spawn(passes_on, &p);
    shake_over(&h, e, server, client, host);
    CHECK_EQ(h.client_err, 0);
    CHECK_EQ(h.server_err, 0);
    handshake_close(&h);
    (void)edo_task_join(t); // how the two were closed is not the point
    if (strcmp(p.name, name) != 0) edo_test_fail("%s: seen as \"%s\"", host, p.name);
}

static int sees(void *arg) {
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        ends e = ends_make((edo_tls_server_opts){ 0 },
                           (edo_tls_client_opts){ .version_min = versions[i],
                                                  .version_max = versions[i],
                                                  .dangerous_no_verify = true,
                                                  .alpn = "h2,http/1.1" });
        check_seen(&e, HOST, HOST);
        check_seen(&e, "Shop.EXAMPLE", "shop.example");
        check_seen(&e, "127.0.0.1", ""); // RFC 6066: addresses are no names
        ends_free(&e);
    }
    return 0;
}

static void names_are_those_that_openssl_asks_for(void **state) {
    (void)state;
    assert_int_equal(inside(sees, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_are_those_that_openssl_asks_for) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
