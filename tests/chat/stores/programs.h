/* SPDX-License-Identifier: MIT */
/* stores/programs.h: two programs over one store in memory, which fails or does not respond to one
 * of them as it is told, and people with sessions there; time is virtual, and the store's clock is
 * moved by hand. */
#ifndef CHAT_TESTS_PROGRAMS_H
#define CHAT_TESTS_PROGRAMS_H

#include "memory.h"
#include "person/lease.h"
#include "person/sessions.h"
#include "person/user.h"
#include "room/claim.h"
#include "rooms.h"
#include "storage/moves.h"

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

static inline int shared_move(store *base, const store_terms *terms, uint64_t program,
                              store_move *batch, size_t n) {
    lines[program - 1].moves_n++;
    while (lines[program - 1].is_held) CHECK_EQ(edo_notify_wait(&lines[program - 1].gate), 0);
    return lines[program - 1].is_broken ? -EIO : memory_move(base, terms, program, batch, n);
}

static inline int shared_renew(store *base, const store_terms *terms, uint64_t *program) {
    bool is_broken = *program > 0 && lines[*program - 1].is_broken;
    return is_broken ? -EIO : memory_renew(base, terms, program);
}

static inline int shared_where(store *base, uint64_t program, store_move *of, size_t n) {
    return lines[program - 1].is_broken ? -EIO : memory_where(base, program, of, n);
}

static inline int shared_find_person(store *base, store_person *of) {
    unsigned broken_n = 0;
    for (int i = 0; i < PROGRAMS; i++) broken_n += lines[i].is_broken;
    return broken_n == PROGRAMS ? -EIO : memory_find_person(base, of);
}

static inline void shared_free(store *base) {
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
                                      .find_person = shared_find_person,
                                      .limit = memory_limit,
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

static inline void start_program(program *self) {
    *self = (program){ .at = { .options = &limits } };
    CHECK_EQ(storage_start(&self->kept, shared), 0);
    CHECK_EQ(directory_init(&self->at.directory, PAST, self->kept), 0);
    self->at.storage = self->kept;
    self->at.sessions = &self->people;
    sessions_init(&self->people);
    CHECK(self->at.directory.is_shared);
}

static inline void start_programs(void) {
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    CHECK_EQ(memory_new(&shared, &shared_ops, 0), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        lines[i].is_broken = lines[i].is_held = false;
        lines[i].gate = (edo_notify)EDO_NOTIFY_INIT;
        start_program(&programs[i]);
    }
}

static inline void end_programs(void) {
    for (int i = 0; i < PROGRAMS; i++) {
        sessions_deinit(&programs[i].people);
        directory_deinit(&programs[i].at.directory);
        CHECK_EQ(storage_end(programs[i].kept), 0);
    }
    CHECK_EQ(((memory_store *)shared)->people_n, 0); // all have departed
    shared->ops = &memory_ops_that_share;
    store_free(shared);
}

static inline void renew(program *self) {
    edo_scope tellers;
    edo_scope_begin(&tellers, NULL);
    CHECK_EQ(lease_renew(&self->at, &tellers), 0);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    pass_a_moment(); // what was told comes there
}

/* A person comes with that session, and is without a connection then. */
static inline user *come(program *to, const char *session, const char *nick) {
    int fault;
    user *u;
    CHECK_EQ(sessions_claim(&to->people, &to->at, session, edo_now(), &u), 0);
    CHECK_EQ(user_arrive(u, edo_str_of(nick), edo_now()), 0);
    CHECK(user_join(u, EDO_STR("tea"), &fault));
    sessions_hold(&to->people, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u); // the table has it
    pass_a_moment();
    return u;
}

static inline int rename_user(user *u, const char *to) {
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    int err = user_rename(u, edo_str_of(to));
    edo_mutex_unlock(&u->using);
    pass_a_moment();
    return err;
}

static inline void go(program *from, user *u) {
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    (void)edo_rc_ref(u);
    sessions_let_go(&from->people, u);
    edo_mutex_unlock(&u->using);
    edo_rc_unref(u);
    pass_a_moment();
}

static inline void is_called(const user *u, const char *called) {
    if (strcmp(u->me.name.text, called) != 0) fprintf(stderr, "called %s\n", u->me.name.text);
    CHECK(strcmp(u->me.name.text, called) == 0);
}

static inline void speak(user *u) {
    directory_note_spoken(&u->server->directory, &u->me);
    pass_a_moment();
}

#endif
