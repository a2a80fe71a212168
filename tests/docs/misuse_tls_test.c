/* SPDX-License-Identifier: MIT */
/* Goal: a TLS configuration that is NULL is named. Method: as misuse_test.c. */
#include <edo/edo.h>
#include <edo/streams.h>
#include <edo/tls.h>

#include <stdlib.h>

#include "breaches.h"

static edo_stream *any_stream(void) {
    edo_stream *s;
    if (edo_stream_mem(&s, "text", 4) < 0) abort();
    return s;
}

static int accepts_without_a_server(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_tls_accept(&s, any_stream(), NULL);
}

static int connects_without_a_client(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_tls_connect(&s, "127.0.0.1:1", NULL, NULL);
}

static int connects_over_without_a_client(void *arg) {
    edo_stream *s;
    (void)arg;
    return edo_tls_connect_over(&s, any_stream(), "a.example", NULL);
}

static int reloads_nothing(void *arg) {
    (void)arg;
    return edo_tls_server_reload(NULL);
}

static const breach rows[] = {
    { "a TLS configuration is used that is NULL", accepts_without_a_server },
    { "a TLS configuration is used that is NULL", connects_without_a_client },
    { "a TLS configuration is used that is NULL", connects_over_without_a_client },
    { "a TLS configuration is used that is NULL", reloads_nothing },
};

static void misuse_of_tls_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "edo_tls_");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_of_tls_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
