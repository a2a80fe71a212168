/* SPDX-License-Identifier: MIT */
/* Goal: a name is one person's over programs that share a store, and a person is at the one to
 * which it came last; while the store does not respond nobody is let go, and nobody gets another's
 * name.
 * Method: two programs over one store in memory, which fails or does not respond to one of them as
 * it is told; time is virtual, and the store's clock is moved by hand. */
#include "person/visit.h"
#include "stores/programs.h"

/* ---- Names ----------------------------------------------------------------------------------- */

static int share_names(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "Ann"), *bob = come(&programs[1], BOB, "ann");
    is_called(ann, "Ann");
    is_called(bob, "guest-2-1"); // the first one at the second program
    CHECK(directory_is_kept(&programs[1].at.directory, &(name){ "aNN" }));
    CHECK_EQ(rename_user(bob, "ANN"), FAULT_NICK_TAKEN);
    CHECK_EQ(rename_user(bob, "bob"), 0);
    CHECK_EQ(rename_user(ann, "BOB"), FAULT_NICK_TAKEN);
    CHECK_EQ(rename_user(ann, "ANN"), 0);
    is_called(ann, "ANN");
    go(&programs[0], ann);
    CHECK(!directory_is_kept(&programs[1].at.directory, &(name){ "ann" }));
    CHECK_EQ(rename_user(bob, "ann"), 0);
    user *cid = come(&programs[0], CID, "bob"); // it was given up
    is_called(cid, "bob");
    renew(&programs[0]);
    renew(&programs[1]);
    is_called(bob, "ann");
    is_called(cid, "bob");
    end_programs();
    return 0;
}

static void name_is_one_persons_over_programs(void **state) {
    (void)state;
    run(share_names);
}

static int share_guests(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, ""), *bob = come(&programs[1], BOB, "");
    is_called(ann, "guest-1-1");
    is_called(bob, "guest-2-1");
    CHECK_EQ(rename_user(bob, "guest-1-1"), FAULT_NICK_TAKEN);
    CHECK_EQ(rename_user(bob, "Guest-1-7"), FAULT_NICK_TAKEN); // nobody has it yet
    CHECK_EQ(rename_user(bob, "guest-7"), 0);                  // that is a name as any other
    CHECK_EQ(rename_user(bob, "guest-2-1"), 0);
    ann = come(&programs[1], ANN, "guest-1-1");
    is_called(ann, "guest-1-1"); // it was and is its own
    renew(&programs[0]);
    CHECK_EQ(programs[0].people.users_n, 0);
    end_programs();
    return 0;
}

static void guests_of_programs_have_different_names(void **state) {
    (void)state;
    run(share_guests);
}

static int share_kept(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    speak(ann);
    go(&programs[0], ann);
    user *bob = come(&programs[1], BOB, "ann");
    is_called(bob, "guest-2-1");
    ann = come(&programs[1], ANN, "ann");
    is_called(ann, "ann");
    CHECK(ann->me.has_spoken); // and so it is kept again
    go(&programs[1], ann);
    CHECK_EQ(rename_user(bob, "ann"), FAULT_NICK_TAKEN);
    ((memory_store *)shared)->people_ms += 24 * 60 * 60 * 1000;
    CHECK_EQ(rename_user(bob, "ann"), 0);
    CHECK(!bob->me.has_spoken);
    end_programs();
    return 0;
}

static void name_that_was_spoken_under_is_kept_at_all_programs(void **state) {
    (void)state;
    run(share_kept);
}

/* ---- Many ------------------------------------------------------------------------------------ */

typedef struct newcomer {
    int nth;
    user *is;
} newcomer;

static int come_nth(void *arg) {
    newcomer *self = arg;
    char session[SESSION_BYTES_MAX], nick[NAME_BYTES_MAX];
    (void)snprintf(session, sizeof session, "%d-0123456789abcdef-_ABCDEF", self->nth);
    (void)snprintf(nick, sizeof nick, "n%d", self->nth);
    self->is = come(&programs[0], session, nick);
    return 0;
}

static int come_at_once(void *arg) {
    enum { MANY = MEMORY_PEOPLE / 2 };
    newcomer all[MANY];
    edo_scope scope;
    (void)arg;
    start_programs();
    lines[0].moves_n = 0;
    lines[0].is_held = true; // as during a commit
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < MANY; i++) {
        all[i] = (newcomer){ .nth = i };
        CHECK_EQ(edo_scope_spawn(&scope, come_nth, &all[i]), 0);
    }
    pass_a_moment();
    lines[0].is_held = false;
    edo_notify_all(&lines[0].gate);
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    CHECK(lines[0].moves_n <= 2); // the first one, and all behind it
    for (int i = 0; i < MANY; i++) {
        char nick[NAME_BYTES_MAX];
        (void)snprintf(nick, sizeof nick, "n%d", i);
        is_called(all[i].is, nick);
    }
    end_programs();
    return 0;
}

static void people_who_come_at_once_cost_few_writes(void **state) {
    (void)state;
    run(come_at_once);
}

/* ---- People who move ------------------------------------------------------------------------- */

static int move_over(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    speak(ann);
    user *there = come(&programs[1], ANN, "ann"); // its old program has not noticed
    is_called(there, "ann");
    CHECK(there->me.has_spoken);
    CHECK(strcmp(there->me.person, ann->me.person) == 0);
    renew(&programs[1]);
    CHECK_EQ(programs[1].people.users_n, 1);
    CHECK_EQ(programs[0].people.users_n, 1);
    renew(&programs[0]);
    CHECK_EQ(programs[0].people.users_n, 0); // it was let go
    room *tea = directory_open_room(&programs[0].at.directory, &(name){ "tea" });
    CHECK_EQ(directory_members_n(&programs[0].at.directory, tea), 0);
    directory_close_room(&programs[0].at.directory, tea);
    renew(&programs[1]);
    is_called(there, "ann"); // which took nothing from the new one
    CHECK(directory_is_kept(&programs[0].at.directory, &(name){ "ann" }));
    user *back = come(&programs[0], ANN, ""); // it does not say who it was
    is_called(back, "ann");
    renew(&programs[1]);
    CHECK_EQ(programs[1].people.users_n, 0);
    end_programs();
    return 0;
}

static void person_is_at_the_program_to_which_it_came_last(void **state) {
    (void)state;
    run(move_over);
}

/* It comes back to a program that still has it. */
static int move_to_and_fro(void *arg) {
    user *again;
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    (void)come(&programs[1], ANN, "ann");
    CHECK_EQ(sessions_claim(&programs[0].people, &programs[0].at, ANN, edo_now(), &again), 1);
    CHECK(again == ann);
    user_return(again, edo_now());
    sessions_hold(&programs[0].people, again);
    edo_mutex_unlock(&again->using);
    edo_rc_unref(again);
    renew(&programs[0]);
    renew(&programs[1]);
    CHECK_EQ(programs[0].people.users_n, 1);
    CHECK_EQ(programs[1].people.users_n, 0);
    is_called(ann, "ann");
    end_programs();
    return 0;
}

static void person_that_comes_back_to_a_program_that_has_it_stays_there(void **state) {
    (void)state;
    run(move_to_and_fro);
}

/* A connection to the first program, whose first message waits there. */
typedef struct caller {
    user *is;
    int result;
} caller;

static void share_caller(void *to) {
    (void)to;
}

static int read_at_once(void *to, message *m) {
    (void)to, (void)m;
    return 0;
}

static int call_first(void *arg) {
    static const outlet_ops ops = { share_caller, share_caller, read_at_once,
                                    read_at_once, share_caller, NULL };
    static const char nobody[EDO_ADDR_KEY_BYTES];
    caller *self = arg;
    const visit v = { self, { &ops, self }, { nobody, sizeof nobody } };
    const hello first = { .nick = EDO_STR("ann") };
    self->result = visit_begin(&self->is, &programs[0].at, &v, ANN, &first);
    return 0;
}

/* It gives up the first program, which is busy with it, and comes to the second one. */
static int wait_too_long(void *arg) {
    caller late = { 0 };
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    CHECK_EQ(edo_mutex_lock(&ann->using), 0);
    edo_task *waits = edo_spawn(call_first, &late);
    CHECK(waits != NULL);
    pass_a_moment();
    user *there = come(&programs[1], ANN, "ann");
    edo_mutex_unlock(&ann->using);
    CHECK_EQ(edo_task_join(waits), 0);
    CHECK_EQ(late.result, 0);
    visit_end(late.is, &late);
    pass_a_moment();
    renew(&programs[1]);
    renew(&programs[0]);
    CHECK_EQ(programs[1].people.users_n, 1);
    CHECK_EQ(programs[0].people.users_n, 0);
    is_called(there, "ann");
    end_programs();
    return 0;
}

static void first_message_that_waited_is_no_later_than_it_was_read(void **state) {
    (void)state;
    run(wait_too_long);
}

/* ---- A program that is gone, or was slow ----------------------------------------------------- */

/* The first program has not renewed for so long that the second one takes it for gone. */
static void end_first_lease(void) {
    const edo_duration lease = MOVES_LEASE;
    memory_store *of = (memory_store *)shared;
    of->people_ms += lease.ns / 1000000 - 1;
    renew(&programs[1]);
    of->people_ms += 2;
    renew(&programs[1]);
}

static int lose_lease(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann"), *cid = come(&programs[0], CID, "cid");
    user *bob = come(&programs[1], BOB, "bob");
    member terminal = { .known = NULL };
    CHECK_EQ(directory_arrive(&programs[0].at.directory, &terminal), 0);
    CHECK_EQ(directory_rename(&programs[0].at.directory, &terminal, &(name){ "tom" }), 0);
    speak(cid);
    CHECK_EQ(rename_user(bob, "ann"), FAULT_NICK_TAKEN);
    end_first_lease();
    CHECK_EQ(rename_user(bob, "cid"), FAULT_NICK_TAKEN); // it has spoken
    CHECK_EQ(rename_user(bob, "tom"), 0);
    CHECK_EQ(rename_user(bob, "ann"), 0);
    is_called(ann, "ann");
    renew(&programs[0]);
    is_called(ann, "guest-1-1");
    is_called(cid, "cid");
    CHECK(!claim_has_lost_name(&programs[0].at.directory, &terminal)); // it got its name back
    CHECK(strcmp(terminal.name.text, "tom") == 0);
    renew(&programs[0]);
    CHECK_EQ(rename_user(bob, "tom"), FAULT_NICK_TAKEN);
    CHECK_EQ(rename_user(bob, "cid"), FAULT_NICK_TAKEN);
    end_first_lease();
    CHECK_EQ(rename_user(bob, "tom"), 0);
    renew(&programs[0]);
    CHECK(claim_has_lost_name(&programs[0].at.directory, &terminal));
    CHECK(!claim_has_lost_name(&programs[0].at.directory, &terminal)); // it is told once
    claim_lose_name(&programs[0].at.directory, &terminal);
    CHECK(strcmp(terminal.name.text, "guest-1-3") == 0);
    directory_depart(&programs[0].at.directory, &terminal);
    end_programs();
    return 0;
}

static void program_that_was_slow_gives_up_what_others_have_by_now(void **state) {
    (void)state;
    run(lose_lease);
}

/* ---- A store that does not respond ----------------------------------------------------------- */

static int come_without_store(void *arg) {
    (void)arg;
    start_programs();
    lines[0].is_broken = true;
    user *ann = come(&programs[0], ANN, "ann");
    is_called(ann, "guest-1-1");
    CHECK_EQ(rename_user(ann, "eve"), FAULT_NICK_LATER);
    is_called(ann, "guest-1-1");
    user *bob = come(&programs[0], BOB, "ann");
    is_called(bob, "guest-1-2");
    user *cid = come(&programs[0], CID, "");
    go(&programs[0], cid);
    lines[0].is_broken = false;
    CHECK_EQ(edo_sleep(edo_s(2)), 0); // the store is told what has happened
    renew(&programs[0]);
    CHECK(!*ann->me.wanted.text && !*bob->me.wanted.text);
    CHECK(strcmp(ann->me.name.text, "ann") == 0 || strcmp(bob->me.name.text, "ann") == 0);
    CHECK(strcmp(ann->me.name.text, bob->me.name.text) != 0);
    CHECK_EQ(((memory_store *)shared)->people_n, 2);
    CHECK_EQ(rename_user(ann, "eve"), 0);
    end_programs();
    return 0;
}

static void name_that_was_wanted_while_the_store_failed_comes_later(void **state) {
    (void)state;
    run(come_without_store);
}

/* The first one waits for a bounded time, and those behind it not at all. */
static int come_to_silent_store(void *arg) {
    const edo_duration wait = MOVES_WAIT_MAX;
    (void)arg;
    start_programs();
    user *cid = come(&programs[0], CID, "cid");
    lines[0].is_held = true;
    int64_t began_ns = edo_now().ns;
    user *ann = come(&programs[0], ANN, "ann");
    int64_t waited_ns = edo_now().ns - began_ns;
    CHECK(waited_ns >= wait.ns && waited_ns < 2 * wait.ns);
    is_called(ann, "guest-1-2");
    began_ns = edo_now().ns;
    CHECK_EQ(rename_user(ann, "eve"), FAULT_NICK_LATER);
    user *bob = come(&programs[0], BOB, "bob");
    CHECK(edo_now().ns - began_ns < wait.ns);
    is_called(bob, "guest-1-3");
    is_called(cid, "cid"); // nobody loses what it has
    lines[0].is_held = false;
    edo_notify_all(&lines[0].gate);
    pass_a_moment();
    renew(&programs[0]);
    is_called(ann, "ann");
    is_called(bob, "bob");
    renew(&programs[0]);
    is_called(ann, "ann");
    end_programs();
    return 0;
}

static void store_that_does_not_respond_is_not_waited_for_again(void **state) {
    (void)state;
    run(come_to_silent_store);
}

/* What a person did before is told before what it does now. */
static int depart_and_return(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    lines[0].is_broken = true;
    go(&programs[0], ann);
    ann = come(&programs[0], ANN, "ann");
    is_called(ann, "guest-1-2");
    lines[0].is_broken = false;
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    renew(&programs[0]);
    is_called(ann, "ann");
    user *bob = come(&programs[1], BOB, "ann");
    is_called(bob, "guest-2-1");
    end_programs();
    return 0;
}

static void who_departs_and_comes_back_is_here(void **state) {
    (void)state;
    run(depart_and_return);
}

/* While the store fails more befalls people than waits for it: one who has departed meanwhile is
 * gone for the store all the same, and what is made up for is no fault any more. */
static int lose_departures(void *arg) {
    (void)arg;
    start_programs();
    user *ann = come(&programs[0], ANN, "ann");
    store_move again = { .name = { "ann" }, .deed = STORE_STAYS };
    memcpy(again.person, ann->me.person, sizeof again.person);
    lines[0].is_broken = true;
    uint64_t told_n = 0;
    while (storage_tell_move(programs[0].kept, &again) > 0) told_n++;
    CHECK(told_n <= MOVES_WAITING);
    go(&programs[0], ann);
    CHECK(health_says(programs[0].kept, "names are not kept: 2"));
    lines[0].is_broken = false;
    while (storage_moves_done(programs[0].kept) < storage_moves_put(programs[0].kept))
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(directory_is_kept(&programs[1].at.directory, &(name){ "ann" }));
    renew(&programs[0]);
    CHECK(!directory_is_kept(&programs[1].at.directory, &(name){ "ann" }));
    CHECK_EQ(storage_check(programs[0].kept), 0);
    end_programs();
    return 0;
}

static void departures_that_were_lost_are_made_up_for(void **state) {
    (void)state;
    run(lose_departures);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(departures_that_were_lost_are_made_up_for),
        cmocka_unit_test(name_is_one_persons_over_programs),
        cmocka_unit_test(guests_of_programs_have_different_names),
        cmocka_unit_test(name_that_was_spoken_under_is_kept_at_all_programs),
        cmocka_unit_test(people_who_come_at_once_cost_few_writes),
        cmocka_unit_test(person_is_at_the_program_to_which_it_came_last),
        cmocka_unit_test(person_that_comes_back_to_a_program_that_has_it_stays_there),
        cmocka_unit_test(first_message_that_waited_is_no_later_than_it_was_read),
        cmocka_unit_test(program_that_was_slow_gives_up_what_others_have_by_now),
        cmocka_unit_test(name_that_was_wanted_while_the_store_failed_comes_later),
        cmocka_unit_test(store_that_does_not_respond_is_not_waited_for_again),
        cmocka_unit_test(who_departs_and_comes_back_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
