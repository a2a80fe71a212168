/* SPDX-License-Identifier: MIT */
/* Goal: what connections use outlives them, also those that go on when the web's time is over; and
 * the web and the program say that there are some.
 * Method: the program as it is, in which a few functions are others: one handler waits at a gate,
 * with a shield or without, and some parts fail or do not end. Once the handler waits, time is
 * virtual where the web alone is tested; the program runs in a child. */
int chat_main(int argc, char **argv);
#define main chat_main
#include "../../apps/chat/main.c"
#undef main

#include "inside.h"
#include "line/acceptor.h"
#include "page/web.h"
#include "person/people.h"
#include "server.h"
#include "storage/storage.h"
#include "stream/door.h"

#include <edo/health.h>
#include <edo/io.h>
#include <edo/notify.h>
#include <edo/web.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static edo_notify begun = EDO_NOTIFY_INIT, gate = EDO_NOTIFY_INIT;
static bool is_shielded;        /* the handler passes over its cancellation */
static bool is_connection_left; /* the web's server has not waited for one */
static bool is_part_stuck;      /* terminals do not end */
static bool has_failed;         /* another part before that */
static bool is_pages_over, is_failure_told;

static int wait_at_the_gate(void) {
    EDO_SHIELD(sh, edo_ns(-1));
    int err = edo_notify_wait(&gate);
    (void)edo_shield_end(&sh, 0);
    return err;
}

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

/* ---- What is another in the program ---------------------------------------------------------- */

int __wrap_page_open(edo_web *w);
int __wrap_edo_web_serve(edo_router *r, const edo_web_opts *opts);
int __real_edo_web_serve(edo_router *r, const edo_web_opts *opts);
void __wrap_pages_deinit(pages *self);
void __real_pages_deinit(pages *self);
int __wrap_acceptor_run(void *arg);
int __wrap_door_run(void *arg);
int __real_door_run(void *arg);
void __wrap_fault_print(int err);
int __wrap_storage_end(storage *self);
int __real_storage_end(storage *self);
void __wrap_people_close(server *self);
void __real_people_close(server *self);
void __wrap_server_deinit(server *self);
void __real_server_deinit(server *self);
edo_duration __wrap_acceptor_end_max(const server *self);
edo_duration __wrap_server_end_max(const server *self);

int __wrap_page_open(edo_web *w) {
    server *self = edo_web_state(w);
    edo_notify_one(&begun);
    int err = is_shielded ? wait_at_the_gate() : edo_notify_wait(&gate);
    CHECK(!is_pages_over);
    self->web->pages.socket.queue_max++; // as a page that closes uses them
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_OK);
}

/* A connection whose response is broken off goes on when its handler has returned and its router is
 * gone: the server says that by -ETIMEDOUT alone. */
int __wrap_edo_web_serve(edo_router *r, const edo_web_opts *opts) {
    int err = __real_edo_web_serve(r, opts);
    return is_connection_left ? -ETIMEDOUT : err;
}

void __wrap_pages_deinit(pages *self) {
    __real_pages_deinit(self);
    is_pages_over = true;
}

/* Has the program end, with a handler or by itself in the way. Another part that has failed ends it
 * without a signal, which could come first. */
int __wrap_acceptor_run(void *arg) {
    const server *self = arg;
    edo_stream *client = is_part_stuck ? NULL : ask(self->web_at);
    if (!has_failed) CHECK_EQ(kill(getpid(), SIGTERM), 0);
    int err = is_part_stuck ? wait_at_the_gate() : edo_sleep(edo_s(60));
    edo_close(client);
    return err;
}

int __wrap_door_run(void *arg) {
    return has_failed ? -EIO : __real_door_run(arg);
}

void __wrap_fault_print(int err) {
    is_failure_told = err == (has_failed ? -EIO : -ETIMEDOUT);
}

/* What is left may say something still. */
int __wrap_storage_end(storage *self) {
    CHECK(is_failure_told);
    int left = __real_storage_end(self);
    CHECK(storage_check(self) <= 0); // it is there
    return left;
}

void __wrap_people_close(server *self) {
    (void)self;
    edo_test_fail("people are used by a handler");
}

void __wrap_server_deinit(server *self) {
    (void)self;
    edo_test_fail("the server is used by a handler");
}

edo_duration __wrap_acceptor_end_max(const server *self) {
    (void)self;
    return edo_ms(20);
}

edo_duration __wrap_server_end_max(const server *self) {
    (void)self;
    return edo_ns(0);
}

/* ---- The web --------------------------------------------------------------------------------- */

static options usual;
static server at;

static void read_options(void) {
    char *args[] = { (char[]){ "edo-chat" }, (char[]){ "--db" }, (char[]){ "none" }, NULL };
    CHECK_EQ(options_parse(&usual, (int)EDO_COUNT(args) - 1, args), -1);
}

/* Begins the web, and a request. From then on time is virtual. */
static edo_task *begin(edo_stream **client) {
    is_pages_over = false;
    read_options();
    CHECK_EQ(server_init(&at, &usual, NULL), 0);
    CHECK_EQ(edo_health_new(&at.health, NULL), 0);
    CHECK_EQ(people_open(&at), 0);
    CHECK_EQ(numbers_open(&at), 0);
    CHECK_EQ(web_listen(&at.web_at, "127.0.0.1:0"), 0);
    edo_task *task = edo_spawn(web_run, &at);
    *client = ask(at.web_at);
    CHECK_EQ(edo_time_pause(), 0);
    return task;
}

static void end(edo_stream *client) {
    CHECK(!at.web);
    edo_close(client);
    edo_listener_close(at.web_at);
    __real_people_close(&at);
    numbers_close(&at);
    edo_health_free(at.health);
    __real_server_deinit(&at);
    options_free(&usual);
}

/* The web has left what a handler may use. */
static void free_web(void) {
    CHECK(at.web && !is_pages_over);
    edo_tracker_close(&at.web->users);
    CHECK_EQ(edo_tracker_wait(&at.web->users), 0);
    pages_deinit(&at.web->pages);
    free(at.web);
    at.web = NULL;
}

static int stop_while_a_handler_goes_on(void *arg) {
    edo_stream *client;
    (void)arg;
    is_shielded = true;
    edo_task *task = begin(&client);
    uint32_t had = at.web->pages.socket.queue_max;
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ETIMEDOUT);
    CHECK(at.web && at.web->pages.socket.queue_max == had);
    edo_notify_one(&gate);
    free_web();
    end(client);
    return 0;
}

static void what_a_handler_uses_that_goes_on_is_kept_and_the_web_says_so(void **state) {
    (void)state;
    assert_int_equal(inside_real(stop_while_a_handler_goes_on, NULL), 0);
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
    CHECK_EQ(edo_tracker_len(&at.web->users), 0);
    free_web();
    end(client);
    return 0;
}

static void what_a_connection_without_a_handler_counts_in_is_kept(void **state) {
    (void)state;
    assert_int_equal(inside_real(stop_while_a_connection_is_broken_off, NULL), 0);
}

static void handlers_that_end_when_they_are_cancelled_are_an_end_in_order(void **state) {
    (void)state;
    assert_int_equal(inside_real(stop_while_a_handler_waits, NULL), 0);
}

/* ---- The program ----------------------------------------------------------------------------- */

/* Removes what the program has kept in the folder, and that. */
static void remove_files(const char *folder) {
    static const char *const of_file[] = { "/kept", "/kept-wal", "/kept-shm", "" };
    char path[64];
    for (size_t i = 0; i < EDO_COUNT(of_file); i++) {
        (void)snprintf(path, sizeof path, "%s%s", folder, of_file[i]);
        (void)remove(path);
    }
}

static int run_program(const char *folder) {
    char file[64], *args[] = { (char[]){ "edo-chat" },
                               (char[]){ "--tcp" },
                               (char[]){ "127.0.0.1:0" },
                               (char[]){ "--http" },
                               (char[]){ "127.0.0.1:0" },
                               (char[]){ "--db" },
                               file,
                               NULL };
    (void)snprintf(file, sizeof file, "%s/kept", folder);
    return chat_main((int)EDO_COUNT(args) - 1, args);
}

/* In a child, `*is` is true. */
static void check_that_it_ends_with_status_1(bool *is) {
    char folder[] = "/tmp/edo-web-end-XXXXXX";
    int status;
    assert_non_null(mkdtemp(folder));
    pid_t child = fork();
    if (child == 0) {
        *is = true;
        exit(run_program(folder));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    remove_files(folder);
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
