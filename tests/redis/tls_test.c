/* SPDX-License-Identifier: MIT */
/* Goal: rediss:// against a real server: its certificate and name are checked, commands, messages
 * and a connection that was lost go over TLS as in clear.
 * Method: a redis-server with a certificate that openssl has made, for localhost and no other. */
#include "real_server.h"

#include <edo/tls.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static char cert_file[64], key_file[64];
static int reserved_fd = -1; // nobody else gets its port; a server may listen there
static char port_text[8], tls_url[64];

static int port_reserve(void) {
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t n = sizeof at;
    int one = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    reserved_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (setsockopt(reserved_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(reserved_fd, (struct sockaddr *)&at, n) < 0 ||
        getsockname(reserved_fd, (struct sockaddr *)&at, &n) < 0)
        return -1;
    (void)snprintf(port_text, sizeof port_text, "%u", (unsigned)ntohs(at.sin_port));
    return 0;
}

static int tls_setup(void **state) {
    char command[512];
    if (real_server_setup(state) < 0 || port_reserve() < 0) return -1;
    (void)snprintf(cert_file, sizeof cert_file, "%s/cert.pem", real_server_folder);
    (void)snprintf(key_file, sizeof key_file, "%s/key.pem", real_server_folder);
    (void)snprintf(tls_url, sizeof tls_url, "rediss://:secret@localhost:%s", port_text);
    (void)snprintf(command, sizeof command,
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
                   " -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
                   " -keyout %s -out %s 2>/dev/null",
                   key_file, cert_file);
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
}

static int tls_teardown(void **state) {
    (void)unlink(cert_file);
    (void)unlink(key_file);
    (void)close(reserved_fd);
    return real_server_teardown(state);
}

static edo_process *tls_server_start(void) {
    const char *const more[] = {
        "--tls-port",
        port_text,
        "--tls-cert-file",
        cert_file,
        "--tls-key-file",
        key_file,
        "--tls-ca-cert-file",
        cert_file,
        "--tls-auth-clients",
        "no",
        NULL,
    };
    edo_process *p = real_server_start_with(more);
    edo_redis_close(real_server_client()); // it is there
    return p;
}

static int connects(void *arg) {
    char url[64];
    edo_redis *r;
    edo_tls_client *tls;
    edo_redis_opts opts = { .connect_timeout = edo_s(PATIENCE_S) };
    (void)arg;
    edo_process *p = tls_server_start();
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(tls_url), &opts), -EDO_ECERT);
    edo_trail_clear(); // the system's roots do not know it
    CHECK_EQ(edo_tls_client_new(&tls, &(edo_tls_client_opts){ .roots = cert_file }), 0);
    opts.tls = tls;
    (void)snprintf(url, sizeof url, "rediss://:secret@127.0.0.1:%s", port_text);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(url), &opts), -EDO_ECERT); // of another name
    edo_trail_clear();
    (void)snprintf(url, sizeof url, "rediss://:wrong@localhost:%s", port_text);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(url), &opts), -EACCES);
    edo_trail_clear();
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(tls_url), &opts), 0);
    edo_rc_unref(tls);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PING"), 0);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void certificate_and_name_are_checked(void **state) {
    (void)state;
    assert_int_equal(inside_real(connects, NULL), 0);
}

#define LARGE ((size_t)4 << 20)

static void expect_large(edo_redis *r) {
    edo_redis_reply *reply;
    char *text = malloc(LARGE);
    CHECK(text != NULL);
    memset(text, 'x', LARGE);
    CHECK_EQ(edo_redis_cmd(r, NULL, "SET large %b", text, LARGE), 0);
    CHECK_EQ(edo_redis_cmd(r, &reply, "GET large"), 0);
    CHECK(edo_str_equal(edo_redis_reply_text(reply), (edo_str){ text, LARGE }));
    edo_redis_reply_free(reply);
    free(text);
}

static int pings(void *r) {
    int err = 0;
    for (int i = 0; i < 50 && err == 0; i++) err = edo_redis_cmd(r, NULL, "INCR n");
    return err;
}

static int speaks(void *arg) {
    edo_redis *r;
    edo_redis_sub *sub;
    edo_redis_message m;
    edo_scope s;
    edo_redis_opts opts = { .connect_timeout = edo_s(PATIENCE_S),
                            .response_timeout = edo_s(PATIENCE_S) };
    (void)arg;
    edo_process *p = tls_server_start();
    CHECK_EQ(edo_tls_client_new(&opts.tls, &(edo_tls_client_opts){ .roots = cert_file }), 0);
    CHECK_EQ(edo_redis_connect(&r, edo_str_of(tls_url), &opts), 0);
    edo_rc_unref(opts.tls);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 16; i++) edo_scope_spawn(&s, pings, r);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    expect_large(r);
    CHECK_EQ(edo_redis_sub_open(&sub, r, NULL), 0);
    CHECK_EQ(edo_redis_sub_add(sub, EDO_STR("news")), 0);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH news one"), 0);
    CHECK_EQ(edo_redis_sub_next(sub, &m), 1);
    real_server_kill(p);
    CHECK(edo_redis_cmd(r, NULL, "GET n") < 0);
    edo_trail_clear();
    p = tls_server_start();
    WAIT_FOR(edo_redis_cmd(r, NULL, "PING") == 0);
    edo_trail_clear();
    CHECK_EQ(edo_redis_sub_next(sub, &m), -EDO_ELAGGED);
    CHECK_EQ(edo_redis_cmd(r, NULL, "PUBLISH news two"), 0);
    CHECK_EQ(edo_redis_sub_next(sub, &m), 1);
    CHECK(edo_str_equal(m.data, EDO_STR("two")));
    edo_redis_sub_close(sub);
    edo_redis_close(r);
    real_server_kill(p);
    return 0;
}

static void all_goes_over_tls_and_comes_back(void **state) {
    (void)state;
    assert_int_equal(inside_real(speaks, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_and_name_are_checked),
        cmocka_unit_test(all_goes_over_tls_and_comes_back),
    };
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    return cmocka_run_group_tests(tests, tls_setup, tls_teardown);
}
