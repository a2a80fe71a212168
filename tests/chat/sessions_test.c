/* SPDX-License-Identifier: MIT */
/* Goal: a person on a page stays for a minute without a connection, and is used by one task at a
 * time.
 * Method: the sources are included, but for connections, which this test stands for; time is
 * virtual. Allocations fail one by one, those of the library and those of the chat. */
#include "fail_alloc.h"

#include <search.h>
#include <string.h>

static inline void *fail_calloc(size_t n, size_t bytes) {
    void *memory = fail_alloc_new(NULL, n * bytes);
    return memory ? memset(memory, 0, n * bytes) : NULL;
}

static inline void *fail_tsearch(const void *key, void **root,
                                 int (*compare)(const void *, const void *)) {
    void *known = tfind(key, root, compare);
    void *memory = known ? NULL : fail_alloc_new(NULL, 1); // as it would for itself
    free(memory);
    return known || memory ? tsearch(key, root, compare) : NULL;
}

#define tsearch          fail_tsearch
#define malloc(bytes)    fail_alloc_new(NULL, (bytes))
#define calloc(n, bytes) fail_calloc((n), (bytes))
#include "../../apps/chat/store.c" // first: its parameters have names of our types

#include "../../apps/chat/directory.c"
#include "../../apps/chat/message.c"
#include "../../apps/chat/room.c"
#include "../../apps/chat/sessions.c"
#include "../../apps/chat/storage.c"
#include "../../apps/chat/talk.c"
#include "../../apps/chat/text.c"
#include "../../apps/chat/token.c"
#include "../../apps/chat/user.c"
#include "../../apps/chat/wire.c"

#undef tsearch
#undef malloc
#undef calloc

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdef-_ABCDEF"

/* No terminal is told anything here. */
int client_post(edo_mpsc_tx *to, const pending *p, bool is_stuck) {
    (void)to, (void)p, (void)is_stuck;
    return -EDO_ECLOSED;
}

bool page_may_speak(const page *self) {
    (void)self;
    return true;
}

static const options limits = { .history = 5, .line_bytes_max = 100, .rate = 1 };
static server at;

static void begin(void) {
    at = (server){ .options = &limits };
    (void)edo_time_pause(); // it may be paused already
    assert_int_equal(directory_init(&at.directory, limits.history, NULL), 0);
    sessions_init(&at.sessions);
}

static void end(void) {
    sessions_deinit(&at.sessions);
    assert_null(at.directory.people);
    directory_deinit(&at.directory);
}

static void run(int (*fn)(void *)) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    assert_int_equal(edo_run(rt, fn, NULL), 0);
    edo_runtime_unref(rt);
}

static user *claim(int wanted) {
    user *u = NULL;
    assert_int_equal(sessions_claim(&at.sessions, &at, TOKEN, &u), wanted);
    return u;
}

static user *arrive(const char *nick) {
    int fault;
    user *u = claim(0);
    assert_int_equal(user_arrive(u, edo_str_of(nick)), 0);
    assert_non_null(user_join(u, EDO_STR("Tea"), &fault));
    return u;
}

static void release(user *u, bool is_lost) {
    if (is_lost) sessions_hold(&at.sessions, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u);
}

static void pass(int64_t seconds) {
    assert_int_equal(edo_sleep(edo_s(seconds)), 0);
    sessions_reap(&at.sessions);
}

static bool is_taken(const char *nick) {
    name n;
    reach who = { 0 };
    assert_true(name_parse(&n, edo_str_of(nick)));
    bool is = directory_find(&at.directory, &n, &who);
    reach_drop(&who);
    return is;
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int lose_and_come_back(void *arg) {
    (void)arg;
    begin();
    user *u = arrive("ann");
    release(u, true);
    pass(59);
    assert_true(is_taken("ann") && at.sessions.users_n == 1);
    assert_ptr_equal(claim(1), u);
    assert_string_equal(u->me.name.text, "ann");
    assert_non_null(user_find_seat(u, EDO_STR("tea")));
    edo_mutex_unlock(&u->using);
    pass(600); // it has a connection
    assert_true(is_taken("ann"));
    assert_int_equal(edo_mutex_lock(&u->using), 0);
    release(u, true);
    pass(59);
    assert_true(is_taken("ann"));
    pass(2);
    assert_false(is_taken("ann"));
    assert_int_equal(at.sessions.users_n, 0);
    assert_null(directory_open_known_room(&at.directory, &(name){ "tea" })); // it is empty
    u = claim(0);                                                            // a new person
    assert_int_equal(user_arrive(u, EDO_STR("ANN")), 0);
    assert_string_equal(u->me.name.text, "ANN");
    release(u, true);
    end();
    return 0;
}

static void person_stays_for_a_minute_without_a_connection(void **state) {
    (void)state;
    run(lose_and_come_back);
}

typedef struct waiting {
    int result; /* of the claim; 2: it waits */
    user *got;
} waiting;

static int claim_later(void *arg) {
    waiting *self = arg;
    self->result = sessions_claim(&at.sessions, &at, TOKEN, &self->got);
    if (self->result == 0) assert_int_equal(user_arrive(self->got, EDO_STR("new")), 0);
    if (self->result >= 0) release(self->got, true);
    return 0;
}

static int claim_one_that_is_used(void *arg) {
    (void)arg;
    begin();
    edo_scope scope;
    waiting first = { .result = 2 }, second = { .result = 2 };
    user *u = arrive("ann");
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, claim_later, &first);
    edo_scope_spawn(&scope, claim_later, &second);
    assert_int_equal(edo_sleep(edo_s(5)), 0);
    assert_true(first.result == 2 && second.result == 2);
    release(u, true);
    assert_int_equal(edo_scope_end(&scope), 0);
    assert_true(first.result == 1 && second.result == 1);
    assert_true(first.got == u && second.got == u);
    pass(61);
    assert_int_equal(at.sessions.users_n, 0);
    end();
    return 0;
}

static void claim_waits_until_nobody_else_uses_the_person(void **state) {
    (void)state;
    run(claim_one_that_is_used);
}

static int claim_one_that_goes(void *arg) {
    (void)arg;
    begin();
    edo_scope scope;
    waiting late = { .result = 2 };
    user *u = claim(0); // and it cannot arrive
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, claim_later, &late);
    assert_int_equal(edo_sleep(edo_s(1)), 0);
    sessions_forget(&at.sessions, u);
    edo_mutex_unlock(&u->using);
    assert_int_equal(edo_scope_end(&scope), 0);
    assert_int_equal(late.result, 0); // a new one
    assert_ptr_not_equal(late.got, u);
    edo_rc_unref(u);
    assert_int_equal(at.sessions.users_n, 1);
    end();
    return 0;
}

static void claim_of_a_person_that_goes_meanwhile_makes_a_new_one(void **state) {
    (void)state;
    run(claim_one_that_goes);
}

static int speak_quickly(void *arg) {
    (void)arg;
    begin();
    user *u = arrive("ann");
    int said = 0;
    while (user_may_speak(u)) said++;
    assert_int_equal(said, BURST);
    assert_int_equal(edo_sleep(edo_s(3)), 0);
    for (said = 0; user_may_speak(u); said++) continue;
    assert_int_equal(said, 3);
    release(u, true);
    end();
    return 0;
}

static void person_may_say_a_burst_and_then_so_much_a_second(void **state) {
    (void)state;
    run(speak_quickly);
}

/* A person comes, says something and is lost; the k-th allocation on the way fails. Returns whether
 * it has. */
static bool live_once(int k) {
    user *u = NULL;
    int fault;
    begin();
    fail_alloc_in = k;
    int err = sessions_claim(&at.sessions, &at, TOKEN, &u);
    if (err == 0 && user_arrive(u, EDO_STR("ann")) < 0) {
        sessions_forget(&at.sessions, u);
        edo_mutex_unlock(&u->using);
        edo_rc_unref(u);
        err = -ENOMEM;
    }
    if (err == 0) {
        user_seat *s = user_join(u, EDO_STR("tea"), &fault);
        if (s && user_listen(u, s, 0, 0) == 0) {
            (void)user_say(u, s, EDO_STR("hello"), EDO_STR("r1"), false);
            (void)user_say(u, s, EDO_STR("hello"), EDO_STR("r1"), false);
        }
        (void)user_rename(u, EDO_STR("bob"));
    }
    bool has_fired = fail_alloc_in == 0;
    fail_alloc_in = 0;
    if (err == 0) release(u, true);
    end();
    return has_fired;
}

static int live_without_memory(void *arg) {
    (void)arg;
    int k = 1;
    while (live_once(k)) k++;
    assert_true(k > 10);
    return 0;
}

static void life_without_memory_leaves_nothing_behind(void **state) {
    (void)state;
    run(live_without_memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(person_stays_for_a_minute_without_a_connection),
        cmocka_unit_test(claim_waits_until_nobody_else_uses_the_person),
        cmocka_unit_test(claim_of_a_person_that_goes_meanwhile_makes_a_new_one),
        cmocka_unit_test(person_may_say_a_burst_and_then_so_much_a_second),
        cmocka_unit_test(life_without_memory_leaves_nothing_behind),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
