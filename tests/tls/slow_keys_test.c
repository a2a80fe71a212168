/* SPDX-License-Identifier: MIT */
/* Goal: a server whose key takes long to sign does not hold its worker up meanwhile; what fails
 * there is told as it is elsewhere.
 * Method: RSA keys of 3,072 bits and of 2,048, on one worker, beside a task that counts its turns.
 */
#include "tls_support.h"

#define TRIES 50 /* the machine may stop the worker just while another thread signs */
#define TURNS 50 /* far more than the polls of a handshake */

static ends ends_with_rsa(int bits, edo_tls_server_opts server, edo_tls_client_opts client) {
    authority ca = authority_make("test authority");
    pair_texts p = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca, .rsa_bits = bits });
    ends e;
    server.pairs = &p.pair;
    server.pairs_n = 1;
    client.roots_pem = edo_str_of(ca.pem);
    CHECK_EQ(edo_tls_server_new(&e.server, &server), 0);
    CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
    pair_free(&p);
    authority_free(&ca);
    return e;
}

typedef struct turns {
    unsigned n;
    bool is_over;
} turns;

static int takes_turns(void *arg) {
    turns *t = arg;
    while (!t->is_over) {
        t->n++;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

/* A handshake beside a task that runs whenever it can. Returns the turns of that. */
static unsigned turns_of_handshake(const ends *e) {
    handshake h;
    turns t = { .n = 0 };
    edo_task *task = edo_spawn(takes_turns, &t);
    shake(&h, e, HOST);
    t.is_over = true;
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(h.server_err, 0);
    CHECK_EQ(h.client_err, 0);
    handshake_close(&h);
    return t.n;
}

static int runs_others(void *arg) {
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        const edo_tls_server_opts opts = { .version_max = versions[i] };
        ends slow = ends_with_rsa(3072, opts, (edo_tls_client_opts){ .cert = NULL });
        ends usual = ends_with_rsa(2048, opts, (edo_tls_client_opts){ .cert = NULL });
        unsigned most = 0;
        for (int try = 0; try < TRIES && most < TURNS; try++) {
            unsigned n = turns_of_handshake(&slow);
            if (n > most) most = n;
            CHECK(turns_of_handshake(&usual) < TURNS); // that is not worth another thread
        }
        if (most < TURNS) edo_test_fail("version %zu: %u turns", i, most);
        ends_free(&slow);
        ends_free(&usual);
    }
    return 0;
}

static void worker_runs_other_tasks_while_a_slow_key_signs(void **state) {
    (void)state;
    assert_int_equal(inside(runs_others, NULL), 0);
}

static int fails_alike(void *arg) {
    static const int bits[] = { 2048, 3072 };
    char said[2][1024];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(bits); i++) {
        ends e = ends_with_rsa(bits[i], (edo_tls_server_opts){ .alpn = "h2" },
                               (edo_tls_client_opts){ .alpn = "http/1.1" });
        handshake h;
        shake(&h, &e, HOST);
        CHECK_EQ(h.server_err, -EDO_ETLS);
        CHECK_EQ(h.client_err, -EDO_ETLS);
        memcpy(said[i], h.server_said, sizeof said[i]);
        handshake_close(&h);
        ends_free(&e);
    }
    if (strcmp(said[0], said[1]) != 0) edo_test_fail("%s, and %s", said[0], said[1]);
    return 0;
}

static void failure_on_another_thread_is_told_as_here(void **state) {
    (void)state;
    assert_int_equal(inside(fails_alike, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_runs_other_tasks_while_a_slow_key_signs),
        cmocka_unit_test(failure_on_another_thread_is_told_as_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
