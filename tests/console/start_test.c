/* SPDX-License-Identifier: MIT */
/* Goal: the console listens when it is wanted, where it may, for those who have the token.
 * Method: it is started with each kind of options and variables, and asked by a client of gRPC. */
#include "inside.h"

#include <edo/blocking.h>
#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/grpc.h>
#include <edo/runtime.h>
#include <edo/task.h>
#include <edo/unix.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void nothing_listens_unless_it_is_wanted(void **state) {
    (void)state;
    static const char *const offs[] = { "0", "off", "no", "01" };
    edo_addr addr;
    assert_int_equal(edo_console_start(&(edo_console_opts){ .ignore_env = true }), 0);
    assert_int_equal(edo_console_addr(&addr), -ENOENT);
    for (size_t i = 0; i < EDO_COUNT(offs); i++) {
        assert_int_equal(setenv("EDO_CONSOLE", offs[i], 1), 0);
        assert_int_equal(edo_console_start(&(edo_console_opts){ .always = true }), 0);
        assert_int_equal(edo_console_addr(&addr), -ENOENT);
    }
    assert_int_equal(unsetenv("EDO_CONSOLE"), 0);
    edo_console_stop();
}

static void a_variable_starts_it_at_its_address(void **state) {
    (void)state;
    edo_addr addr;
    assert_int_equal(setenv("EDO_CONSOLE", "1", 1), 0);
    assert_int_equal(setenv("EDO_CONSOLE_BIND", "127.0.0.1:0", 1), 0);
    assert_int_equal(edo_console_start(NULL), 0);
    assert_int_equal(edo_console_addr(&addr), 0);
    assert_int_not_equal(edo_addr_port(&addr), 0);
    assert_int_equal(edo_console_start(NULL), -EBUSY); // a process has one
    edo_console_stop();
    assert_int_equal(edo_console_addr(&addr), -ENOENT);
    assert_int_equal(edo_console_start(NULL), 0); // and may begin another one
    edo_console_stop();
    assert_int_equal(unsetenv("EDO_CONSOLE"), 0);
    assert_int_equal(unsetenv("EDO_CONSOLE_BIND"), 0);
}

static void bad_options_are_refused(void **state) {
    (void)state;
    char too_long[EDO_CONSOLE_TOKEN_MAX + 2] = "";
    memset(too_long, 't', EDO_CONSOLE_TOKEN_MAX + 1);
    const struct {
        const char *name, *bind, *token;
        int err;
    } rows[] = {
        { "no address", "nowhere", NULL, -EINVAL },
        { "all addresses", "0.0.0.0:0", NULL, -EACCES },
        { "all addresses of IPv6", "[::]:0", NULL, -EACCES },
        { "an address of the network", "192.0.2.1:0", NULL, -EACCES },
        { "an empty token", "127.0.0.1:0", "", -EINVAL },
        { "a token that no field can have", "127.0.0.1:0", "open sesame", -EINVAL },
        { "a token that is too long", "127.0.0.1:0", too_long, -EINVAL },
        { "an abstract name", "unix:@edo-console-test", NULL, -EACCES },
        { "any abstract name", "unix:", NULL, -EACCES },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_console_opts opts = {
            .always = true, .ignore_env = true, .bind = rows[i].bind, .token = rows[i].token
        };
        int err = edo_console_start(&opts);
        if (err != rows[i].err) fail_msg("%s: %d", rows[i].name, err);
        edo_trail_clear();
    }
    assert_int_equal(edo_console_start(&(edo_console_opts){ .reserved = { 1 } }), -EINVAL);
}

static void an_address_that_is_taken_is_told(void **state) {
    (void)state;
    char dir[] = "/tmp/edo-console-XXXXXX", bind[64];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(bind, sizeof bind, "unix:%s/none/socket", dir);
    const edo_console_opts opts = { .always = true, .ignore_env = true, .bind = bind };
    assert_int_equal(edo_console_start(&opts), -ENOENT);
    edo_trail_clear();
    assert_int_equal(rmdir(dir), 0);
}

/* ---- The file of a Unix socket --------------------------------------------------------------- */

static char dir[] = "/tmp/edo-console-XXXXXX", file[64], unix_bind[80];

static const edo_console_opts at_file = { .always = true, .ignore_env = true, .bind = unix_bind };

static int make_dir(void **state) {
    (void)state;
    (void)snprintf(dir, sizeof dir, "/tmp/edo-console-XXXXXX");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(file, sizeof file, "%s/socket", dir);
    (void)snprintf(unix_bind, sizeof unix_bind, "unix:%s", file);
    return 0;
}

/* It has to be empty. */
static int remove_dir(void **state) {
    (void)state;
    edo_trail_clear();
    return rmdir(dir);
}

static void a_socket_file_goes_with_its_console(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_console_start(&at_file), 0);
        assert_int_equal(access(file, F_OK), 0);
        edo_console_stop();
        assert_int_equal(access(file, F_OK), -1);
    }
}

/* Not what somebody has put in its place. */
static void only_its_own_file_goes(void **state) {
    (void)state;
    edo_listener *other;
    assert_int_equal(edo_console_start(&at_file), 0);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(edo_unix_listen(&other, file, NULL), 0);
    edo_console_stop();
    edo_listener_unref(other);
    assert_int_equal(unlink(file), 0);
}

static void a_file_that_was_left_is_replaced(void **state) {
    (void)state;
    edo_listener *before;
    assert_int_equal(edo_unix_listen(&before, file, NULL), 0);
    assert_int_equal(edo_console_start(&at_file), -EADDRINUSE); // somebody listens there
    edo_trail_clear();
    assert_int_equal(access(file, F_OK), 0);
    edo_listener_unref(before);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(edo_console_start(&at_file), 0);
    edo_console_stop();
}

static int start_and_stop(void *arg) {
    const int err = edo_console_start(arg);
    edo_console_stop();
    edo_trail_clear();
    return err;
}

/* Where most programs start it. */
static void it_begins_and_fails_in_a_task(void **state) {
    (void)state;
    edo_listener *other;
    edo_console_opts opts = at_file;
    assert_int_equal(inside_with(start_and_stop, &opts, &one_thread), 0);
    assert_int_equal(edo_unix_listen(&other, file, NULL), 0);
    assert_int_equal(inside_with(start_and_stop, &opts, &one_thread), -EADDRINUSE);
    edo_listener_unref(other);
    assert_int_equal(unlink(file), 0);
}

static void what_is_no_socket_stays(void **state) {
    (void)state;
    FILE *other = fopen(file, "w");
    assert_non_null(other);
    assert_int_equal(fclose(other), 0);
    assert_int_equal(edo_console_start(&at_file), -EADDRINUSE);
    assert_int_equal(unlink(file), 0);
}

/* ---- Who may ask ----------------------------------------------------------------------------- */

typedef struct asked {
    const char *token; /* that the client has; NULL: none */
    edo_grpc_status status;
    const char *method;    /* NULL: one that no service has, whose status is UNIMPLEMENTED */
    const char *authority; /* that the client asks; NULL: the address */
    const char *field;     /* that it sends; NULL: none */
} asked;

static edo_grpc_channel *channel_to_console(const char *authority) {
    const edo_grpc_channel_opts opts = { .authority = authority };
    edo_addr addr;
    char at[EDO_ADDR_TEXT_MAX];
    edo_grpc_channel *ch;
    CHECK_EQ(edo_console_addr(&addr), 0);
    int n = edo_addr_print(&addr, at, sizeof at);
    CHECK_EQ(edo_grpc_channel_new(&ch, (edo_str){ at, (size_t)n }, &opts), 0);
    return ch;
}

static int ask(void *arg) {
    asked *a = arg;
    char bearer[64];
    edo_grpc_channel *ch = channel_to_console(a->authority);
    edo_grpc_call *call = NULL;
    edo_str got;
    (void)snprintf(bearer, sizeof bearer, "Bearer %s", a->token ? a->token : "");
    const edo_grpc_entry entry = { a->field ? a->field : "authorization",
                                   edo_str_of(a->field ? "stranger.example" : bearer) };
    CHECK_EQ(edo_grpc_stream(
                 ch, &call, a->method ? a->method : "/nobodys.Service/Method",
                 &(edo_grpc_call_opts){ .metadata = &entry, .metadata_n = a->token || a->field }),
             0);
    (void)edo_grpc_send_bytes(call, EDO_STR("")); // it may have been refused already
    (void)edo_grpc_close_send(call);
    CHECK(edo_grpc_recv_bytes(call, &got) < 0);
    a->status = edo_grpc_get_status(call);
    edo_grpc_call_free(call);
    edo_grpc_channel_unref(ch);
    edo_trail_clear();
    return 0;
}

static void ask_rows(const edo_console_opts *opts, const asked *rows, size_t n) {
    edo_runtime *rt;
    assert_int_equal(edo_console_start(opts), 0);
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    for (size_t i = 0; i < n; i++) {
        asked a = rows[i];
        assert_int_equal(edo_run(rt, ask, &a), 0);
        if (a.status != rows[i].status) fail_msg("row %zu: status %d", i, (int)a.status);
    }
    edo_runtime_free(rt);
    edo_console_stop();
}

static void only_who_has_the_token_is_served(void **state) {
    (void)state;
    static const asked rows[] = {
        { "open-sesame", .status = EDO_GRPC_UNIMPLEMENTED },
        { "open-sesame", EDO_GRPC_UNIMPLEMENTED, .authority = "console.example:6669" },
        { "open-sesam", .status = EDO_GRPC_UNAUTHENTICATED },
        { "open-sesame!", .status = EDO_GRPC_UNAUTHENTICATED },
        { NULL, .status = EDO_GRPC_UNAUTHENTICATED },
    };
    ask_rows(
        &(edo_console_opts){
            .always = true, .ignore_env = true, .bind = "0.0.0.0:0", .token = "open-sesame" },
        rows, EDO_COUNT(rows));
}

/* As a page of a stranger has it, whose name has this machine's address. */
static void without_a_token_only_a_host_of_loopback_is_served(void **state) {
    (void)state;
    static const char stacks[] = "/edo.console.v1.Look/Stacks",
                      updates[] = "/rs.tokio.console.instrument.Instrument/WatchUpdates",
                      pause[] = "/rs.tokio.console.instrument.Instrument/Pause",
                      reflection[] = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    static const asked rows[] = {
        { NULL, EDO_GRPC_INVALID_ARGUMENT, stacks, NULL, NULL }, // of no task: it was served
        { NULL, EDO_GRPC_INVALID_ARGUMENT, stacks, "localhost:6669", NULL },
        { NULL, EDO_GRPC_INVALID_ARGUMENT, stacks, "[::1]:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, stacks, "stranger.example:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, stacks, "192.0.2.7:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, updates, "stranger.example:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, pause, "stranger.example:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, reflection, "stranger.example:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, NULL, "stranger.example:6669", NULL },
        { NULL, EDO_GRPC_PERMISSION_DENIED, stacks, NULL, "x-forwarded-for" },
        { NULL, EDO_GRPC_PERMISSION_DENIED, stacks, NULL, "origin" },
    };
    ask_rows(&(edo_console_opts){ .always = true, .ignore_env = true, .bind = "127.0.0.1:0" }, rows,
             EDO_COUNT(rows));
}

/* ---- Its end --------------------------------------------------------------------------------- */

static bool is_one_refused; /* the other one's look has begun */

/* Asks for a look for faults that lasts a minute. */
static int look_a_minute(void *arg) {
    edo_grpc_call *call;
    edo_str got;
    CHECK_EQ(edo_grpc_stream(arg, &call, "/edo.console.v1.Look/Faults", NULL), 0);
    (void)edo_grpc_send_bytes(call, EDO_STR("\x08\xe0\xd4\x03"));
    (void)edo_grpc_close_send(call);
    const int err = edo_grpc_recv_bytes(call, &got);
    CHECK(err < 0);
    if (edo_grpc_get_status(call) == EDO_GRPC_RESOURCE_EXHAUSTED) is_one_refused = true;
    edo_grpc_call_free(call);
    edo_trail_clear();
    return 0;
}

static int stop_console(void *arg) {
    (void)arg;
    edo_console_stop();
    return 0;
}

static int stop_while_it_looks(void *arg) {
    edo_grpc_channel *ch = channel_to_console(NULL);
    edo_task *looks[2];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(looks); i++) looks[i] = edo_spawn(look_a_minute, ch);
    WAIT_FOR(is_one_refused);
    CHECK_EQ(edo_blocking(stop_console, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(looks); i++) CHECK_EQ(edo_task_join(looks[i]), 0);
    edo_grpc_channel_unref(ch);
    return 0;
}

/* Nothing of it is left behind: that would be told of this program. */
static void an_end_waits_for_no_look(void **state) {
    (void)state;
    const edo_console_opts opts = { .always = true, .ignore_env = true, .bind = "127.0.0.1:0" };
    assert_int_equal(edo_console_start(&opts), 0);
    assert_int_equal(inside_with(stop_while_it_looks, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_listens_unless_it_is_wanted),
        cmocka_unit_test(a_variable_starts_it_at_its_address),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(an_address_that_is_taken_is_told),
        cmocka_unit_test_setup_teardown(a_socket_file_goes_with_its_console, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(only_its_own_file_goes, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_file_that_was_left_is_replaced, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(it_begins_and_fails_in_a_task, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(what_is_no_socket_stays, make_dir, remove_dir),
        cmocka_unit_test(only_who_has_the_token_is_served),
        cmocka_unit_test(without_a_token_only_a_host_of_loopback_is_served),
        cmocka_unit_test(an_end_waits_for_no_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
