/* SPDX-License-Identifier: MIT */
/* Goal: a person on a page stays for a minute without a connection, and is used by one task at a
 * time.
 * Method: this test stands for the connections; time is virtual. Allocations fail one by one, those
 * of the library and those of the chat. */
#include "../../apps/chat/room/page_socket.c"

#include "options.h"
#include "person/sessions.h"
#include "person/user.h"
#include "room/member.h"
#include "server.h"
#include "stores/memory.h"
#include "stores/odd.h"

#include <search.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* In the place of these functions of libc, for the chat and the library: the call that makes it 0
 * fails; 0: none does. */
static atomic_int fail_in;

static bool fails(void) {
    return fail_in > 0 && --fail_in == 0;
}

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__real_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_malloc(size_t bytes) {
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t n, size_t bytes) {
    return fails() ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    return fails() ? NULL : __real_realloc(old, bytes);
}

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *)) {
    void *known = tfind(key, root, compare);
    return !known && fails() ? NULL : __real_tsearch(key, root, compare);
}

#define TOKEN "0123456789abcdef-_ABCDEF"

bool server_may_speak(const server *self, edo_str address) {
    (void)self, (void)address;
    return true;
}

static const options limits = { .history = 5, .line_bytes_max = 100, .rate = 1 };
static server at;
static sessions by_session;

static void begin_with(storage *kept_in) {
    at = (server){ .options = &limits, .storage = kept_in };
    (void)edo_time_pause(); // it may be paused already
    CHECK_EQ(directory_init(&at.directory, limits.history, kept_in), 0);
    sessions_init(&by_session);
}

static void begin(void) {
    begin_with(NULL);
}

static void end(void) {
    sessions_deinit(&by_session);
    CHECK(!at.directory.people);
    directory_deinit(&at.directory);
}

static user *claim(int wanted) {
    user *u = NULL;
    CHECK_EQ(sessions_claim(&by_session, &at, TOKEN, edo_now(), &u), wanted);
    return u;
}

static user *arrive(const char *nick) {
    int fault;
    user *u = claim(0);
    CHECK_EQ(user_arrive(u, edo_str_of(nick), edo_now()), 0);
    CHECK(user_join(u, EDO_STR("Tea"), &fault));
    return u;
}

static void release(user *u, bool is_lost) {
    if (is_lost) sessions_hold(&by_session, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u);
}

static void pass(int64_t seconds) {
    CHECK_EQ(edo_sleep(edo_s(seconds)), 0);
    sessions_reap(&by_session);
}

static bool is_taken(const char *nick) {
    name n;
    reach who = { 0 };
    CHECK(name_parse(&n, edo_str_of(nick)));
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
    CHECK(is_taken("ann") && by_session.users_n == 1);
    CHECK(claim(1) == u);
    CHECK_EQ(strcmp(u->me.name.text, "ann"), 0);
    CHECK(user_find_seat(u, EDO_STR("tea")));
    edo_mutex_unlock(&u->using);
    pass(600); // it has a connection
    CHECK(is_taken("ann"));
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    release(u, true);
    pass(59);
    CHECK(is_taken("ann"));
    pass(2);
    CHECK(!is_taken("ann"));
    CHECK_EQ(by_session.users_n, 0);
    CHECK(!directory_open_known_room(&at.directory, &(name){ "tea" })); // it is empty
    u = claim(0);                                                       // a new person
    CHECK_EQ(user_arrive(u, EDO_STR("ANN"), edo_now()), 0);
    CHECK_EQ(strcmp(u->me.name.text, "ANN"), 0);
    release(u, true);
    end();
    return 0;
}

static void person_stays_for_a_minute_without_a_connection(void **state) {
    (void)state;
    run(lose_and_come_back);
}

/* A person of that name and address comes, and is lost. */
static void come_and_go(const char *nick, const char *address) {
    char token[SESSION_BYTES_MAX + 1], key[EDO_ADDR_KEY_BYTES] = "";
    user *u = NULL;
    (void)snprintf(token, sizeof token, TOKEN "%s", nick);
    (void)snprintf(key, sizeof key, "%s", address);
    CHECK_EQ(sessions_claim(&by_session, &at, token, edo_now(), &u), 0);
    CHECK_EQ(user_arrive(u, edo_str_of(nick), edo_now()), 0);
    member_set_address(&u->me, (edo_str){ key, sizeof key });
    release(u, true);
}

static int lose_many(void *arg) {
    (void)arg;
    begin();
    by_session.held_max = 6;
    come_and_go("ann", "home");
    for (int i = 0; i < 20; i++) {
        char nick[24];
        (void)snprintf(nick, sizeof nick, "flood-%d", i);
        come_and_go(nick, i % 2 ? "far" : "far-too");
    }
    come_and_go("bob", "office");
    pass(1);
    CHECK(is_taken("ann") && is_taken("bob"));
    CHECK_EQ(by_session.users_n, 6);
    CHECK(!is_taken("flood-0") && !is_taken("flood-15") && is_taken("flood-16"));
    CHECK(is_taken("flood-19"));
    pass(58);
    CHECK(is_taken("ann"));
    pass(2);
    CHECK_EQ(by_session.users_n, 0);
    CHECK(!by_session.shares);
    end();
    return 0;
}

static void people_of_other_addresses_stay_for_their_minute_beside_a_flood(void **state) {
    (void)state;
    run(lose_many);
}

/* Does the person, who has another session, get that name? */
static bool gets_name(user *u, const char *nick) {
    int err = user_rename(u, edo_str_of(nick));
    CHECK(err == FAULT_NICK_TAKEN || err == 0 || err == -EDO_ECLOSED); // it has no page to be told
    return strcmp(u->me.name.text, nick) == 0;
}

static int keep_spoken_name(void *arg) {
    (void)arg;
    begin();
    user *ann = arrive("ann"), *eve = NULL;
    CHECK_EQ(sessions_claim(&by_session, &at, TOKEN "eve", edo_now(), &eve), 0);
    CHECK_EQ(user_arrive(eve, EDO_STR("eve"), edo_now()), 0);
    // A name that nobody has spoken under is free as soon as its owner has gone.
    release(ann, true);
    pass(61);
    CHECK(gets_name(eve, "ann") && gets_name(eve, "eve"));
    ann = arrive("ann");
    (void)user_say(ann, user_find_seat(ann, EDO_STR("tea")), EDO_STR("hi"), (edo_str){ 0 }, false);
    release(ann, true);
    pass(61);
    CHECK_EQ(by_session.users_n, 1);
    CHECK(!is_taken("ann") && directory_is_kept(&at.directory, &(name){ "ANN" }));
    CHECK(!gets_name(eve, "ann") && !gets_name(eve, "Ann"));
    CHECK_EQ(edo_sleep(edo_s(80000)), 0);
    // The owner has it again, and may give it up.
    ann = arrive("Ann");
    CHECK_EQ(strcmp(ann->me.name.text, "Ann"), 0);
    CHECK(!directory_is_kept(&at.directory, &(name){ "ann" }));
    (void)user_say(ann, user_find_seat(ann, EDO_STR("tea")), EDO_STR("hi"), (edo_str){ 0 }, false);
    CHECK(gets_name(ann, "anna") && gets_name(eve, "ann") && gets_name(eve, "eve"));
    CHECK(gets_name(ann, "ann"));
    (void)user_say(ann, user_find_seat(ann, EDO_STR("tea")), EDO_STR("hi"), (edo_str){ 0 }, false);
    release(ann, true);
    pass(61);
    CHECK(!gets_name(eve, "ann"));
    CHECK_EQ(edo_sleep(edo_s(24 * 60 * 60 - 60)), 0);
    CHECK(!gets_name(eve, "ann"));
    CHECK_EQ(edo_sleep(edo_s(61)), 0);
    CHECK(gets_name(eve, "ann"));
    release(eve, true);
    end();
    return 0;
}

static void name_that_its_owner_has_spoken_under_is_kept_for_a_day(void **state) {
    (void)state;
    run(keep_spoken_name);
}

static int tell_from(page_socket *to, uint64_t from, const char *address, const char *text) {
    const saying what = { .from = from, .nick = { "eve" }, .text = edo_str_of(text) };
    message *m = message_direct(&what, "", &(name){ "bob" }, "", true);
    CHECK(m);
    if (address) m = message_paid_by(m, (edo_str){ address, EDO_ADDR_KEY_BYTES });
    return page_socket_tell(to, m);
}

/* How many of that author are kept. */
static size_t told_from(const page_socket *of, uint64_t from) {
    const message *m;
    size_t n = 0;
    STAILQ_FOREACH(m, &of->told, next) n += m->what.from == from;
    return n;
}

enum { SHARE = PAGE_TOLD_MAX / PAGE_TOLD_PARTS };

static void stranger_fills_no_more_than_its_share_of_a_mail(void **state) {
    (void)state;
    static const char far[EDO_ADDR_KEY_BYTES] = { 4, 9, 9, 9, 9 };
    static char long_text[4000];
    memset(long_text, 'x', sizeof long_text - 1);
    page_socket *bob = page_socket_new(EDO_STR("bob"), NULL);
    page_socket_resume(bob, true, 0); // its page says what it has
    for (uint64_t i = 0; i < SHARE; i++) CHECK_EQ(tell_from(bob, 100 + i, far, "x"), 0);
    CHECK_EQ(tell_from(bob, 1, far, "x"), -EAGAIN); // another session of the address
    CHECK_EQ(tell_from(bob, 2, NULL, "x"), 0);      // a terminal of this machine
    for (uint64_t i = 1; i < SHARE; i++) CHECK_EQ(tell_from(bob, 2, NULL, "x"), 0);
    CHECK_EQ(tell_from(bob, 2, NULL, "x"), -EAGAIN);
    CHECK_EQ(tell_from(bob, 3, NULL, long_text), 0);
    for (int i = 0; tell_from(bob, 3, NULL, long_text) == 0; i++) CHECK(i < SHARE / 2);
    CHECK_EQ(tell_from(bob, 4, NULL, "x"), 0);
    page_socket_got(bob, page_socket_told(bob));
    CHECK_EQ(tell_from(bob, 1, far, "x"), 0);
    edo_rc_unref(bob);
}

static void page_that_does_not_count_is_kept_what_others_have_told_it(void **state) {
    (void)state;
    static const char ann[EDO_ADDR_KEY_BYTES] = { 4, 1 };
    page_socket *bob = page_socket_new(EDO_STR("bob"), NULL);
    CHECK_EQ(tell_from(bob, 1, ann, "x"), 0);
    for (int i = 0; i < 2 * SHARE; i++) CHECK_EQ(tell_from(bob, 2, NULL, "x"), 0);
    CHECK(told_from(bob, 1) == 1 && told_from(bob, 2) == SHARE);
    for (int i = 0; i < 10 * SHARE; i++)
        CHECK_EQ(tell_from(bob, 3 + (uint64_t)i % 5, NULL, "x"), 0);
    CHECK(told_from(bob, 1) == 1 && bob->told_n == PAGE_TOLD_MAX);
    for (uint64_t from = 3; from < 8; from++) CHECK(told_from(bob, from) >= SHARE / 2);
    edo_rc_unref(bob);
}

/* Does what the person was told alone, and its page does not have, begin with a message that has
 * `text` in it? */
static bool was_told(const user *u, const char *text) {
    const message *m = STAILQ_FIRST(&u->me.socket->told);
    return m && memmem(m->frame.ptr, m->frame.len, text, strlen(text));
}

static int tell_one_that_does_not_come_back(void *arg) {
    message *own;
    (void)arg;
    begin();
    user *bob = arrive("bob"), *ann = NULL;
    CHECK_EQ(sessions_claim(&by_session, &at, TOKEN "ann", edo_now(), &ann), 0);
    CHECK_EQ(user_arrive(ann, EDO_STR("ann"), edo_now()), 0);
    release(bob, true);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(member_tell(&ann->me, &(name){ "bob" }, (edo_str){ 0 }, EDO_STR("psst"), &own), 0);
        edo_rc_unref(own);
    }
    pass(59);
    CHECK(was_told(bob, "\"text\":\"psst\"") && STAILQ_EMPTY(&ann->me.socket->told));
    page_socket_got(bob->me.socket, STAILQ_FIRST(&bob->me.socket->told)->what.number);
    pass(2);
    CHECK(!is_taken("bob"));
    CHECK(was_told(ann, "\"undelivered\",\"to\":\"bob\""));
    CHECK(was_told(ann, "\"messages\":1,\"number\":"));
    release(ann, true);
    pass(61); // nobody is told that this was not delivered
    end();
    return 0;
}

static void author_is_told_what_the_one_who_does_not_come_back_has_not_got(void **state) {
    (void)state;
    run(tell_one_that_does_not_come_back);
}

typedef struct waiting {
    int result; /* of the claim; 2: it waits */
    user *got;
} waiting;

static int claim_later(void *arg) {
    waiting *self = arg;
    self->result = sessions_claim(&by_session, &at, TOKEN, edo_now(), &self->got);
    if (self->result == 0) CHECK_EQ(user_arrive(self->got, EDO_STR("new"), edo_now()), 0);
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
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    CHECK(first.result == 2 && second.result == 2);
    release(u, true);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK(first.result == 1 && second.result == 1);
    CHECK(first.got == u && second.got == u);
    pass(61);
    CHECK_EQ(by_session.users_n, 0);
    end();
    return 0;
}

static void claim_waits_until_nobody_else_uses_the_person(void **state) {
    (void)state;
    run(claim_one_that_is_used);
}

static int taken_over_n;

static void outlet_nothing(void *to) {
    (void)to;
}

static int outlet_takes(void *to, message *m) {
    (void)to, (void)m;
    return 0;
}

static void outlet_is_taken(void *to) {
    (void)to;
    taken_over_n++;
}

static int claim_one_that_another_claims(void *arg) {
    static const outlet_ops ops = { outlet_nothing, outlet_nothing,  outlet_takes,
                                    outlet_takes,   outlet_is_taken, NULL };
    (void)arg;
    begin();
    edo_scope scope;
    waiting first = { .result = 2 }, second = { .result = 2 };
    user *u = arrive("ann"), *old = NULL;
    const edo_instant before = edo_now();
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, claim_later, &first);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    edo_scope_spawn(&scope, claim_later, &second);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(first.result == 2 && second.result == 2);
    release(u, true);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(first.result, -EDO_ECLOSED);
    CHECK(second.result == 1 && second.got == u);
    CHECK(claim(1) == u);
    user_attach(u, &second, (outlet){ &ops, &second }, member_address(&u->me));
    edo_mutex_unlock(&u->using);
    CHECK_EQ(sessions_claim(&by_session, &at, TOKEN, before, &old), -EDO_ECLOSED);
    CHECK_EQ(taken_over_n, 0); // what came before its page says nothing to it
    CHECK(claim(1) == u);
    CHECK_EQ(taken_over_n, 2); // before the wait and behind it
    user_detach(u);
    release(u, true);
    edo_rc_unref(u);
    pass(61);
    CHECK_EQ(by_session.users_n, 0);
    end();
    return 0;
}

static void last_connection_to_come_gets_the_person(void **state) {
    (void)state;
    run(claim_one_that_another_claims);
}

static int claim_one_that_goes(void *arg) {
    (void)arg;
    begin();
    edo_scope scope;
    waiting late = { .result = 2 };
    user *u = claim(0); // and it cannot arrive
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, claim_later, &late);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    sessions_forget(&by_session, u);
    edo_mutex_unlock(&u->using);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK_EQ(late.result, 0); // a new one
    CHECK(late.got != u);
    edo_rc_unref(u);
    CHECK_EQ(by_session.users_n, 1);
    end();
    return 0;
}

static void claim_of_a_person_that_goes_meanwhile_makes_a_new_one(void **state) {
    (void)state;
    run(claim_one_that_goes);
}

static int pass_a_minute(void *arg) {
    (void)arg;
    pass(61);
    return 0;
}

static int let_one_go_that_is_used(void *arg) {
    (void)arg;
    begin();
    edo_scope scope;
    user *u = edo_rc_ref(arrive("ann"));
    release(u, true);
    CHECK_EQ(edo_mutex_lock(&u->using), 0); // a late visit
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, pass_a_minute, NULL);
    CHECK_EQ(edo_sleep(edo_s(70)), 0);
    CHECK_EQ(by_session.users_n, 0);
    CHECK(is_taken("ann") && u->seats_n == 1);
    edo_mutex_unlock(&u->using);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK(!is_taken("ann") && u->seats_n == 0);
    edo_rc_unref(u);
    end();
    return 0;
}

static void person_that_is_used_goes_when_it_is_no_longer(void **state) {
    (void)state;
    run(let_one_go_that_is_used);
}

static int speak_quickly(void *arg) {
    (void)arg;
    begin();
    user *u = arrive("ann");
    int said = 0;
    while (user_may_speak(u)) said++;
    CHECK_EQ(said, MEMBER_BURST);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    for (said = 0; user_may_speak(u); said++) continue;
    CHECK_EQ(said, 3);
    release(u, true);
    end();
    return 0;
}

static void person_may_say_a_burst_and_then_so_much_a_second(void **state) {
    (void)state;
    run(speak_quickly);
}

static int speak_too_fast(void *arg) {
    char ref[16] = "first";
    (void)arg;
    begin();
    at.storage = start();
    user *u = arrive("ann");
    user_seat *s = user_find_seat(u, EDO_STR("tea"));
    u->may_have_said = true;
    int result = 0;
    for (int n = 0; result == 0; n++) {
        result = user_say(u, s, EDO_STR("x"), edo_str_of(ref), false);
        if (result == 0) (void)snprintf(ref, sizeof ref, "r%d", n);
    }
    CHECK_EQ(result, FAULT_FAST);
    uint64_t finds_n = kept.finds_n;
    CHECK(finds_n > 0);
    for (int n = 0; n < 100; n++) {
        (void)snprintf(ref, sizeof ref, "new%d", n);
        CHECK_EQ(user_say(u, s, EDO_STR("x"), edo_str_of(ref), false), FAULT_FAST);
    }
    CHECK_EQ(kept.finds_n, finds_n);
    const message *last = u->said[(u->said_n - 1) % USER_REFS];
    edo_str again = message_own_ref(last->what.ref, edo_str_of(u->key));
    CHECK_EQ(user_say(u, s, EDO_STR("x"), again, false), FAULT_FAST);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    uint64_t said_n = u->said_n;
    CHECK_EQ(user_say(u, s, EDO_STR("x"), again, false), -EDO_ECLOSED); // a reply, but no page
    CHECK_EQ(u->said_n, said_n);
    release(u, true);
    end();
    CHECK_EQ(storage_end(at.storage), 0);
    return 0;
}

static void
say_that_comes_too_fast_is_looked_up_nowhere_and_one_of_the_last_is_known(void **state) {
    (void)state;
    run(speak_too_fast);
}

static int user_says(user *u, const char *text, const char *ref) {
    return user_say(u, user_find_seat(u, EDO_STR("tea")), edo_str_of(text), edo_str_of(ref), false);
}

/* Says it once more; it is known: the reply has no page to go to. */
static bool is_said_already(user *u, const char *ref) {
    uint64_t said_n = u->said_n;
    int err = user_says(u, "x", ref);
    return err == -EDO_ECLOSED && u->said_n == said_n;
}

static int say_all_again(void *arg) {
    char ref[16];
    (void)arg;
    begin();
    user *u = arrive("ann");
    for (int n = 0; n < MEMBER_BURST; n++) {
        (void)snprintf(ref, sizeof ref, "r%d", n);
        CHECK_EQ(user_says(u, "x", ref), 0);
    }
    CHECK_EQ(edo_sleep(edo_s(MEMBER_BURST)), 0);
    for (int n = 0; n < MEMBER_BURST; n++) {
        (void)snprintf(ref, sizeof ref, "r%d", n);
        CHECK(is_said_already(u, ref));
    }
    release(u, true);
    end();
    return 0;
}

static void whole_burst_that_is_repeated_is_said_once(void **state) {
    (void)state;
    run(say_all_again);
}

static int say_again_without_a_store(void *arg) {
    static const char *const refs[] = { "a", "b", "c", "d", "e", "f", "g" };
    static char text[USER_REF_BYTES / 4];
    (void)arg;
    begin();
    user *ann = arrive("ann"), *bob = NULL;
    int fault;
    CHECK_EQ(sessions_claim(&by_session, &at, TOKEN "bob", edo_now(), &bob), 0);
    CHECK_EQ(user_arrive(bob, EDO_STR("bob"), edo_now()), 0);
    CHECK(user_join(bob, EDO_STR("Tea"), &fault)); // so the room stays
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < EDO_COUNT(refs); i++) CHECK_EQ(user_says(ann, text, refs[i]), 0);
    CHECK(ann->said_bytes <= USER_REF_BYTES && ann->forgotten_n == 3);
    release(ann, true);
    pass(61);
    ann = arrive("ann");
    ann->may_have_said = true; // its client has brought its session
    CHECK(is_said_already(ann, "g") && is_said_already(ann, "c"));
    CHECK_EQ(user_says(ann, "x", "b"), 0); // the room has forgotten it
    release(ann, true);
    release(bob, true);
    end();
    return 0;
}

static void without_a_store_the_room_knows_what_a_person_said_before_it_went(void **state) {
    (void)state;
    run(say_again_without_a_store);
}

/* The last frame that a page was told. */
static char last_frame[400];

static void page_count(void *to) {
    (void)to; // it is static
}

static int page_take(void *to, message *m) {
    (void)to;
    CHECK(m->frame.len < sizeof last_frame);
    memcpy(last_frame, m->frame.ptr, m->frame.len);
    last_frame[m->frame.len] = '\0';
    return 0;
}

/* Whether the page was told that text since it was asked last. */
static bool page_is_told(const char *text) {
    bool is_told = strstr(last_frame, text) != NULL;
    *last_frame = '\0';
    return is_told;
}

/* The page listens in the room. */
static void page_come(user *u) {
    static const outlet_ops ops = {
        page_count, page_count, page_take, page_take, page_count, NULL
    };
    user_seat *s = user_find_seat(u, EDO_STR("tea"));
    user_attach(u, NULL, (outlet){ &ops, last_frame }, member_address(&u->me));
    user_attend(s);
    CHECK_EQ(user_listen(u, s, &(bookmark){ 0 }), 0);
}

/* The message was said at another node, and its author says another text by its reference here. */
static int say_another_text(void *arg) {
    static const char was_said[] = "\"text\":\"first\"";
    store *memory = NULL;
    storage *kept_in;
    char ref[TOKEN_KEY_BYTES + 3];
    place is;
    (void)arg;
    CHECK_EQ(memory_new(&memory, &memory_ops_that_number, 0), 0);
    CHECK_EQ(storage_start(&kept_in, memory), 0);
    begin_with(kept_in);
    user *ann = arrive("ann");
    page_come(ann);
    (void)snprintf(ref, sizeof ref, "%s r", ann->key);
    const saying first = {
        .room = { "tea" }, .nick = { "ann" }, .text = EDO_STR("first"), .ref = edo_str_of(ref)
    };
    CHECK_EQ(store_order(memory, &first, 1, &is), 0);
    CHECK_EQ(user_says(ann, "second", "r"), 0);
    CHECK(page_is_told(was_said)); // as news
    CHECK_EQ(user_says(ann, "third", "r"), 0);
    CHECK(page_is_told(was_said)); // as the reply
    uint64_t said_n = ann->said_n;
    CHECK_EQ(user_says(ann, "fourth", "r"), 0);
    CHECK(page_is_told(was_said));
    CHECK_EQ(ann->said_n, said_n); // the store was not asked
    CHECK_EQ(room_numbers_now(user_find_seat(ann, EDO_STR("tea"))->seat.room).last, 1);
    release(ann, true);
    end();
    CHECK_EQ(storage_end(kept_in), 0);
    return 0;
}

static void who_says_another_text_by_a_reference_is_told_what_was_said(void **state) {
    (void)state;
    run(say_another_text);
}

/* A person comes, says something and is lost; the k-th allocation on the way fails. Returns whether
 * it has. */
static bool live_once(int k) {
    user *u = NULL;
    int fault;
    begin();
    fail_in = k;
    int err = sessions_claim(&by_session, &at, TOKEN, edo_now(), &u);
    if (err == 0 && user_arrive(u, EDO_STR("ann"), edo_now()) < 0) {
        sessions_forget(&by_session, u);
        edo_mutex_unlock(&u->using);
        edo_rc_unref(u);
        err = -ENOMEM;
    }
    if (err == 0) {
        user_seat *s = user_join(u, EDO_STR("tea"), &fault);
        if (s && user_listen(u, s, &(bookmark){ 0 }) == 0) {
            (void)user_say(u, s, EDO_STR("hello"), EDO_STR("r1"), false);
            (void)user_say(u, s, EDO_STR("hello"), EDO_STR("r1"), false);
        }
        (void)user_rename(u, EDO_STR("bob"));
    }
    bool has_fired = fail_in == 0;
    fail_in = 0;
    if (err == 0) release(u, true);
    end();
    return has_fired;
}

static int live_without_memory(void *arg) {
    (void)arg;
    int k = 1;
    while (live_once(k)) k++;
    CHECK(k > 10);
    return 0;
}

static void life_without_memory_leaves_nothing_behind(void **state) {
    (void)state;
    run(live_without_memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(person_stays_for_a_minute_without_a_connection),
        cmocka_unit_test(people_of_other_addresses_stay_for_their_minute_beside_a_flood),
        cmocka_unit_test(name_that_its_owner_has_spoken_under_is_kept_for_a_day),
        cmocka_unit_test(stranger_fills_no_more_than_its_share_of_a_mail),
        cmocka_unit_test(page_that_does_not_count_is_kept_what_others_have_told_it),
        cmocka_unit_test(author_is_told_what_the_one_who_does_not_come_back_has_not_got),
        cmocka_unit_test(claim_waits_until_nobody_else_uses_the_person),
        cmocka_unit_test(last_connection_to_come_gets_the_person),
        cmocka_unit_test(claim_of_a_person_that_goes_meanwhile_makes_a_new_one),
        cmocka_unit_test(person_that_is_used_goes_when_it_is_no_longer),
        cmocka_unit_test(whole_burst_that_is_repeated_is_said_once),
        cmocka_unit_test(without_a_store_the_room_knows_what_a_person_said_before_it_went),
        cmocka_unit_test(who_says_another_text_by_a_reference_is_told_what_was_said),
        cmocka_unit_test(person_may_say_a_burst_and_then_so_much_a_second),
        cmocka_unit_test(say_that_comes_too_fast_is_looked_up_nowhere_and_one_of_the_last_is_known),
        cmocka_unit_test(life_without_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
