/* SPDX-License-Identifier: MIT */
/* company.h: who is in the rooms of all programs over one store: the programs tell each other, by
 * what carries notices between them, and may lose them at any time.
 * docs/design/chat-nodes-people.md has how and why.
 *
 * Threads: all functions may be called from any, at once, unless they say otherwise. */
#ifndef CHAT_COMPANY_H
#define CHAT_COMPANY_H

#include "node/hearing.h"
#include "room/directory.h"

#include <edo/arena.h>

/* A program of which nothing has been heard for so long has gone, as each is heard of each second.
 * While nothing is carried the others are forgotten without a word, after that and the time after
 * which a silence is noticed. */
#define COMPANY_SILENCE EDO_S(8)

/* A program tells the list of its rooms each COMPANY_LISTED. One that has COMPANY_EARLY rooms at
 * most also tells it with the first beat after a change. */
#define COMPANY_LISTED EDO_S(5)
#define COMPANY_EARLY  256

#define COMPANY_FOLDED   EDO_MS(50) /* questions and rosters that come within this are one */
#define COMPANY_ASKS_MAX 5          /* questions in vain are asked each 2, 4, ... 2^5 seconds */

typedef struct company company;

/* What carries notices. */
typedef struct company_ways {
    /* Publishes the text to those who are in a room, NULL: to all programs. Texts go out in the
     * order of the calls, or are lost. Never waits; called with locks held. Owns: takes the
     * text. */
    void (*publish)(void *arg, const name *where, edo_buf *text);
    void *arg;
} company_ways;

/* Makes one for the rooms of that directory, in which nobody is yet, and which has it from then on;
 * of a program with that number, which no other has. Tasks of the tellers tell who comes and goes
 * elsewhere. Owns: borrows all; returns new: company_close(). Returns 0 or -ENOMEM. */
EDO_MUST_USE int company_open(company **out, directory *in, uint64_t program,
                              const company_ways *by, hearing_tellers *tellers);

/* Everybody has gone, and the tellers have ended. NULL is allowed. */
void company_close(company *self);

/* Takes what another program has published. Returns whether it was a notice. One task calls it. */
bool company_hear(company *self, edo_str text, edo_arena *of);

/* What is published in that room is heard from now on. */
void company_note_followed(company *self, const name *where);

/* Something that was published was not heard, in whatever room. */
void company_note_lost(company *self);

/* Notices are carried from now on, or are not any more. */
void company_note_carried(company *self, bool is_carried);

/* Does what is due: tells that the program is there, and its list; asks and replies; lets those go
 * that have not been heard of. One task at a time calls it. */
void company_tick(company *self);

/* Calls that each second, or when there is something to do, until it is cancelled. `arg` is the
 * company; a task's function. */
int company_run(void *arg);

/* Of how many people of others, in rooms with members here, no name is known. */
size_t company_unnamed_n(company *self);

/* Appends the notice that the program ends. Returns 0 or -ENOMEM. */
int company_print_end(const company *self, edo_buf *out);

#endif
