/* SPDX-License-Identifier: MIT */
/* The brackets as objects, and as guards of C, in a C++17 program that runs: results, early returns, exceptions that
 * pass them in a fiber, in one that other tasks interrupt, and on a plain thread. Prints the first failed check. */
#include <edo/edo.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);          \
            std::abort();                                                                          \
        }                                                                                          \
    } while (0)

namespace {

template <typename T> constexpr bool stays_in_place() {
    return !std::is_copy_constructible<T>::value && !std::is_move_constructible<T>::value &&
           !std::is_copy_assignable<T>::value && !std::is_move_assignable<T>::value &&
           std::is_nothrow_destructible<T>::value;
}
static_assert(stays_in_place<edo::deadline>(), "");
static_assert(stays_in_place<edo::shield>(), "");
static_assert(stays_in_place<edo::scope>(), "");
static_assert(stays_in_place<edo::cancel_block>(), "");

int alive_n;

int run_long(void *arg) {
    alive_n++;
    int err = edo_sleep(edo_s(100));
    *static_cast<edo_cancel_cause *>(arg) = edo_cancel_reason();
    edo::shield sh(edo_s(5));
    CHECK(edo_sleep(edo_ms(1)) == 0); // so that it takes a while to end
    alive_n--;
    return err;
}

/* ---- Results --------------------------------------------------------------------------------- */

int sleep_past(edo_duration limit) {
    edo::deadline d(limit);
    return d.end(edo_sleep(edo_s(1)));
}

int seven(void *) {
    return 7;
}

int first_of_two() {
    edo_cancel_cause cause = EDO_CANCEL_NONE;
    edo_scope_opts opts{};
    opts.policy = EDO_SCOPE_ANY;
    edo::scope s(&opts);
    (void)edo_scope_spawn(&s, run_long, &cause);
    (void)edo_scope_spawn(&s, seven, nullptr);
    return s.end(0);
}

void results() {
    CHECK(sleep_past(edo_ms(5)) == -ETIMEDOUT);
    CHECK(sleep_past(edo_s(5)) == 0);
    CHECK(first_of_two() == 7);
    edo_cancel_token *token;
    CHECK(edo_cancel_new(&token) == 0);
    edo_cancel(token, EDO_CANCEL_USER);
    {
        edo::cancel_block b(token);
        CHECK(edo_yield() == -ECANCELED);
        {
            edo::shield sh(edo_s(1));
            CHECK(edo_yield() == 0);
            CHECK(sh.end(3) == 3);
        }
        CHECK(b.end(-ECANCELED) == -ECANCELED);
        CHECK(edo_yield() == 0);
    }
    edo_cancel_unref(token);
}

/* ---- Ways out -------------------------------------------------------------------------------- */

int leave(int how, edo_cancel_token *token, edo_cancel_cause *cause) {
    edo::cancel_block b(token);
    edo::shield sh(edo_s(60));
    edo::deadline d(edo_s(50));
    edo::scope s;
    (void)edo_scope_spawn(&s, run_long, cause);
    CHECK(edo_yield() == 0);
    if (how == 1) throw std::runtime_error("thrown");
    return edo_sleep(edo_ms(1));
}

int leave_guards(int how, edo_cancel_token *token, edo_cancel_cause *cause) {
    EDO_CANCEL(b, token);
    EDO_SHIELD(sh, edo_s(60));
    EDO_DEADLINE(d, edo_s(50));
    EDO_SCOPE(s, nullptr);
    (void)edo_scope_spawn(&s, run_long, cause);
    CHECK(edo_yield() == 0);
    if (how == 1) throw std::runtime_error("thrown");
    return edo_sleep(edo_ms(1));
}

const edo_scope_opts *options_that_throw() {
    throw std::runtime_error("thrown");
}

edo_cancel_token *token_that_throws() {
    throw std::runtime_error("thrown");
}

void begin_none(int which) {
    if (which == 0) {
        EDO_SCOPE(s, options_that_throw());
    } else {
        EDO_CANCEL(b, token_that_throws());
    }
}

/* What throws where its bracket would begin leaves none. */
void unbegun() {
    for (int i = 0; i < 2; i++) {
        bool caught = false;
        try {
            begin_none(i);
        } catch (const std::runtime_error &) {
            caught = true;
        }
        CHECK(caught);
        CHECK(edo_yield() == 0);
    }
}

/* The two throw in turn, and each waits for a child while its exception is under way. */
int ways_out(void *) noexcept {
    edo_cancel_token *token;
    CHECK(edo_cancel_new(&token) == 0);
    edo_cancel(token, EDO_CANCEL_USER);
    for (int i = 0; i < 4; i++) {
        edo_cancel_cause cause = EDO_CANCEL_NONE;
        bool caught = false;
        int alive_before = alive_n;
        try {
            int err = i < 2 ? leave(i % 2, token, &cause) : leave_guards(i % 2, token, &cause);
            CHECK(err == 0);
        } catch (const std::runtime_error &) {
            caught = true;
        }
        CHECK(caught == (i % 2 == 1));
        CHECK(alive_n <= alive_before + 1); // the other task's child
        CHECK(cause == EDO_CANCEL_SIBLING);
        CHECK(edo_sleep(edo_ms(1)) == 0);
        CHECK(edo_deadline_left().ns < 0);
    }
    edo_cancel_unref(token);
    return 0;
}

int all(void *) {
    results();
    unbegun();
    edo_scope s;
    edo_scope_begin(&s, nullptr);
    for (int i = 0; i < 2; i++) (void)edo_scope_spawn(&s, ways_out, nullptr);
    CHECK(edo_scope_end(&s, 0) == 0);
    CHECK(alive_n == 0);
    return 0;
}

void on_a_thread(edo_runtime *rt) {
    CHECK(edo_runtime_enter(rt) == 0);
    CHECK(ways_out(nullptr) == 0);
    edo_runtime_leave(rt);
}

} // namespace

int main() {
    edo_runtime *rt;
    edo_runtime_opts opts{};
    opts.start_paused = true;
    CHECK(edo_runtime_new(&rt, &opts) == 0);
    CHECK(edo_run(rt, all, nullptr) == 0);
    on_a_thread(rt);
    edo_runtime_free(rt);
    (void)std::puts("ok");
    return 0;
}
