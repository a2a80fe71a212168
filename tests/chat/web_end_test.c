/* SPDX-License-Identifier: MIT */
/* Goal: what connections use outlives them, also those that go on when the web's time is over; and
 * the web and the program say that there are some.
 * Method: this test stands for what is behind the routes, and beside the web: one handler waits
 * at a gate, with a shield or without. Time is virtual where the web alone is tested; the program
 * runs in a child. */
int chat_main(int argc, char **argv);
#define main chat_main
#include "../../apps/chat/main.c"
#undef main
#include <edo/web.h>

/* A connection whose response is broken off goes on when its handler has returned and its router is
 * gone: the server says that by -ETIMEDOUT alone. */
static bool is_connection_left;

static int serve_router(edo_router *r, const edo_web_opts *opts) {
    int err = edo_web_serve(r, opts);
    return is_connection_left ? -ETIMEDOUT : err;
}

#define edo_web_serve serve_router
#include "../../apps/chat/page/web.c"
#undef edo_web_serve

#include "inside.h"
#include "line/acceptor.h"
#include "node/carrier.h"
#include "person/lease.h"
#include "person/people.h"
#include "stream/door.h"
#include "tls.h"

#include <edo/io.h>
#include <edo/notify.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const options usual = { .http = "127.0.0.1:0", .db = "a file" };
static server at;
static edo_notify begun = EDO_NOTIFY_INIT, gate = EDO_NOTIFY_INIT;
static bool is_part_stuck; /* terminals do not end */
static bool has_failed;    /* another part before that */
static bool is_shielded;   /* the handler passes over its cancellation */
static bool is_pages_over;

/* Makes a request whose handler waits at the gate. */
static edo_stream *ask(edo_listener *l) {
    edo_str request = EDO_STR("GET /ws HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    edo_addr where;
    edo_stream *client;
    CHECK_EQ(edo_listener_addr(l, &where), 0);
    CHECK_EQ(edo_tcp_connect_addr(&client, &where, NULL), 0);
    CHECK_EQ(edo_write(client, request.ptr, request.len), (int)request.len);
    CHECK_EQ(edo_notify_wait(&begun), 0);
    return client;
}

/* ---- What is behind the routes --------------------------------------------------------------- */

int page_open(edo_web *w) {
    server *self = edo_web_state(w);
    edo_shield sh;
    if (is_shielded) edo_shield_begin(&sh, edo_ns(-1));
    edo_notify_one(&begun);
    int err = edo_notify_wait(&gate);
    if (is_shielded) (void)edo_shield_end(&sh, 0);
    CHECK(!is_pages_over);
    self->web->pages.socket.queue_max++; // as a page that closes uses them
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_OK);
}

void pages_init(pages *self, const server *of) {
    (void)self, (void)of;
    is_pages_over = false;
}

void pages_deinit(pages *self) {
    (void)self;
    is_pages_over = true;
}

void pages_reap(pages *self) {
    (void)self;
}

int people_open(server *self) {
    (void)self;
    return 0;
}

void people_close(server *self) {
    (void)self;
    edo_test_fail("people are used by a handler");
}

int people_run(void *arg) {
    (void)arg;
    return edo_sleep(edo_ns(EDO_FOREVER_NS));
}

void api_routes(edo_router *r, uint32_t rate) {
    (void)r, (void)rate;
}

void guard_routes(edo_router *r, const server *of) {
    (void)r, (void)of;
}

void guard_proxies(edo_http_server_opts *http, const server *of) {
    (void)http, (void)of;
}

int numbers_open(server *of) {
    (void)of;
    return 0;
}

void numbers_close(server *of) {
    (void)of;
    edo_test_fail("numbers are used by a handler");
}

void numbers_routes(edo_router *r, edo_metrics *m) {
    (void)r, (void)m;
}

int storage_check(const storage *self) {
    (void)self;
    return 0;
}

const char *fault_of_address(int err) {
    return edo_strerror(err);
}

/* ---- What is beside the web ------------------------------------------------------------------ */

static bool is_failure_told, is_storage_over;

void fault_print(int err) {
    is_failure_told = err == (has_failed ? -EIO : -ETIMEDOUT);
}

int options_parse(options *self, int argc, char **argv) {
    (void)argc, (void)argv;
    *self = usual;
    return -1;
}

void options_free(options *self) {
    (void)self;
}

int terminal_run(void *arg) {
    (void)arg;
    return -ENOSYS;
}

int server_init(server *self, const options *o, storage *kept) {
    *self = (server){ .options = o, .storage = kept, .address_conns_max = 10 };
    return 0;
}

void server_deinit(server *self) {
    (void)self;
    edo_test_fail("the server is used by a handler");
}

int store_sqlite_open(store **out, const char *path) {
    (void)path;
    *out = NULL;
    return 0;
}

static void storage_drop(void *arg) {
    (void)arg;
    is_storage_over = true;
}

int storage_start(storage **out, store *of) {
    (void)of;
    *out = edo_rc_new(1, storage_drop);
    return 0;
}

int storage_end(storage *self) {
    edo_rc_unref(self);
    CHECK(is_failure_told && !is_storage_over);
    return 0;
}

int door_listen(edo_listener **out, const char *address) {
    (void)out, (void)address;
    return -ENOSYS;
}

int door_run(void *arg) {
    (void)arg;
    return has_failed ? -EIO : 0;
}

int tls_open(struct edo_tls_server **out, const options *o, const char *alpn) {
    (void)o, (void)alpn;
    *out = NULL;
    return 0;
}

void tls_close(struct edo_tls_server *tls) {
    (void)tls;
}

int tls_renew(void *tls) {
    (void)tls;
    return -ENOSYS;
}

bool storage_gives_numbers(const storage *self) {
    (void)self;
    return false;
}

int question_run(void *arg) {
    (void)arg;
    return -ENOSYS;
}

int lease_run(void *arg) {
    (void)arg;
    return -ENOSYS;
}

int carrier_open(carrier **out, const char *url, directory *in, question *asks) {
    (void)out, (void)url, (void)in, (void)asks;
    edo_test_fail("there is no Redis");
    return -ENOTSUP;
}

int carrier_run(void *arg) {
    (void)arg;
    return 0;
}

void carrier_close(carrier *self) {
    CHECK(!self);
}

int carrier_check(carrier *self) {
    (void)self;
    return 0;
}

void directory_tell_stored(directory *self, edo_scope *tellers) {
    (void)self, (void)tellers;
}

bool address_is_own(const edo_addr *addr) {
    (void)addr;
    return true;
}

int acceptor_listen(edo_listener **out, const char *address) {
    (void)address;
    return edo_tcp_listen(out, "127.0.0.1:0", NULL);
}

/* Asks the web for what its handler does not end, and then ends the program. */
int leave_run(void *arg) {
    (void)arg;
    return 0;
}

/* Of all parts but the web. */
static const edo_duration part_max = EDO_MS(20);

edo_duration acceptor_end_max(const server *self) {
    (void)self;
    return part_max;
}

edo_duration leave_end_max(const server *self) {
    (void)self;
    return part_max;
}

edo_duration server_end_max(const server *self) {
    (void)self;
    return edo_ns(0);
}

static int be_stuck(void) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1));
    CHECK_EQ(kill(getpid(), SIGTERM), 0);
    int err = edo_notify_wait(&gate);
    (void)edo_shield_end(&sh, 0);
    return err;
}

int acceptor_run(void *arg) {
    const server *self = arg;
    if (is_part_stuck) return be_stuck();
    edo_stream *client = ask(self->web_at);
    CHECK_EQ(kill(getpid(), SIGTERM), 0);
    int err = edo_sleep(edo_s(60));
    edo_close(client);
    return err;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

/* Begins the web, and a request. */
static edo_task *begin(edo_stream **client) {
    at = (server){ .options = &usual, .address_conns_max = 10 };
    CHECK_EQ(edo_health_new(&at.health, NULL), 0);
    CHECK_EQ(web_listen(&at.web_at, "127.0.0.1:0"), 0);
    edo_task *task = edo_spawn(web_run, &at);
    *client = ask(at.web_at);
    return task;
}

static void end(edo_stream *client) {
    CHECK(!at.web);
    edo_close(client);
    edo_listener_close(at.web_at);
    edo_health_free(at.health);
}

static int stop_while_a_handler_goes_on(void *arg) {
    edo_stream *client;
    (void)arg;
    is_shielded = true;
    edo_task *task = begin(&client);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ETIMEDOUT);
    CHECK(at.web && !is_pages_over);
    edo_notify_one(&gate);
    edo_tracker_close(&at.web->users);
    CHECK_EQ(edo_tracker_wait(&at.web->users), 0);
    CHECK_EQ(at.web->pages.socket.queue_max, 1);
    web_free(at.web);
    at.web = NULL;
    end(client);
    return 0;
}

static void what_a_handler_uses_that_goes_on_is_kept_and_the_web_says_so(void **state) {
    (void)state;
    assert_int_equal(inside(stop_while_a_handler_goes_on, NULL), 0);
}

static int stop_while_a_handler_waits(void *arg) {
    edo_stream *client;
    (void)arg;
    is_shielded = false;
    edo_task *task = begin(&client);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK(is_pages_over);
    end(client);
    return 0;
}

static int stop_while_a_connection_is_broken_off(void *arg) {
    edo_stream *client;
    (void)arg;
    is_shielded = false;
    is_connection_left = true;
    edo_task *task = begin(&client);
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ETIMEDOUT);
    is_connection_left = false;
    CHECK(at.web && !is_pages_over); // what a handler may use has to stay
    CHECK_EQ(edo_tracker_len(&at.web->users), 0);
    web_free(at.web);
    at.web = NULL;
    end(client);
    return 0;
}

static void what_a_connection_without_a_handler_counts_in_is_kept(void **state) {
    (void)state;
    assert_int_equal(inside(stop_while_a_connection_is_broken_off, NULL), 0);
}

static void handlers_that_end_when_they_are_cancelled_are_an_end_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(stop_while_a_handler_waits, NULL), 0);
}

/* In a child, `*is` is true. */
static void check_that_it_ends_with_status_1(bool *is) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        *is = true;
        exit(chat_main(0, NULL));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void program_says_that_a_handler_goes_on_and_ends_with_status_1(void **state) {
    (void)state;
    check_that_it_ends_with_status_1(&is_shielded);
}

static void program_whose_terminals_do_not_end_leaves_them_and_ends_with_status_1(void **state) {
    (void)state;
    check_that_it_ends_with_status_1(&is_part_stuck);
}

static void program_one_of_whose_parts_has_failed_leaves_another_that_does_not_end(void **state) {
    (void)state;
    has_failed = true;
    check_that_it_ends_with_status_1(&is_part_stuck);
    has_failed = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        // They fork: first.
        cmocka_unit_test(program_says_that_a_handler_goes_on_and_ends_with_status_1),
        cmocka_unit_test(program_whose_terminals_do_not_end_leaves_them_and_ends_with_status_1),
        cmocka_unit_test(program_one_of_whose_parts_has_failed_leaves_another_that_does_not_end),
        cmocka_unit_test(what_a_handler_uses_that_goes_on_is_kept_and_the_web_says_so),
        cmocka_unit_test(what_a_connection_without_a_handler_counts_in_is_kept),
        cmocka_unit_test(handlers_that_end_when_they_are_cancelled_are_an_end_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
