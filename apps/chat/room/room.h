/* SPDX-License-Identifier: MIT */
/* room.h: a room: a broadcast channel for terminals, listeners for pages, and the last messages for
 * newcomers.
 *
 * The channel is lossless: a client that says something waits until every subscriber that keeps up
 * has room for it. So a client that reads misses nothing, however fast the others talk. A writer
 * that must wait for its peer to read first says so to the channel, and nobody waits for it then.
 * Nobody ever waits for a page: its socket queues what it has room for.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "name/name.h"
#include "room/page_socket.h"
#include "room/unseen.h"
#include "text.h"

#include <edo/broadcast.h>
#include <edo/limiter.h>
#include <edo/mutex.h>

#include <pthread.h>
#include <stdatomic.h>

#define ROOM_MESSAGES 128 /* of the channel */

struct letter;
struct returned;

/* What tells other programs over the same store what happens here. Its functions never wait but for
 * one; they are called with the room's lock held, or the directory's. */
typedef struct room_carrier {
    /* The store has the message, which has its number, and was given it here. Owns: shares `m`. */
    void (*kept)(void *arg, message *m);
    void (*followed)(void *arg); /* some room has members now that had none, or none any more */

    /* These two are of what is written to one person: see reach.h. The first one waits, and is
     * called without a lock. */
    int (*tell)(void *arg, const struct letter *what);
    void (*give_back)(void *arg, const struct returned *what);
    void *arg;
} room_carrier;

typedef struct room {
    name name; /* first: see directory.c; const: as it was first written here; see room_shown() */
    name stored_name;            /* const once `shown` is this */
    _Atomic(const name *) shown; /* NULL: `name`; written with `lock` held, once */

    /* lock: the directory's */
    TAILQ_ENTRY(room) link;     /* in order of creation */
    TAILQ_HEAD(, seat) members; /* in order of arrival */
    size_t members_n, users_n;
    bool is_recalled;      /* what the store has of it is in `past`, all of it; lock: `recalling` */
    atomic_uint recalls_n; /* tries to get there; written by the holder of `recalling` */
    int recall_err;        /* of the last one, with a store that gives numbers; lock: `recalling` */

    edo_mutex recalling;     /* one at a time asks the store */
    uint64_t life;           /* const once shared; tells one count of numbers from another */
    struct storage *storage; /* const once shared; where it keeps what is said; NULL: nowhere */

    const room_carrier *carrier; /* const once shared; NULL: nobody else is told */
    atomic_uint heard_n;         /* messages of others of which nobody was told yet; of hearing.c */

    edo_broadcast_tx *channel; /* const */
    size_t past_max;           /* const */
    pthread_mutex_t lock;      /* never held across a wait */
    messages unshown;          /* lock: lock; what was said and is being stored, by number, or
                                   in the order in which the store will number it */
    uint64_t number_given;     /* lock: lock; the last number that was given to what was said */
    messages ahead;            /* lock: lock; of a store that gives numbers: it has them, and those
                                   before them were not shown yet; by number */
    size_t ahead_n, ahead_bytes; /* lock: lock; of their texts */
    uint64_t known_to;           /* lock: lock; likewise: it has messages up to this number */
    int64_t known_at_ns;         /* lock: lock; likewise: when it was asked for all; 0: never */
    atomic_bool is_learning;     /* likewise: a task has it learn; of question.c */
    uint64_t untold_to;          /* lock: lock; likewise: of what it shows up to this number other
                                   programs may not have been told */
    int unread;                 /* lock: lock; likewise: why what it has newest could not be read */
    uint64_t jumped_to;         /* lock: lock; likewise: some up to this number were passed over */
    bool has_members;           /* lock: lock; likewise: as room_note_members() has told last */
    bool is_followed;           /* lock: lock; likewise: what it has is shown to somebody from here
                                   on, each message */
    atomic_bool is_behind;      /* some of what is unshown was not waited for, and somebody is to
                                   show it once it is stored; written with `lock` held */
    messages past;              /* lock: lock; what was said: past_n messages, past_max at most */
    size_t past_n;              /* lock: lock */
    uint64_t order_given;       /* lock: lock; the last order that was given to what is due */
    messages due;               /* lock: lock; of which everybody is to be told, in order */
    messages due_lines;         /* lock: lock; before these: pages were told, terminals not */
    edo_mutex posting, sending; /* one at a time tells pages; one at a time tells terminals */
    struct turns *turns;        /* const once shared; in which it tells pages; NULL: none */
    const namer *namer;         /* const once shared; NULL: it has no store */
    struct listener *next_told; /* lock: lock; of what pages are told now: who is told next; NULL:
                                   nobody */
    uint64_t aimed_n, posted_n; /* lock: lock; pieces of pages that were chosen, and told */
    pthread_cond_t posted;      /* with `lock`: `posted_n` has grown */
    messages marked;            /* lock: lock; told as not stored, and it is not yet known
                                       whether they will be: each a share */
    atomic_bool is_marked;      /* terminals were told that there are some, and not yet that it
                                      is over; written with `lock` held */
    unsigned lost_n;            /* lock: lock; of these, since then: never will be stored */
    room_numbers numbers;       /* lock: lock; `last`: of what was shown */
    int lack;            /* lock: lock; why some of what the store has could not be put into the
                                   past: as store_found.fault; 0: all could */
    uint64_t lacking_to; /* lock: lock; what lacks has at most this number */
    edo_limiter moves;   /* lock: lock; of lines that tell of comings and goings */
    unsigned untold_in, untold_out;   /* lock: lock; comings, goings that no line has told of */
    TAILQ_HEAD(, listener) listeners; /* lock: lock */
} room;

/* A room that shows newcomers the last `past_max` messages, and goes on after these numbers. NULL
 * without memory. */
room *room_new(const name *of, size_t past_max, room_numbers numbers);
void room_free(room *self);

/* Says to everybody in the room, and newcomers will see it: `m` is said once, in one room. Waits
 * until it is stored, as storage_wait() does, so that nothing is shown that the end of the program
 * would take back; and for room in the channel, which gets messages in the order of their numbers.
 * A cancellation ends the wait for the store alone. Owns: takes `m`; NULL: there was no memory for
 * it. Returns 0, or -ENOMEM: newcomers see it, and who is in the room may be told no sooner than of
 * the next message.
 *
 * With a store that gives the numbers nothing is shown before it is stored. Then it returns, too:
 * -EINPROGRESS  it is not stored yet: everybody is to be told later, its author too
 * -EALREADY     it was said before, perhaps with another text, and is there: `m` has its number;
 *               nobody is told. Or the room has passed over it, since it goes on behind what is
 *               newest
 * -EAGAIN       it is not said: too much waits for the store
 * -EINVAL       it is not said: the store does not take it */
int room_say(room *self, message *m);

/* As room_say(), but newcomers will not see it. */
int room_announce(room *self, message *m);

/* As room_announce(), that somebody has come (`comes`) or gone; it has `members_n` members now. A
 * room of more than ROOM_TOLD_MAX is not told: it would hear of little else. In a smaller one pages
 * fold what comes; terminals get ROOM_MOVES_BURST lines, and one more each second. What they are
 * not told is counted, and one line before the next one tells how many came and went. Nor are they
 * told of one that is quiet already. */
#define ROOM_TOLD_MAX    100
#define ROOM_MOVES_BURST 128
int room_move(room *self, message *m, bool comes, size_t members_n);

/* Tells the pages in the room, which has `members_n` members, but for one; terminals are not told,
 * and not waited for. A room of more than ROOM_TOLD_MAX is not told. Owns: takes `m`. Returns as
 * room_say(). */
int room_hint(room *self, message *m, const page_socket *but, size_t members_n);

/* Tells everybody what is due, also for a speaker that is cancelled: who speaks next may come much
 * later. Then they have got all that was shown, or a gap, up to its last number. That has an end:
 * others that speak meanwhile wait for a mutex, and the channel's limit for receivers that do not
 * read ends each wait. Returns 0 or -ENOMEM: it is told later. */
int room_fan_out(room *self);

/* Shows what was not stored in time, and is now. Tells pages which of the messages that were told
 * as not stored are stored now, and which of those of the past are stored no more; and terminals,
 * once what is said is stored again, and of no message it is unknown whether it will be. Returns as
 * room_say(). */
int room_tell_stored(room *self);

/* ---- A store that gives the numbers ---------------------------------------------------------- */

/* What a room learns of such a store, in which others may have said something. */
typedef struct lesson {
    const saying *said; /* with their numbers and times, in any order, also what is known already */
    size_t n;
    /* Up to `until` the store has no others with a number above `after`, but such as cannot be
     * read; both 0: that is not known. */
    uint64_t after, until;
    uint64_t last; /* it has messages up to this number, or more; 0: that is not known */
    store_gap gap; /* both 0: that is not known */
} lesson;

/* Shows what was said in a room that has members, by this program or another: each message once,
 * to everybody, in the order of the numbers. Of a message that was shown, and stands in a new gap
 * of the store, everybody is told that it is lost. If it does not come by the lesson, it is read
 * from the store: STORE_NEWS_OF_ROOM at a time, each part told before the next one is read. Waits
 * for that and for those who are told. Owns: borrows what is said. Returns 0; -ENOMEM; a failure
 * of storage_news(): the rest waits for the next lesson, or room_tell_stored(). */
int room_learn(room *self, const lesson *what);

/* As room_learn(), of one message that another program has told, without a wait: whether it is
 * news, of which everybody is to be told by room_tell_heard(). A room without members hears
 * nothing. */
bool room_hear(room *self, const saying *what);

/* Whether the room remembers something else by that number, another text or another author's: one
 * of the two is not what the store has. */
bool room_contradicts(room *self, const saying *what);

/* Tells everybody what was heard, and what lacks before it, which is read. Waits, and returns, as
 * room_learn(). */
int room_tell_heard(room *self);

/* Has the room learn what its store has up to that number, which somebody knows of another program;
 * nothing with another store. Returns 0: it was shown before, or passed over; 1: by this call;
 * -EAGAIN: the store does not have it; or a failure of the store. */
int room_reach(room *self, uint64_t number);

/* It has members now, or none any more: so what is in the store is shown here, or is none of its
 * matter. */
void room_note_members(room *self, bool has_some);

/* Returns the invariant of room.c that does not hold, for tests; NULL: all do. */
const char *room_check(room *self);

/* The order of the last message so far. */
uint64_t room_last(room *self);

/* Its numbers so far. */
room_numbers room_numbers_now(room *self);

/* How many messages there were after the number `after` that the past does not have any more, at
 * most: before the gap there may be others. `*kept_from` is the number of the oldest that it has,
 * or of the next one. */
uint64_t room_forgotten(room *self, uint64_t after, uint64_t *kept_from);

/* Lets a room that was just opened remember what its store has of it. Waits for the store for a
 * bounded time: without a reply the past is what is said from now on, and what could not be read
 * lacks in it, until somebody else comes and the store has all. NULL is allowed. */
void room_recall(room *self);

/* As room_recall(), for somebody who comes: it sees also what another program has kept since the
 * store was asked last. Many who come at once are told by two questions together. */
void room_recall_now(room *self);

/* The messages of the past with `after` < number < `before`, the newest `limit` of them, the oldest
 * first; `*n` is how many. Owns: returns new: the array for free(), each message for
 * edo_rc_unref(). NULL without memory. */
message **room_past(room *self, uint64_t after, uint64_t before, size_t limit, size_t *n);

/* The message of the past that its author calls so, as of saying.ref; NULL: there is none. Owns:
 * returns a share. */
message *room_find_said(room *self, edo_str ref);

/* Whether some lacks in the past from the number `from` on: as store_found.fault; 0: nothing, as
 * far as is known. */
int room_lack(room *self, uint64_t from);

/* Its name as it is shown: as the store has it, once that is known, in which another program may
 * have written it otherwise. */
const name *room_shown(const room *self);

/* Is one before that number shown, and not stored yet? Then the store does not have it, and the
 * past of the room may have forgotten it. */
bool room_has_unstored(room *self, uint64_t before);

/* The store has its name so. */
void room_note_name(room *self, const name *as_stored);

/* Whether some lacks in it between its last message and the number `before`, since the store did
 * not tell what is newest when it was asked last. */
bool room_is_unread(room *self, uint64_t before);

/* Whether the numbers that the reader has seen are others than the room's. A larger one may be of
 * another program: then the store is asked. */
bool room_has_begun_anew(room *self, const bookmark *at);

/* Keeps that place for a reader, if what is behind it cannot be read now, and can be once the store
 * responds: nothing new is shown meanwhile where that gives the numbers. Then the reader listens to
 * nothing that has a number, and tries again. `found` is what unseen_find() has returned; 0: it was
 * not asked. Returns whether the place is kept: not for ever by a store that responds and cannot
 * read, nor, for longer, behind others of the reader's address, unless it moves on. */
bool room_keep_place(room *self, kept_place *out, const bookmark *at, int found);

/* What the room has of what was said after `after`. Returns 0 or -ENOMEM. */
EDO_MUST_USE int room_unseen(room *self, uint64_t after, unseen *out);

/* ---- Pages ----------------------------------------------------------------------------------- */

typedef struct listener {
    page_socket *to;            /* const; borrowed */
    uint64_t after;             /* the number that it has seen; the caller's while it does not
                                    hear all, then lock: the room's */
    bool hears_all;             /* lock: the room's; false: what is said it does not hear yet */
    uint64_t announced;         /* lock: the room's; the order of what it was told last that is not
                                    said */
    TAILQ_ENTRY(listener) link; /* lock: the room's */
} listener;

/* Lets the page hear who comes and goes from now on, which nobody can be told later. It comes
 * before the page is told what the room is like, so nothing is missed between the two. */
void room_attend(room *self, listener *l);

/* Lets a page that attends hear all that is sent in the room, if it has seen all that was said. It
 * is told which messages are not stored. Returns 0; 1: it does not listen yet, and `*out` is as of
 * room_unseen(); -ENOMEM. */
int room_listen(room *self, listener *l, unseen *out);

/* Ends that: when it returns the page is told nothing more. Its thread waits for posts that another
 * thread is just making: TURN_WORK at most. */
void room_unlisten(room *self, listener *l);

/* ---- Terminals ------------------------------------------------------------------------------- */

/* What a client needs to listen to a room. It may outlive the room. */
typedef struct subscriber {
    edo_broadcast_rx *news; /* what is said from now on, and perhaps some of the past */
    uint64_t past_last;     /* messages up to this order are no news */
    name where;             /* the room */
    uint64_t life;          /* the room's */
    uint64_t newest;        /* number of its last message, or of the last one shown since */
    bool is_back;           /* the client has been there: it is told what is missing of the past */
    uint64_t seen;          /* if is_back: of the past, what has a larger number is shown */
    bool has_begun_anew;    /* what the client has seen of it had other numbers */
    bool is_waiting;        /* its place is kept: what has a number it is shown later */
    unseen past;            /* what was said before, up to `newest`; all, if the client is new */
    bool is_resumed; /* of a room to which the client listens: what it has seen comes again */
    TAILQ_ENTRY(subscriber) link; /* lock: the client's; in `coming`, while it is in a mailbox */
} subscriber;

/* Subscribes at one point between two messages: nothing is missed or comes twice. `before` is what
 * was found of the time before, for a client that has been there and had seen `seen`; NULL: it is
 * new, and shown all that the room has. Owns: takes what `before` has on success. NULL without
 * memory. */
subscriber *room_subscribe(room *self, uint64_t seen, unseen *before);

/* Its place is kept: it is shown nothing of what was said before. It is nobody else's yet. */
void subscriber_wait(subscriber *self);

/* NULL is allowed. */
void subscriber_free(subscriber *self);

#endif
