/* SPDX-License-Identifier: MIT */
/* Goal: how long the line client waits for a server that has gone, also behind a proxy that takes
 * connections still; and what a pipe says of lines that were not sent.
 * Method: the server is the other end of a pipe in memory. Time is virtual. */
#include "inside.h"

#include <edo/net.h>
#include <edo/streams.h>

#include <errno.h>

/* What becomes of a connection. */
typedef enum fate { GREETS, REFUSES, CLOSES, IS_SILENT } fate;

static fate first, later; /* of the test that runs; so are the next ones */
static int connects_n;
static edo_stream *server_end, *silent_end;

static int test_connect(edo_stream **out, const char *address, const edo_tcp_opts *opts) {
    fate now = connects_n++ == 0 ? first : later;
    edo_stream *theirs;
    (void)address, (void)opts;
    if (now == REFUSES) return -ECONNREFUSED;
    int err = edo_duplex(out, &theirs, 4096);
    if (err < 0) return err;
    edo_close(silent_end);
    silent_end = now == IS_SILENT ? theirs : NULL;
    if (now == GREETS) server_end = theirs;
    if (now == CLOSES) edo_close(theirs);
    return 0;
}

#define edo_tcp_connect test_connect
#include "../../apps/chat/terminal/terminal.c"
#undef edo_tcp_connect
#include "../../apps/chat/terminal/no_edit.c" // nobody types

static const edo_duration patience = EDO_S(3600);
static const options with_address = { .connect = "test:1" };
static const char greeting[] = "* you are guest-1 in #general; /help\n";

/* The server. A task's function. */
static int greet_and_go(void *arg) {
    (void)arg;
    YIELD_FOR(server_end);
    CHECK_EQ(edo_write_all(server_end, greeting, sizeof greeting - 1), 0);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_close(server_end);
    return 0;
}

typedef struct waited {
    bool is_typed;
    fate first, later;
    int result, connects_n;
    int64_t ns;
    bool is_unreachable;
} waited;

static void terminal_begin(terminal *self, edo_stream **keyboard) {
    static const edo_mpsc_opts lines = { .drop = free_line };
    connects_n = 0;
    server_end = silent_end = NULL;
    CHECK_EQ(edo_duplex(keyboard, &self->input, 4096), 0);
    CHECK_EQ(edo_cancel_new(&self->leave), 0);
    CHECK_EQ(edo_mpsc_new(&self->typed, &self->to_send, sizeof(char *), TYPED_LINES, &lines), 0);
}

/* The client's input is open. */
static int wait_for_server(void *arg) {
    waited *w = arg;
    terminal self = { .options = &with_address, .is_typed = w->is_typed, .told = EDO_NOTIFY_INIT };
    edo_stream *keyboard;
    edo_scope scope;
    terminal_begin(&self, &keyboard);
    first = w->first;
    later = w->later;
    edo_scope_begin(&scope, NULL);
    if (first == GREETS) edo_scope_spawn(&scope, greet_and_go, NULL);
    edo_instant begin = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, patience);
    w->result = edo_deadline_end(&d, chat(&self));
    w->ns = edo_instant_since(edo_now(), begin).ns;
    w->is_unreachable = self.is_unreachable;
    w->connects_n = connects_n;
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    edo_close(keyboard);
    edo_close(silent_end);
    terminal_free(&self);
    return 0;
}

static void pipe_gives_a_server_up_that_stays_away(void **state) {
    static const struct {
        fate later;
        int result;
        int64_t most_s; // behind the loss
    } rows[] = {
        { REFUSES, -ECONNREFUSED, 60 + 16 },
        { CLOSES, -EDO_EEOF, 60 + 16 },
        { IS_SILENT, -ETIMEDOUT, 60 + 16 + 30 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        waited pipe = { .is_typed = false, .later = rows[i].later };
        assert_int_equal(inside(wait_for_server, &pipe), 0);
        assert_int_equal(pipe.result, rows[i].result);
        assert_true(pipe.is_unreachable);
        assert_true(pipe.ns >= edo_s(61).ns && pipe.ns <= edo_s(1 + rows[i].most_s).ns);
    }
}

static void user_at_a_terminal_may_wait(void **state) {
    static const fate all[] = { REFUSES, CLOSES, IS_SILENT };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        waited user = { .is_typed = true, .later = all[i] };
        assert_int_equal(inside(wait_for_server, &user), 0);
        assert_true(user.ns >= patience.ns); // that of the test, which ends it
        assert_false(user.is_unreachable);
        assert_true(user.connects_n < 1000); // one in 15 s at the most, but for the first ones
    }
}

static void server_that_never_greets_is_none(void **state) {
    static const struct {
        fate first;
        int result;
        int64_t most_s;
    } rows[] = { { REFUSES, -ECONNREFUSED, 0 },
                 { CLOSES, -EDO_EEOF, 0 },
                 { IS_SILENT, -ETIMEDOUT, 30 } };
    (void)state;
    for (size_t i = 0; i < 2 * EDO_COUNT(rows); i++) {
        waited w = { .is_typed = i % 2, .first = rows[i / 2].first, .later = GREETS };
        assert_int_equal(inside(wait_for_server, &w), 0);
        assert_int_equal(w.result, rows[i / 2].result);
        assert_true(w.is_unreachable && w.connects_n == 1);
        assert_true(w.ns <= edo_s(rows[i / 2].most_s).ns);
    }
}

/* ---- Lines that are not sent ----------------------------------------------------------------- */

static char got[4096]; /* by the server, of one connection */

/* The server. A task's function. */
static int greet_and_read(void *arg) {
    size_t n = 0;
    int more = 1;
    (void)arg;
    YIELD_FOR(server_end);
    CHECK_EQ(edo_write_all(server_end, greeting, sizeof greeting - 1), 0);
    while (more > 0 && n < sizeof got - 1) {
        more = edo_read(server_end, got + n, sizeof got - 1 - n);
        if (more > 0) n += (size_t)more;
    }
    got[n] = 0;
    edo_close(server_end);
    return 0;
}

typedef struct piped {
    const char *in, *sent;
    int result;
} piped;

static int say_all(void *arg) {
    const piped *p = arg;
    terminal self = { .options = &with_address, .session = "s", .told = EDO_NOTIFY_INIT };
    edo_stream *keyboard;
    edo_scope scope;
    terminal_begin(&self, &keyboard);
    first = GREETS;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, greet_and_read, NULL);
    CHECK_EQ(edo_write_all(keyboard, p->in, strlen(p->in)), 0);
    edo_close(keyboard);
    int err = chat(&self);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    if (err != p->result || strcmp(got, p->sent) != 0) edo_test_fail("%s: %d, %s", p->in, err, got);
    edo_trail_clear();
    terminal_free(&self);
    return 0;
}

/* Blanks alone are no message; what has characters that nobody sees may be meant as one. */
static void pipe_tells_of_each_line_that_is_not_sent(void **state) {
    static const piped rows[] = {
        { "a\n \t\r\n\nb\n", "/numbers\n/session s\na\nb\n/quit\n", 0 },
        { "a\n\u200b\nb\n", "/numbers\n/session s\na\nb\n/quit\n", -EDO_ECLOSED },
        { " \u2060 \n", "/numbers\n/session s\n/quit\n", -EDO_ECLOSED },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(say_all, (void *)(uintptr_t)&rows[i]), 0);
}

/* ---- A reply to the session that takes 10 s -------------------------------------------------- */

typedef struct late {
    bool had_session;
    const char *early; /* what the server has got before it replies */
    const char *reply, *next;
} late;

/* The server. A task's function. */
static int reply_late(void *arg) {
    const late *l = arg;
    static const char numbers[] = "#general 0 7\n";
    YIELD_FOR(server_end);
    CHECK_EQ(edo_write_all(server_end, greeting, sizeof greeting - 1), 0);
    CHECK_EQ(edo_write_all(server_end, numbers, sizeof numbers - 1), 0);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    int n = edo_read(server_end, got, sizeof got - 1);
    CHECK(n > 0);
    got[n] = '\0';
    if (strcmp(got, l->early) != 0) edo_test_fail("it got early: %s", got);
    CHECK_EQ(edo_write_all(server_end, l->reply, strlen(l->reply)), 0);
    while ((n = edo_read(server_end, got, sizeof got - 1)) > 0) {
        got[n] = '\0';
        if (strcmp(got, "/ref 1 a\n") == 0)
            CHECK_EQ(edo_write_all(server_end, l->next, strlen(l->next)), 0);
    }
    edo_close(server_end);
    return 0;
}

static int say_late(void *arg) {
    const late *l = arg;
    terminal self = { .options = &with_address,
                      .session = "s",
                      .wanted = { "ann" },
                      .had_session = l->had_session,
                      .told = EDO_NOTIFY_INIT };
    edo_stream *keyboard;
    edo_scope scope;
    terminal_begin(&self, &keyboard);
    first = GREETS;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, reply_late, arg);
    CHECK_EQ(edo_write_all(keyboard, "a\n", 2), 0);
    edo_close(keyboard);
    CHECK_EQ(chat(&self), 0); // so all is said, as far as it knows
    CHECK(name_equal(&self.me, &(name){ "ann" }));
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    terminal_free(&self);
    return 0;
}

static void reply_to_the_session_may_come_late(void **state) {
    static const late rows[] = {
        { true, "/numbers\n/session s ann\n", "* you are ann by your session\n",
          "#general 1 = 1\n" },
        { false, "/numbers\n/session s ann\n/nick ann\na\n",
          "* you are ann by your session\n* error: the name ann is taken\n#general 1\n", "" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(say_late, (void *)(uintptr_t)&rows[i]), 0);
}

/* ---- What is said again ---------------------------------------------------------------------- */

static char *numbered(int i, const char *end) {
    char *line = NULL;
    assert_true(asprintf(&line, "/ref %d text%s", i, end) > 0);
    return line;
}

/* What a connection may have taken, what a server was told too fast, and the line that was being
 * written. */
static void all_that_is_said_again_is_kept_in_its_order(void **state) {
    enum { LOST = UNSURE_LINES, AGAIN = 2 * UNSURE_LINES };
    terminal self = { .room = { "general" }, .lost_room = { "general" } };
    (void)state;
    for (int i = 0; i < AGAIN; i++)
        unsure_put(i < LOST ? &self.lost : &self.again, numbered(i, ""));
    self.held = numbered(AGAIN, "\n");
    assert_true(resume_hear(&self, "* you are ann by your session"));
    assert_null(self.held);
    for (int i = 0; i <= AGAIN; i++) {
        char *line = unsure_take(&self.again), *wanted = numbered(i, "");
        assert_non_null(line);
        assert_string_equal(line, wanted);
        free(line);
        free(wanted);
    }
    assert_int_equal(self.lost.n + self.again.n + self.again.older_n, 0);
    unsure_clear(&self.again);
}

/* ---- A line that is half written ------------------------------------------------------------- */

/* The server, which reads nothing until the user has left. `arg` is the terminal; a task's
 * function. */
static int read_after_the_end(void *arg) {
    static char heard[8192]; // more than the pipe takes
    const terminal *user = arg;
    size_t n = 0;
    int more = 1;
    YIELD_FOR(server_end);
    CHECK_EQ(edo_write_all(server_end, greeting, sizeof greeting - 1), 0);
    CHECK_EQ(edo_sleep(edo_s(30)), 0);
    while (more > 0 && n < sizeof heard - 1) {
        more = edo_read(server_end, heard + n, sizeof heard - 1 - n);
        if (more > 0) n += (size_t)more;
        edo_cancel(user->leave, EDO_CANCEL_USER); // runs before the writer, for which there is room
    }
    CHECK(n > 4096 && !strstr(heard, "x/quit"));
    edo_close(server_end);
    return 0;
}

static int leave_in_a_line(void *arg) {
    static char text[5000];
    terminal self = {
        .options = &with_address, .session = "s", .is_typed = true, .told = EDO_NOTIFY_INIT
    };
    edo_stream *keyboard;
    edo_scope scope;
    (void)arg;
    terminal_begin(&self, &keyboard);
    first = GREETS;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, read_after_the_end, &self);
    memset(text, 'x', sizeof text - 2);
    text[sizeof text - 2] = '\n';
    self.held = strdup(text);
    CHECK(self.held);
    CHECK_EQ(chat(&self), 0);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    edo_close(keyboard);
    terminal_free(&self);
    return 0;
}

static void nothing_is_said_behind_half_of_a_line(void **state) {
    (void)state;
    assert_int_equal(inside(leave_in_a_line, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipe_gives_a_server_up_that_stays_away),
        cmocka_unit_test(user_at_a_terminal_may_wait),
        cmocka_unit_test(server_that_never_greets_is_none),
        cmocka_unit_test(pipe_tells_of_each_line_that_is_not_sent),
        cmocka_unit_test(reply_to_the_session_may_come_late),
        cmocka_unit_test(all_that_is_said_again_is_kept_in_its_order),
        cmocka_unit_test(nothing_is_said_behind_half_of_a_line),
    };
    // What waits for a signal would be left.
    (void)sigaction(SIGHUP, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
