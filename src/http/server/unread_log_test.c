/* SPDX-License-Identifier: MIT */
/* Goal: a service whose log is hardly read serves all the same, ends at a SIGTERM, and says how
 * many lines it has dropped.
 * Method: a child serves a thousand connections that come and go, each with a line to a standard
 * error that has room for a part of them; it is read only then, and a SIGTERM follows. */
#define EDO_TARGET "ordinary"

#include "leftovers.h"
#include "log/out/output.h"
#include "main_child.h"

#include <edo/http_server.h>
#include <edo/log.h>
#include <edo/net.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#define CONNECTIONS 1000u

static const char line[] = "this connection has come, was served as others were, and goes now";

static int say_and_serve(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    edo_info("%s", line);
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), EDO_STR("ok"));
}

static int serve(void *arg) {
    edo_listener *listeners[] = { arg };
    return edo_http_serve(say_and_serve, NULL,
                          &(edo_http_server_opts){ .listeners = listeners, .listeners_n = 1 });
}

static void come_and_go(const char *address) {
    char response[512] = "";
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, address, NULL));
    EDO_TEST_OK(edo_write_all(c, "GET / HTTP/1.0\r\n\r\n", 18));
    CHECK(edo_read(c, response, sizeof response - 1) > 0);
    CHECK(strncmp(response, "HTTP/1.1 200 ", 13) == 0);
    edo_close(c);
}

typedef struct unread {
    int to; /* a descriptor to be standard error; -1: the pipe of main_child.h */
    bool at_once;
} unread;

static int live(void *arg) {
    char address[32];
    edo_listener *l;
    const unread *self = arg;
    int to = self->to;
    if (to >= 0) CHECK_EQ(dup2(to, STDERR_FILENO), STDERR_FILENO);
    if (to >= 0) (void)close(to);
    edoi_log_output *out = edoi_log_output_of(STDERR_FILENO);
    CHECK(out);
    out->writer.wait_ms = 10; // of the real clock
    EDO_TEST_OK(edo_log_start(&(edo_log_opts){
        .filter = "ordinary", .ignore_env = true, .no_time = true, .at_once = self->at_once }));
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    edo_task *server = edo_spawn(serve, l);
    for (unsigned i = 0; i < CONNECTIONS; i++) come_and_go(address);
    next_signal();
    int err = edo_sleep(edo_s(600));
    edo_task_cancel(server);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(2));
    (void)edo_task_join(server);
    (void)edo_shield_end(&sh, 0);
    edo_listener_close(l);
    edoi_log_output_unref(out);
    return err == -ECANCELED ? 7 : err;
}

/* ---- The reader ------------------------------------------------------------------------------ */

static char said[256 * 1024];

/* Returns how many of the lines were written, and how many others the log says that it dropped. */
static unsigned lines_in(const char *text, unsigned *lost_n) {
    static const char lost[] = "lines were dropped: they were not read lines=";
    unsigned n = 0;
    *lost_n = 0;
    for (const char *at = text; (at = strstr(at, line)); at++) n++;
    for (const char *at = text; (at = strstr(at, lost)); at++)
        *lost_n += (unsigned)strtoul(at + sizeof lost - 1, NULL, 10);
    return n;
}

/* Reads what is there, so that there is room for what the end has to say. */
static ssize_t read_what_is_there(int from) {
    int flags = fcntl(from, F_GETFL);
    ssize_t n = 0, got;
    assert_int_equal(fcntl(from, F_SETFL, flags | O_NONBLOCK), 0);
    while ((got = read(from, said + n, sizeof said / 2 - (size_t)n)) > 0) n += got;
    assert_int_equal(fcntl(from, F_SETFL, flags), 0);
    return n;
}

/* Reads what is there, and after a SIGTERM the rest; a terminal ends with EIO. */
static void check_child(const main_child *c, int from, bool loses, unsigned torn_max) {
    char byte;
    unsigned lost_n;
    assert_int_equal(read(c->ready, &byte, 1), 1);
    ssize_t n = read_what_is_there(from);
    assert_true(n > 0);
    assert_int_equal(kill(c->pid, SIGTERM), 0);
    assert_int_equal(write(c->sent[1], "x", 1), 1);
    for (ssize_t got = n; got > 0; n += got > 0 ? got : 0)
        got = read(from, said + n, sizeof said - 1 - (size_t)n);
    said[n] = '\0';
    unsigned lines_n = lines_in(said, &lost_n);
    assert_int_equal(lost_n > 0, loses);
    assert_in_range(lines_n + lost_n, CONNECTIONS, CONNECTIONS + torn_max);
    int status = main_child_end(c, NULL, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static const edo_runtime_opts opts = { .workers = 2, .watchdog = EDO_OFF };

static void service_whose_pipe_is_hardly_read_serves_and_ends(void **state) {
    (void)state;
    unread it = { .to = -1, .at_once = true };
    main_child c = main_child_begin(live, &it, &opts);
    check_child(&c, c.errors, true, 0);
}

static void service_whose_queue_has_room_loses_no_line(void **state) {
    (void)state;
    unread it = { .to = -1 };
    main_child c = main_child_begin(live, &it, &opts);
    check_child(&c, c.errors, false, 0);
}

static void service_whose_terminal_is_hardly_read_serves_and_ends(void **state) {
    (void)state;
    struct termios raw;
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0 && tcgetattr(terminal, &raw) == 0);
    cfmakeraw(&raw); // lines are as they were written
    assert_int_equal(tcsetattr(terminal, TCSANOW, &raw), 0);
    unread it = { .to = terminal, .at_once = true };
    main_child c = main_child_begin(live, &it, &opts);
    (void)close(terminal);
    check_child(&c, master, true, 2); // a line that was cut before its end is counted, too
    (void)close(master);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_whose_pipe_is_hardly_read_serves_and_ends),
        cmocka_unit_test(service_whose_queue_has_room_loses_no_line),
        cmocka_unit_test(service_whose_terminal_is_hardly_read_serves_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
