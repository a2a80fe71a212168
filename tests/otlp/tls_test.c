/* SPDX-License-Identifier: MIT */
/* Goal: a collector of https is believed if the issuers of OTEL_EXPORTER_OTLP_CERTIFICATE have
 * signed for it, over HTTP and over gRPC; else the log says what is wrong with its certificate.
 * Method: a collector on this machine, with certificates that the test makes; the lines of the log
 * in a pipe. */
#define EDO_TARGET "shop"
#include "../tls/certs.c"
#include "collector.h"

#include <edo/edo.h>
#include <edo/span.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/edo-otlp-XXXXXX";
static char ca_file[256], other_file[256];
static cert ca;

static void save_root(char path[256], const char *name, const cert *c) {
    const cert *chain[] = { c };
    char *text = cert_pem(chain, 1);
    cert_save(path, folder, name, text);
    free(text);
}

static int make_roots(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    ca = cert_make(&(cert_opts){ .name = "ca.example", .use = CERT_CA });
    cert other = cert_make(&(cert_opts){ .name = "other.example", .use = CERT_CA });
    save_root(ca_file, "ca.pem", &ca);
    save_root(other_file, "other.pem", &other);
    cert_free(&other);
    return 0;
}

static int remove_roots(void **state) {
    (void)state;
    cert_free(&ca);
    (void)unlink(ca_file);
    (void)unlink(other_file);
    return rmdir(folder);
}

static edo_tls_server *server_of(const char *names) {
    edo_tls_server *tls;
    cert own = cert_make(&(cert_opts){ .name = "collector", .names = names, .issuer = &ca });
    const cert *chain[] = { &own };
    char *text = cert_pem(chain, 1), *key = cert_key_pem(&own);
    const edo_tls_pair pair = { .cert_pem = edo_str_of(text), .key_pem = edo_str_of(key) };
    const edo_tls_server_opts opts = { .pairs = &pair, .pairs_n = 1, .alpn = "h2,http/1.1" };
    EDO_TEST_OK(edo_tls_server_new(&tls, &opts));
    free(text);
    free(key);
    cert_free(&own);
    return tls;
}

/* ---- What is tried --------------------------------------------------------------------------- */

typedef struct trial {
    const char *protocol;
    const char *names; /* of the collector */
    const char *roots; /* a file */
    int err;           /* of a flush */
    const char *said;  /* by the log; NULL: nothing */
} trial;

static void set(const char *name, const char *value) {
    EDO_TEST_TRUE(setenv(name, value, 1) == 0);
}

static int run_trial(void *arg) {
    const trial *t = arg;
    collector c = { .mood = COLLECTOR_TAKES, .tls = server_of(t->names) };
    edo_otlp *o = NULL;
    collector_begin(&c);
    set("OTEL_EXPORTER_OTLP_ENDPOINT", c.url);
    set("OTEL_EXPORTER_OTLP_PROTOCOL", t->protocol);
    set("OTEL_EXPORTER_OTLP_CERTIFICATE", t->roots);
    const edo_otlp_opts opts = { .retry_max = edo_ms(1), .no_traces = true };
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    edo_info("sealed");
    CHECK_EQ(edo_otlp_flush(o, edo_s(20)), t->err);
    CHECK_EQ(collector_has(&c, "event INFO \"sealed\""), t->err == 0);
    (void)edo_otlp_stop(o, edo_s(20));
    collector_end(&c);
    edo_tls_server_unref(c.tls);
    return 0;
}

/* Does the log say that, and once? */
static void check_said(const trial *t, const char *lines) {
    const char *line = strstr(lines, "edo.otlp: ");
    if (t->said && line && strstr(line, t->said) && !strstr(line + 1, "edo.otlp: ")) return;
    if (t->said || line) fail_msg("%s, %s: %s", t->protocol, t->names, lines);
}

static void try_it(trial *t) {
    int ends[2];
    char lines[4096];
    assert_int_equal(pipe(ends), 0);
    const edo_log_opts log = { .fd = ends[1], .level = EDO_LEVEL_WARN, .ignore_env = true };
    assert_int_equal(edo_log_start(&log), 0);
    assert_int_equal(inside_real(run_trial, t), 0);
    edo_log_stop();
    (void)close(ends[1]);
    ssize_t n = read(ends[0], lines, sizeof lines - 1);
    (void)close(ends[0]);
    lines[n > 0 ? n : 0] = '\0';
    check_said(t, lines);
}

static void a_certificate_that_fits_is_believed(void **state) {
    (void)state;
    try_it(&(trial){ "http/protobuf", "IP:127.0.0.1", ca_file, 0, NULL });
    try_it(&(trial){ "grpc", "IP:127.0.0.1", ca_file, 0, NULL });
}

static void what_is_wrong_with_a_certificate_is_said(void **state) {
    static const char *const protocols[] = { "http/protobuf", "grpc" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(protocols); i++) {
        try_it(
            &(trial){ protocols[i], "IP:127.0.0.1", other_file, -EIO,
                      "issuer unknown: ca.example, which signed the certificate of IP 127.0.0.1" });
        try_it(&(trial){ protocols[i], "DNS:b.example", ca_file, -EIO,
                         "name does not fit: got b.example, not IP 127.0.0.1" });
    }
}

/* No other issuers are trusted in their place. */
static int without_file(void *arg) {
    edo_otlp *o = NULL;
    char why[512];
    set("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1");
    set("OTEL_EXPORTER_OTLP_CERTIFICATE", arg);
    int err = edo_otlp_start(&o, NULL);
    CHECK(err < 0 && !o);
    (void)edo_trail_print_text(why, sizeof why, err, 0);
    CHECK(strstr(why, arg));
    edo_trail_clear();
    return 0;
}

static void a_file_that_is_missing_is_named(void **state) {
    char path[256];
    (void)state;
    (void)snprintf(path, sizeof path, "%s/missing.pem", folder);
    (void)unsetenv("OTEL_EXPORTER_OTLP_PROTOCOL");
    assert_int_equal(inside_real(without_file, path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_fits_is_believed),
        cmocka_unit_test(what_is_wrong_with_a_certificate_is_said),
        cmocka_unit_test(a_file_that_is_missing_is_named),
    };
    return cmocka_run_group_tests(tests, make_roots, remove_roots);
}
