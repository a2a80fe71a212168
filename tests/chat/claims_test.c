/* SPDX-License-Identifier: MIT */
/* Goal: a name is one person's over programs that share a store, and a person is at the one to
 * which it came last; while the store does not respond nobody is let go, and nobody gets another's
 * name.
 * Method: two programs over one store in memory, which fails or does not respond to one of them as
 * it is told; time is virtual, and the store's clock is moved by hand. */
#include "person/lease.h"
#include "person/sessions.h"
#include "person/user.h"
#include "room/claim.h"
#include "storage/moves.h"
#include "stores/memory.h"
#include "stores/rooms.h"

#include <edo/notify.h>

enum { PROGRAMS = 2, PAST = 10 };

#define ANN "ann-0123456789abcdef-_AB"
#define BOB "bob-0123456789abcdef-_AB"
#define CID "cid-0123456789abcdef-_AB"

static store *shared; /* of all programs */

/* How it responds to a program, by its number less one. */
static struct {
    bool is_broken, is_held;
    unsigned moves_n; /* batches */
    edo_notify gate;
} lines[PROGRAMS];

static int shared_move(store *base, const store_terms *terms, uint64_t program, store_move *batch,
                       size_t n) {
    lines[program - 1].moves_n++;
    while (lines[program - 1].is_held) CHECK_EQ(edo_notify_wait(&lines[program - 1].gate), 0);
    return lines[program - 1].is_broken ? -EIO : memory_move(base, terms, program, batch, n);
}

static int shared_renew(store *base, const store_terms *terms, uint64_t *program) {
    bool is_broken = *program > 0 && lines[*program - 1].is_broken;
    return is_broken ? -EIO : memory_renew(base, terms, program);
}

static int shared_where(store *base, uint64_t program, store_move *of, size_t n) {
    return lines[program - 1].is_broken ? -EIO : memory_where(base, program, of, n);
}

static void shared_free(store *base) {
    (void)base; // it is freed when all programs have ended
}

static const store_ops shared_ops = { .order = memory_number_all,
                                      .page = memory_page,
                                      .find = memory_find,
                                      .news = memory_news,
                                      .made = memory_made,
                                      .rooms = memory_rooms,
                                      .keep = memory_keep,
                                      .names = memory_names,
                                      .renew = shared_renew,
                                      .move = shared_move,
                                      .where = shared_where,
                                      .sync = memory_sync,
                                      .check = memory_check,
                                      .damage = memory_damage,
                                      .free = shared_free };

static const options limits = { .history = PAST, .line_bytes_max = 100, .rate = 0 };

typedef struct program {
    server at;
    sessions people;
    storage *kept;
} program;

static program programs[PROGRAMS];

static void start_program(program *self) {
    *self = (program){ .at = { .options = &limits } };
    CHECK_EQ(storage_start(&self->kept, shared), 0);
    CHECK_EQ(directory_init(&self->at.directory, PAST, self->kept), 0);
    self->at.storage = self->kept;
    self->at.sessions = &self->people;
    sessions_init(&self->people);
    CHECK(self->at.directory.is_shared);
}

static void start_programs(void) {
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    CHECK_EQ(memory_new(&shared, &shared_ops, 0), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        lines[i].is_broken = lines[i].is_held = false;
        lines[i].gate = (edo_notify)EDO_NOTIFY_INIT;
        start_program(&programs[i]);
    }
}

static void end_programs(void) {
    for (int i = 0; i < PROGRAMS; i++) {
        sessions_deinit(&programs[i].people);
        directory_deinit(&programs[i].at.directory);
        CHECK_EQ(storage_end(programs[i].kept), 0);
    }
    CHECK_EQ(((memory_store *)shared)->people_n, 0); // all have departed
    shared->ops = &memory_ops_that_share;
    store_free(shared);
}

static void renew(program *self) {
    edo_scope tellers;
    edo_scope_begin(&tellers, NULL);
    CHECK_EQ(lease_renew(&self->at, &tellers), 0);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    pass_a_moment(); // what was told comes there
}

/* A person comes with that session, and is without a connection then. */
static user *come(program *to, const char *session, const char *nick) {
    int fault;
    user *u;
    CHECK_EQ(sessions_claim(&to->people, &to->at, session, &u), 0);
    CHECK_EQ(user_arrive(u, edo_str_of(nick)), 0);
    CHECK(user_join(u, EDO_STR("tea"), &fault));
    sessions_hold(&to->people, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u); // the table has it
    pass_a_moment();
    return u;
}

static int rename_user(user *u, const char *to) {
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    int err = user_rename(u, edo_str_of(to));
    edo_mutex_unlock(&u->using);
    pass_a_moment();
    return err;
}

static void go(program *from, user *u) {
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    (void)edo_rc_ref(u);
    sessions_let_go(&from->people, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u);
    pass_a_moment();
}

static void is_called(const user *u, const char *called) {
    if (strcmp(u->me.name.text, called) != 0) fprintf(stderr, "called %s\n", u->me.name.text);
    CHECK(strcmp(u->me.name.text, called) == 0);
}

static void speak(user *u) {
    directory_note_spoken(&u->server->directory, &u->me);
    pass_a_moment();
}

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
    CHECK_EQ(sessions_claim(&programs[0].people, &programs[0].at, ANN, &again), 1);
    CHECK(again == ann);
    user_return(again);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_is_one_persons_over_programs),
        cmocka_unit_test(guests_of_programs_have_different_names),
        cmocka_unit_test(name_that_was_spoken_under_is_kept_at_all_programs),
        cmocka_unit_test(people_who_come_at_once_cost_few_writes),
        cmocka_unit_test(person_is_at_the_program_to_which_it_came_last),
        cmocka_unit_test(person_that_comes_back_to_a_program_that_has_it_stays_there),
        cmocka_unit_test(program_that_was_slow_gives_up_what_others_have_by_now),
        cmocka_unit_test(name_that_was_wanted_while_the_store_failed_comes_later),
        cmocka_unit_test(store_that_does_not_respond_is_not_waited_for_again),
        cmocka_unit_test(who_departs_and_comes_back_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
