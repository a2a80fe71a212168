/* SPDX-License-Identifier: MIT */
/* Goal: a file with a secret that everybody on the machine may read is named in a warning.
 * What is neither a file nor a pipe that somebody writes is refused.
 * Method: the log of a server that is made of files with each mode. */
#include "tls_support.h"

#include <edo/test_log.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct row {
    mode_t key, tickets;
    bool is_one_file; /* the key lies behind the certificate */
    const char *named;
} row;

static const row rows[] = {
    { 0600, 0600, false, NULL },
    { 0640, 0640, false, NULL }, // for a group that keeps certificates
    { 0644, 0600, false, "key: everybody on this machine may read this key" },
    { 0604, 0600, true, "key: everybody on this machine may read this key" },
    { 0600, 0644, false, "tickets: everybody on this machine may read these keys" },
};

static void check_row(const row *r) {
    char keys[81], both[8192];
    folder files = folder_make();
    pair_texts p = pair_make(&(cert_opts){ .name = HOST });
    memset(keys, 'k', 80);
    keys[80] = '\0';
    (void)snprintf(both, sizeof both, "%s%s", p.cert, p.key);
    const char *alone = folder_put(&files, "cert", p.cert);
    const char *key = folder_put(&files, "key", r->is_one_file ? both : p.key);
    const char *tickets = folder_put(&files, "tickets", keys);
    assert_int_equal(chmod(key, r->key) | chmod(tickets, r->tickets), 0);
    edo_tls_server *server;
    edo_test_log *log;
    const edo_tls_server_opts opts = { .cert = r->is_one_file ? key : alone,
                                       .key = r->is_one_file ? NULL : key,
                                       .ticket_keys = tickets };
    assert_int_equal(edo_test_log_new(&log, NULL), 0);
    assert_int_equal(edo_tls_server_new(&server, &opts), 0);
    if (r->named) EDO_TEST_LOGGED(log, r->named);
    assert_int_equal(edo_test_log_count(log, NULL), r->named ? 1 : 0);
    edo_test_log_free(log);
    edo_tls_server_unref(server);
    pair_free(&p);
    folder_free(&files);
}

static void secret_that_everybody_may_read_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_row(&rows[i]);
}

/* Nobody writes to the FIFO, or reads from it. */
static void what_is_no_file_is_refused_at_once(void **state) {
    (void)state;
    folder files = folder_make();
    pair_texts p = pair_make(&(cert_opts){ .name = HOST });
    const char *its_cert = folder_put(&files, "cert", p.cert),
               *key = folder_put(&files, "key", p.key);
    const char *fifo = folder_put(&files, "fifo", "");
    assert_int_equal(unlink(fifo) | mkfifo(fifo, 0600), 0);
    const edo_tls_server_opts all[] = {
        { .cert = fifo, .key = key },
        { .cert = its_cert, .key = fifo },
        { .cert = its_cert, .key = key, .ticket_keys = fifo },
        { .cert = its_cert, .key = "/dev/null" },
        { .cert = its_cert, .key = key, .key_log = fifo },
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_tls_server *server;
        int err = edo_tls_server_new(&server, &all[i]);
        assert_int_equal(err, all[i].key_log ? -ENXIO : -EINVAL);
    }
    pair_free(&p);
    folder_free(&files);
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

typedef struct written_pipe {
    char path[32];
    int ends[2];
    const char *text;
    pthread_t writer;
} written_pipe;

static void *pipe_write(void *arg) {
    const written_pipe *w = arg;
    CHECK_EQ(write(w->ends[1], w->text, strlen(w->text)), strlen(w->text));
    CHECK_EQ(close(w->ends[1]), 0);
    return NULL;
}

static void pipe_begin(written_pipe *w, const char *text) {
    w->text = text;
    assert_int_equal(pipe2(w->ends, O_CLOEXEC), 0);
    (void)snprintf(w->path, sizeof w->path, "/dev/fd/%d", w->ends[0]);
    assert_int_equal(pthread_create(&w->writer, NULL, pipe_write, w), 0);
}

static void pipe_end(written_pipe *w) {
    assert_int_equal(pthread_join(w->writer, NULL), 0);
    assert_int_equal(close(w->ends[0]), 0);
}

/* As of a shell's <(...), whoever comes first; what was read is read once. */
static void pipes_that_are_written_are_read(void **state) {
    (void)state;
    pair_texts p = pair_make(&(cert_opts){ .name = HOST });
    written_pipe its_cert, key;
    edo_tls_server *server, *again;
    pipe_begin(&its_cert, p.cert);
    pipe_begin(&key, p.key);
    const edo_tls_server_opts opts = { .cert = its_cert.path, .key = key.path };
    assert_int_equal(edo_tls_server_new(&server, &opts), 0);
    assert_int_equal(edo_tls_server_new(&again, &opts), -EINVAL);
    edo_tls_server_unref(server);
    pipe_end(&its_cert);
    pipe_end(&key);
    pair_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_that_everybody_may_read_is_named),
        cmocka_unit_test(what_is_no_file_is_refused_at_once),
        cmocka_unit_test(pipes_that_are_written_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
