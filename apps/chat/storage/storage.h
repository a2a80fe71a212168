/* SPDX-License-Identifier: MIT */
/* storage.h: what keeps the chat from waiting for its store: a bounded queue of what was said, and
 * one task that writes it in batches.
 *
 * A store that fails or does not respond stops nobody: what cannot be written waits, in order, and
 * is tried again each second; what finds no room is lost, and counted. message.kept tells how it
 * is with each. Reading, and waiting for a write, have their bounds.
 *
 * What the store has taken the disk may still refuse, as one that is full somewhere behind the file
 * system. So the disk is asked each second; until it has said yes messages are kept here, and when
 * it says no they wait for the store again. A loss of power takes a second at most.
 *
 * The file of the store is looked at each second: what happens to it is told in the log and in the
 * health, and so is a store or a disk that does not respond.
 *
 * Threads: all functions may be called from any, at once. A NULL storage keeps nothing and has
 * nothing. */
#ifndef CHAT_STORAGE_H
#define CHAT_STORAGE_H

#include "message.h"
#include "store/store.h"

#include <edo/oneshot.h>
#include <edo/time.h>

/* More messages of one room than can be lost when the program is killed while its store
 * responds. */
#define STORAGE_UNSTORED_MAX 16384

#define STORAGE_CHECK_EVERY  edo_s(1)    /* the disk is asked, and the file looked at */
#define STORAGE_END_MAX      edo_ms(900) /* at the end: for what is said to be in the store */
#define STORAGE_END_SYNC_MAX edo_s(3)    /* and then on the disk */

typedef struct storage storage;

/* Reads which rooms there are, and which names are kept, or gets a
 * number for this program if several use the store, and starts the task. Owns: takes `kept`,
 * in any case. Waits for the store. Returns 0, or a failure of store_rooms() or of the start. */
EDO_MUST_USE int storage_start(storage **out, store *kept);

/* Writes what is in the queue, for up to 0.9 s, asks the disk, for up to 3 s more, whether it has
 * all, and frees the storage, or leaves it to a store that does not respond: then a thread may be
 * held in a call of the system. Returns 0; 1: it is left to one that reads or looks at the file,
 * and all is written; -EIO: messages are lost, of which the log had not told yet; -ETIMEDOUT:
 * perhaps. The log has how many. No room may use it any more. NULL is allowed. */
int storage_end(storage *self);

/* The rooms that were there at the start, `*n` of them. Owns: borrowed until storage_end(). */
const store_room *storage_rooms(const storage *self, size_t *n);

/* Whether its store gives the numbers: a message is put without one, and `message.place` has it
 * once it is KEPT. What is said in one room is put by one after the other, and kept in that order.
 * A store that fails has up to 4,096 of them wait, or 16 MiB: what is put then is KEPT_FULL. */
bool storage_gives_numbers(const storage *self);

/* As store_identity(). */
const char *storage_identity(const storage *self);

/* Keeps a message that has its number, or of which the store gives it. Never waits. Owns: shares
 * `m`; returns new, for storage_wait(): NULL if there is nothing to wait for. */
edo_oneshot_rx *storage_put(storage *self, message *m);

/* Keeps that of a name, as store_keep(), without a wait: if 4,096 wait for a store that has failed,
 * without memory, or where the file is damaged, it is lost, which the log and the health tell. No
 * message waits for a name. */
void storage_keep_name(storage *self, const store_name *what);

/* The names that were kept at the start, `*n` of them, for free(); NULL: there are none, or they
 * were taken. */
store_name *storage_take_names(storage *self, size_t *n);

/* ---- People of a store that several programs use --------------------------------------------- */

/* Whether they do: then the store says whose a name is, and not storage_keep_name(). */
bool storage_shares_people(const storage *self);

/* The number of this program in the store. */
uint64_t storage_program(const storage *self);

/* Tells the store what a person does, in order, without a wait: however long it does not respond;
 * of more than 16,384 that wait the newest are lost, which the health tells. Returns a number,
 * which grows. */
uint64_t storage_tell_move(storage *self, const store_move *what);

/* As storage_tell_move(), and waits, for 2 s at most, for what comes of it: in `*what`. Those who
 * ask at once are told to the store together. Returns 0; -EAGAIN: the store does not respond, and
 * perhaps does it later; -ENOMEM or -ECANCELED. */
EDO_MUST_USE int storage_ask_move(storage *self, store_move *what);

/* Up to which number moves are done; and the last one that was given. */
uint64_t storage_moves_done(const storage *self);
uint64_t storage_moves_put(storage *self);

/* The program is there for 15 s more. Returns as store_renew(). */
EDO_MUST_USE int storage_renew(storage *self);

/* As moves_lost_n() and moves_make_up(). */
uint64_t storage_moves_lost_n(const storage *self);

/* Whether no move waits for the store; and how many were ever made. */
bool storage_no_move_waits(storage *self, uint64_t *put_n);
EDO_MUST_USE int storage_make_up_moves(storage *self, const store_move *who, size_t n,
                                       uint64_t lost_n);

/* As store_where(). */
EDO_MUST_USE int storage_where(storage *self, store_move *of, size_t n);

/* As store_find_person(), by a few at once; waits for 2 s at most. */
EDO_MUST_USE int storage_find_person(storage *self, store_person *of);

/* ---- Reading --------------------------------------------------------------------------------- */

/* Waits until the message is written, or cannot be: for up to 0.5 s, and from then on for none
 * until the store has done something. Owns: takes `written`. */
void storage_wait(storage *self, edo_oneshot_rx *written);

/* As store_page() and store_find(), with all that was put before; but for the wait. Returns 0 or
 * -ETIMEDOUT, -ENOMEM, -ECANCELED, or a failure of the store; -EBUSY: others read for so long, and
 * it was not asked. */
EDO_MUST_USE int storage_page(storage *self, const name *of, uint64_t after, uint64_t before,
                              size_t limit, store_found **out);
EDO_MUST_USE int storage_find(storage *self, edo_str ref, store_found **out);

/* As store_news() and store_made_after(), of a store that gives the numbers; waits for 2 s at most.
 * What was put before may not be in it yet. The second one is of one room, which asks by itself:
 * one of them asks at a time. */
EDO_MUST_USE int storage_news(storage *self, const store_asked *of, size_t n, store_new *out,
                              size_t *done_n, store_found **found);
EDO_MUST_USE int storage_news_of(storage *self, const store_asked *of, store_new *out,
                                 store_found **found);
EDO_MUST_USE int storage_made_after(storage *self, int64_t after_ms, store_made **out, size_t *n);

/* Returns 0 while it keeps what is said and has lost nothing, as far as is known; else a failure
 * whose trail says what is wrong, for operators. */
int storage_check(const storage *self);

/* Whether it does just now, whatever it has lost before. */
bool storage_is_well(const storage *self);

/* Whether the last write has failed, or the disk has refused what was stored: what is said now is
 * not stored. */
bool storage_is_failing(const storage *self);

/* Whether something that was damaged was come upon. */
bool storage_is_damaged(const storage *self);

/* How often the disk has refused what was stored, so that it is not any more. */
uint64_t storage_relapses_n(const storage *self);

/* How many messages it has stored; how many wait since the store has failed; how many are stored,
 * and perhaps not on the disk; how many are lost. */
uint64_t storage_stored_n(const storage *self);
uint64_t storage_unstored_n(const storage *self);
uint64_t storage_unsynced_n(const storage *self);
uint64_t storage_lost_n(const storage *self);
uint64_t
storage_refused_n(const storage *self); /* for what they are, and their authors were told */

#endif
