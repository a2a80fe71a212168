/* SPDX-License-Identifier: MIT */
/* store.h: where what was said is kept, and whose names are: an interface, and its form in a file.
 *
 * A store keeps what is said in each room, but for who said it (saying.from), by numbers from 1,
 * below INT64_MAX, which grow within a room. Texts are UTF-8 without a NUL. Room names that differ
 * in case only are one room, as everywhere in the chat.
 *
 * The caller gives the numbers, or the store does, for which several programs may say something:
 * docs/design/chat-nodes-store.md. A form has one of the two ways to append.
 *
 * Another form is another table of functions. tests/chat/store_test.c runs one suite over all of
 * them, and over forms in memory of either way (tests/chat/stores/memory.h).
 *
 * All functions may be called by any fiber, at once. They may wait for a disk that does not
 * respond, without blocking a worker: a chat that must not wait calls them from a task of its own.
 *
 * Cancel: safe. A call that was cancelled before it began returns -ECANCELED and has done nothing;
 *         one that has begun is awaited, and its result is returned. What a server was asked is cut
 *         short instead, and as after any failure it may be done. */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include "message.h"

#include <edo/bytes.h>
#include <edo/compiler.h>

#include <stdint.h>

#define STORE_BEFORE_ANY   UINT64_MAX /* for store_page(): up to the newest message */
#define STORE_DAMAGE_BYTES 128

/* Numbers of a room that no message has, and none will: those above `after`, up to `to`. A store
 * that gives the numbers has passed over them, as it may have given some of them before, and have
 * lost what had them; of these the last ones. Both 0: there are none. */
typedef struct store_gap {
    uint64_t after, to;
} store_gap;

/* Messages that a store has found: in one piece of memory with their texts, for free(). */
typedef struct store_found {
    size_t n;
    bool has_more;     /* there are older ones in the range, which the limit has left out */
    int fault;         /* of the range some is left out: -EIO  the disk has failed to read it, and
                          may not the next time; else -EILSEQ  it is damaged, see store_damage();
                          0: nothing is */
    store_gap gap;     /* of the room that was asked for, if something was found */
    saying messages[]; /* by number, oldest first; their texts end with a NUL, which does not
                          count */
} store_found;

/* A room that has messages. */
typedef struct store_room {
    name name;
    uint64_t last; /* number of its newest message, or the end of the gap behind that */
    store_gap gap;
} store_room;

/* A room that is asked for, and what is new in it: of a store that gives the numbers, so other
 * programs may have said something. */
typedef struct store_asked {
    name room;
    uint64_t after; /* messages with a larger number are new */
} store_asked;

typedef struct store_new {
    size_t n;       /* that were found of the room */
    uint64_t until; /* it has no other ones up to this number; `after`: nothing was found */
    uint64_t last;  /* as of a store_room; `after`: likewise */
    store_gap gap;  /* if `last` is above `after` */
} store_new;

/* A room that was made lately. */
typedef struct store_made {
    name name;
    int64_t made_ms, now_ms; /* by the store's clock: when it was made, when it was asked */
} store_made;

/* A name that a person has spoken under, and which is nobody else's for a while. */
#define STORE_PERSON_BYTES 16
#define STORE_NAME_IS_USED INT64_MAX /* an end of the time that is not known: the person is here */
#define STORE_NAME_IS_FREE 0         /* likewise: it is over */
typedef struct store_name {
    name name;                           /* first */
    char person[STORE_PERSON_BYTES + 1]; /* as of token.h */
    char address[EDO_ADDR_KEY_BYTES];    /* that the person has come from */
    int64_t until_ms;                    /* since 1970: so long it is the person's */
} store_name;

/* ---- People of a store that several programs use --------------------------------------------- */

/* What a person does at a program. */
typedef enum store_deed {
    STORE_ARRIVES, /* it is at this program from now on, wherever it was; it wants the name */
    STORE_STAYS,   /* likewise, unless it is at another one: what the store has lost comes back */
    STORE_RENAMES, /* as STORE_STAYS: it is here, and wants another name */
    STORE_SPEAKS,  /* it is here, and has spoken under the name */
    STORE_DEPARTS, /* it is not here any more; a name that it has spoken under is kept for it */
} store_deed;

/* How it is with a person and a name. */
typedef enum store_standing {
    STORE_HAS_NAME,     /* the person is here, and has it */
    STORE_NAME_TAKEN,   /* the person is here; somebody else has it */
    STORE_IS_ELSEWHERE, /* the person is at another program */
    STORE_IS_UNKNOWN,   /* the store has not got the person, or that name */
} store_standing;

typedef struct store_move {
    name name; /* first; empty: of STORE_ARRIVES that which it has had until now; else none */
    char person[STORE_PERSON_BYTES + 1]; /* as of a store_name */
    char address[EDO_ADDR_KEY_BYTES];    /* likewise */
    store_deed deed;
    edo_instant at;    /* of STORE_ARRIVES: when; 0: now */
    bool is_own_only;  /* it gets the name only if that is its own already */
    bool has_spoken;   /* under the name; set if the name was kept for it */
    store_standing is; /* set: what has come of it; of STORE_SPEAKS and STORE_DEPARTS nothing */
} store_move;

/* Somebody whom a program looks for. */
typedef struct store_person {
    name name; /* that it has, or that is kept for it; empty: it has none */
    char person[STORE_PERSON_BYTES + 1];
    uint64_t program; /* at which it is; 0: it is nowhere, and the name is kept for it */
} store_person;

/* For how long things last. */
typedef struct store_terms {
    int64_t lease_ms; /* a program that does not renew is gone after that, with its people */
    int64_t keep_ms;  /* a name that a person has spoken under is kept after that is gone */
} store_terms;

typedef struct store store;

/* The functions that a form of the store implements. Each is as the one that calls it, below. */
typedef struct store_ops {
    int (*append)(store *self, const saying *batch, size_t n); /* NULL: it gives the numbers */
    int (*order)(store *self, const saying *batch, size_t n, place *places); /* else NULL */
    int (*page)(store *self, const name *room, uint64_t after, uint64_t before, size_t limit,
                store_found **out);
    int (*find)(store *self, edo_str ref, store_found **out);
    int (*news)(store *self, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                store_found **found); /* these two go with `order` */
    int (*made)(store *self, int64_t after_ms, store_made **out, size_t *n);
    const char *(*identity)(const store *self); /* likewise */
    int (*rooms)(store *self, store_room **out, size_t *n);
    int (*keep)(store *self, const store_name *batch, size_t n);
    int (*names)(store *self, store_name **out, size_t *n);
    int (*renew)(store *self, const store_terms *terms, uint64_t *program);
    int (*move)(store *self, const store_terms *terms, uint64_t program, store_move *batch,
                size_t n); /* these five go together; NULL: one program alone uses it */
    int (*where)(store *self, uint64_t program, store_move *of, size_t n);
    int (*find_person)(store *self, store_person *of);
    int (*limit)(store *self, const store_terms *terms, uint64_t program, const store_move *who,
                 size_t n);
    int (*sync)(store *self);
    int (*check)(store *self);
    void (*damage)(store *self, char *out, size_t bytes);
    void (*free)(store *self);
} store_ops;

/* A form's own struct begins with it. */
struct store {
    const store_ops *ops;
};

/* Keeps all messages of the batch, or none of them. Once it has returned 0 the messages survive an
 * end of the program by any signal. A batch is one commit, and so far cheaper than its messages
 * one by one.
 *
 * Owns:    borrows the batch until return.
 * Errors:  -EEXIST  the room has a message of that number, or the batch has two
 *          -ENOMEM; -ENOSPC  the disk is full; -EIO and others: see the trail */
EDO_MUST_USE int store_append(store *self, const saying *batch, size_t n);

/* Whether it gives the numbers: then store_order() is in the place of store_append(). */
bool store_gives_numbers(const store *self);

/* Keeps all messages of the batch, or none of them, and writes to `places` where each is. A room's
 * messages have the order of the batch, numbers without a gap, and times of the store's clock, each
 * no earlier than the one before. `number` and `time_ms` of the batch are not looked at.
 *
 * What has the `ref` of a message that is there, or of one before it in the batch, is said once,
 * and has its place; so is what has no `ref` and the `serial` of a message that this store was
 * given since it was opened. After a failure a message may be there all the same: a batch that is
 * given again is said once.
 *
 * Owns:    borrows the batch until return.
 * Errors:  -EINVAL  one of the batch cannot be kept by this store, ever
 *          -ENOMEM; -ETIMEDOUT, -EIO and others, which may pass: see the trail */
EDO_MUST_USE int store_order(store *self, const saying *batch, size_t n, place *places);

/* The newest messages of a room with `after` < number < `before`, `limit` at most. STORE_BEFORE_ANY
 * and 0 are no bounds. What cannot be read is left out, and what is older than that is read, as far
 * as it is found.
 *
 * Owns:    returns new, for free(), also if nothing was found.
 * Errors:  -ENOMEM, -EBUSY and others, which may pass */
EDO_MUST_USE int store_page(store *self, const name *room, uint64_t after, uint64_t before,
                            size_t limit, store_found **out);

/* The message whose author calls it so, of the newest if there are several.
 *
 * Owns:    returns new, for free(): with one message, or with none.
 * Errors:  -ENOMEM; -EIO and others */
EDO_MUST_USE int store_find(store *self, edo_str ref, store_found **out);

/* What is new in `n` rooms, of one moment: up to STORE_NEWS_OF_ROOM messages of each, and
 * STORE_NEWS in all, the oldest first. `*done_n` is how many of the rooms have their `out`; for
 * those behind there was no room. `*found` has the messages, room by room as they were asked for,
 * and by number; who has said them is known, by `serial`, if it was this store. What cannot be read
 * is left out, and passed over by `until`.
 *
 * Owns:    borrows the rooms until return; `*found` is new, for free().
 * Errors:  -ENOTSUP  it does not give the numbers
 *          -ENOMEM; -ETIMEDOUT, -EIO and others, which may pass */
#define STORE_NEWS_OF_ROOM 256
#define STORE_NEWS         1024
EDO_MUST_USE int store_news(store *self, const store_asked *of, size_t n, store_new *out,
                            size_t *done_n, store_found **found);

/* The rooms that were made after that time of the store's clock, which were made first: STORE_MADE
 * at most, and those of the last one's time. 0, or a time to come: in the last STORE_MADE_MS. One
 * may come to light seconds after its time.
 *
 * Owns:    returns new, for free(), also if there are none.
 * Errors:  as store_news() */
#define STORE_MADE    256
#define STORE_MADE_MS INT64_C(3600000)
EDO_MUST_USE int store_made_after(store *self, int64_t after_ms, store_made **out, size_t *n);

/* What tells this store from all others, for those that have several programs: letters and digits,
 * STORE_IDENTITY_BYTES at most. Owns: borrowed. */
#define STORE_IDENTITY_BYTES 32
const char *store_identity(const store *self);

/* The rooms that have messages, sorted by name.
 *
 * Owns:    returns new, for free(), also if there are none.
 * Errors:  -ENOMEM; -EIO and others */
EDO_MUST_USE int store_rooms(store *self, store_room **out, size_t *n);

/* Keeps what is told of names, all of the batch or nothing: instead of what was told of each
 * before. One that is free is forgotten.
 *
 * Errors:  -ENOMEM; -ENOSPC, -EIO and others */
EDO_MUST_USE int store_keep(store *self, const store_name *batch, size_t n);

/* The names that it keeps, the one first whose time ends first.
 *
 * Owns:    returns new, for free(), also if there are none.
 * Errors:  -ENOMEM; -EIO and others */
EDO_MUST_USE int store_names(store *self, store_name **out, size_t *n);

/* Whether several programs use it, so that names and people are theirs together. */
bool store_shares_people(const store *self);

/* The program is there for `lease_ms` from now on, by the store's clock. `*program` is its number,
 * above 0; 0: it gets one, which none has had. What programs have left that are gone is free, or
 * kept for the people whose it was: but for a time without the store nobody is gone, so a program
 * looks for such only once it has been there for `lease_ms` without a break. What is kept for
 * nobody any more is forgotten.
 *
 * Errors:  -ENOTSUP  it does not share people
 *          -ENOMEM; -ETIMEDOUT, -EIO and others, which may pass */
EDO_MUST_USE int store_renew(store *self, const store_terms *terms, uint64_t *program);

/* All of the batch is done, or nothing. No person and no name stands in it twice. A name is a
 * person's if nobody has it, if it is kept for nobody else, or if it has been its own; another one
 * that the person had until then is free. Of one address STORE_KEPT_OF_ADDRESS names are kept,
 * those that were left last.
 *
 * Errors:  as store_renew(). After a failure it may be done all the same; to do it again does no
 *          harm */
#define STORE_KEPT_OF_ADDRESS 64
EDO_MUST_USE int store_move_people(store *self, const store_terms *terms, uint64_t program,
                                   store_move *batch, size_t n);

/* Writes to each `is` how it is with that person and its name, at this program.
 *
 * Errors:  as store_renew() */
EDO_MUST_USE int store_where(store *self, uint64_t program, store_move *of, size_t n);

/* Nobody but those of the batch is at that program: others have departed.
 *
 * Errors:  as store_renew() */
EDO_MUST_USE int store_limit_people(store *self, const store_terms *terms, uint64_t program,
                                    const store_move *who, size_t n);

/* Finds the person that `of` names, which is at some program, or, if it names none, who has the
 * name, or for whom it is kept, and writes the rest of it.
 *
 * Errors:  -ENOENT  there is nobody; else as store_renew() */
EDO_MUST_USE int store_find_person(store *self, store_person *of);

/* Returns when what was appended before is on the disk. After a failure some of what was appended
 * since the last call that has returned 0 may be lost, and may be appended again; calls fail until
 * all that the store has is on the disk. Not called by two tasks at once.
 *
 * Errors:  -ENODATA  as of store_check(), once; -ENOSPC, -EIO and others */
EDO_MUST_USE int store_sync(store *self);

/* Looks whether what the store is in is still there and whole, and where it is damaged. A large
 * file may take a while, in which others write and read.
 *
 * Errors:  -ESTALE  the file was deleted or replaced: what is stored ends with the program
 *          -ENODATA  some of what was stored is not there any more: its log was cut off; from then
 *                    on. What is stored later is whole
 *          -EILSEQ  the file is damaged; -EIO and others, which may pass */
EDO_MUST_USE int store_check(store *self);

/* What is damaged, in plain words: the file, and where in it; the first damage that a call has come
 * upon, and not sooner than store_check() has returned after that all that can be known of it.
 * Empty: none has. `out` has room for `bytes`, STORE_DAMAGE_BYTES for all of it. */
void store_damage(store *self, char *out, size_t bytes);

/* Frees the store when no call is under way. NULL is allowed. For a file it may wait for the disk:
 * call it where that does no harm, as at the end of the program. */
void store_free(store *self);

/* A store in that SQLite file, which is made if it is not there. While it is open no other chat can
 * use the file; other programs may read it. Waits for the disk without a worker being blocked.
 *
 * Errors:  each with a line in the trail that names the file:
 *          -EBUSY    another program uses the file
 *          -EILSEQ   the file is no database of this chat, or is damaged
 *          -ENOENT, -EACCES, -EROFS, -EISDIR, ...  it cannot be opened or written
 *          -ENOTSUP  this program was built without SQLite
 *          -ENOMEM */
EDO_MUST_USE int store_sqlite_open(store **out, const char *path);

/* A store in that PostgreSQL database, postgres://…, whose tables are made if they are not there.
 * Several programs may use it. It gives the numbers. `node` is a checked name for its connections,
 * NULL: none.
 *
 * Errors:  each with a line in the trail, without a password:
 *          -EINVAL   the URL is none, or the database's encoding is not UTF8
 *          -ENOTSUP  this program was built without PostgreSQL
 *          -EIO, -ETIMEDOUT  the database cannot be reached, or refuses
 *          -ENOMEM */
EDO_MUST_USE int store_pg_open(store **out, const char *url, const char *node);

/* What was copied. */
typedef struct store_copied {
    uint64_t rooms_n, names_n;
    uint64_t messages_n, before_n; /* by this call; by earlier ones */
    bool has_lack;                 /* some could not be read, and was left out */
} store_copied;

/* Copies what `from` has into `to`, of store_pg_open(). Messages get numbers from 1 on, and keep
 * their order, times and references. A call that was cut short, or failed, is gone on with by the
 * next one. `*done` is written also if it fails.
 *
 * Errors:  -EEXIST  a room of `to` has messages that are none of `from`
 *          -EBUSY   another copy is under way; else of both stores
 * Cancel:  safe; what was copied stays. */
EDO_MUST_USE int store_copy_to_pg(store *from, store *to, store_copied *done);

/* ---- For the forms: what was found ----------------------------------------------------------- */

/* Copies of messages, newest first. All zero is empty. */
typedef struct gathering {
    edo_buf rows, texts;
    size_t n;
    int fault; /* as of a store_found */
    store_gap gap;
} gathering;

/* Adds a copy of the next older message. Returns 0 or -ENOMEM. */
int gathering_add(gathering *self, const saying *m);

/* Notes that some is left out: -EILSEQ or -EIO. */
void gathering_lack(gathering *self, int fault);

/* Makes the result of the first `limit` messages, oldest first, and frees the gathering. Returns 0
 * or -ENOMEM. */
int gathering_end(gathering *self, size_t limit, store_found **out);

/* Frees it without a result. */
void gathering_drop(gathering *self);

#endif
