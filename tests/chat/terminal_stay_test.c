/* SPDX-License-Identifier: MIT */
/* Goal: how long the line client waits for a server that has gone.
 * Method: the sources are included; the server is the other end of a pipe in memory, which greets
 * once and is gone then. Time is virtual. */
#include "inside.h"

#include <edo/net.h>
#include <edo/streams.h>

#include <errno.h>

static int connects_n; /* of the test that runs */
static edo_stream *server_end;

static int test_connect(edo_stream **out, const char *address, const edo_tcp_opts *opts) {
    (void)address, (void)opts;
    if (connects_n++ > 0) return -ECONNREFUSED;
    return edo_duplex(out, &server_end, 4096);
}

#define edo_tcp_connect test_connect
#include "../../apps/chat/terminal/terminal.c"
#undef edo_tcp_connect
#include "../../apps/chat/fault.c"
#include "../../apps/chat/no_tls.c"
#include "../../apps/chat/terminal/heard.c"
#include "../../apps/chat/terminal/no_edit.c"
#include "../../apps/chat/terminal/screen.c"
#include "../../apps/chat/terminal/seen.c"
#include "../../apps/chat/terminal/state.c"
#include "../../apps/chat/terminal/typed.c"
#include "../../apps/chat/terminal/unsure.c"
#include "../../apps/chat/text.c"

static const edo_duration patience = EDO_S(3600);
static const options with_address = { .connect = "test:1" };
static const char greeting[] = "* you are guest-1 in #general; /help\n";

/* The server. A task's function. */
static int greet_and_go(void *arg) {
    (void)arg;
    while (!server_end) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_write_all(server_end, greeting, sizeof greeting - 1), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_close(server_end);
    return 0;
}

typedef struct waited {
    bool is_typed;
    int result;
    int64_t ns;
    bool is_unreachable;
} waited;

/* The client's input is open, and has lines in it of which the first ones are sent. */
static int wait_for_server(void *arg) {
    static const edo_mpsc_opts lines = { .drop = free_line };
    waited *w = arg;
    terminal self = { .options = &with_address, .is_typed = w->is_typed, .told = EDO_NOTIFY_INIT };
    edo_stream *keyboard;
    edo_scope scope;
    connects_n = 0;
    server_end = NULL;
    CHECK_EQ(edo_duplex(&keyboard, &self.input, 4096), 0);
    CHECK_EQ(edo_cancel_new(&self.leave), 0);
    CHECK_EQ(edo_mpsc_new(&self.typed, &self.to_send, sizeof(char *), TYPED_LINES, &lines), 0);
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, greet_and_go, NULL);
    edo_instant begin = edo_now();
    edo_deadline d = edo_deadline_begin(patience);
    w->result = edo_deadline_end(&d, chat(&self));
    w->ns = edo_instant_since(edo_now(), begin).ns;
    w->is_unreachable = self.is_unreachable;
    CHECK_EQ(edo_scope_end(&scope), 0);
    edo_close(keyboard);
    terminal_free(&self);
    return 0;
}

static void pipe_gives_a_server_up_that_stays_away_and_a_user_at_a_terminal_may_wait(void **state) {
    (void)state;
    waited pipe = { .is_typed = false }, user = { .is_typed = true };
    inside(wait_for_server, &pipe);
    assert_int_equal(pipe.result, -ECONNREFUSED);
    assert_true(pipe.is_unreachable);
    assert_true(pipe.ns >= edo_s(61).ns && pipe.ns <= edo_s(61 + 16).ns);
    inside(wait_for_server, &user);
    assert_true(user.ns >= patience.ns); // that of the test, which ends it
    assert_false(user.is_unreachable);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipe_gives_a_server_up_that_stays_away_and_a_user_at_a_terminal_may_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
