/* SPDX-License-Identifier: MIT */
/* Goal: a server whose standard output nobody reads serves all the same.
 * Method: standard output is a pipe that is full; or is read, and the program has text in
 * its own buffer. */
#include "inside.h"
#include "log/out/output.h"

#include <edo/http_server.h>
#include <edo/log.h>
#include <edo/net.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define ROOM 8192 /* two pages: in a pipe of one a single byte counts as a full page */

static bool finds_room; /* in standard output, where there is none: another process has taken it */

int poll(struct pollfd *fds, nfds_t n, int timeout) {
    const struct timespec most = { timeout / 1000, timeout % 1000 * 1000000L };
    if (!finds_room || fds[0].fd != STDOUT_FILENO)
        return ppoll(fds, n, timeout < 0 ? NULL : &most, NULL);
    fds[0].revents = POLLOUT;
    return 1;
}

static int is_fine(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), EDO_STR("ok"));
}

static int serve(void *arg) {
    edo_listener *listeners[] = { arg };
    return edo_http_serve(
        is_fine, NULL,
        &(edo_http_server_opts){ .listeners = listeners, .listeners_n = 1, .announce = true });
}

static int ask_once(void *arg) {
    edo_listener *l;
    edo_stream *c;
    char address[32], response[512] = "";
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    edo_task *server = edo_spawn(serve, l);
    EDO_TEST_OK(edo_tcp_connect(&c, address, NULL));
    EDO_TEST_OK(edo_write_all(c, "GET / HTTP/1.0\r\n\r\n", 18));
    CHECK(edo_read(c, response, sizeof response - 1) > 0);
    CHECK(strncmp(response, "HTTP/1.1 200 ", 13) == 0);
    edo_close(c);
    edo_task_cancel(server);
    int err = edo_task_join(server);
    edo_listener_close(l);
    return err;
}

static char got[ROOM + 1024];

/* `full` bytes are in the pipe before; returns what is in it behind them, as a text. */
static const char *announce_behind(size_t full, const char *own, uint64_t dropped_n) {
    int ends[2], usual = dup(STDOUT_FILENO);
    (void)fflush(stdout);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, ROOM), ROOM);
    if (full > 0) assert_int_equal(write(ends[1], got, full), full);
    uint64_t dropped = edo_log_dropped();
    edoi_log_output *out = edoi_log_output_of(ends[1]);
    out->writer.wait_ms = 1;
    assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    (void)fputs(own, stdout);
    int err = inside_real(ask_once, NULL);
    assert_int_equal(dup2(usual, STDOUT_FILENO), STDOUT_FILENO);
    assert_int_equal(err, 0);
    assert_int_equal(edo_log_dropped(), dropped + dropped_n);
    edoi_log_output_unref(out);
    ssize_t n = read(ends[0], got, sizeof got - 1);
    assert_true(n >= (ssize_t)full);
    got[n] = '\0';
    close(usual);
    close(ends[0]);
    close(ends[1]);
    return got + full;
}

static void server_that_nobody_hears_serves(void **state) {
    (void)state;
    assert_string_equal(announce_behind(ROOM, "", 1), "");
    finds_room = true;
    assert_string_equal(announce_behind(ROOM, "", 1), "");
    finds_room = false;
}

static void server_says_where_it_listens_behind_the_program_s_own_words(void **state) {
    (void)state;
    const char *said = announce_behind(0, "own ", 0);
    assert_memory_equal(said, "own http://127.0.0.1:", 21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_that_nobody_hears_serves),
        cmocka_unit_test(server_says_where_it_listens_behind_the_program_s_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
