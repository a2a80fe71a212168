/* SPDX-License-Identifier: MIT */
/* store.h: where what was said is kept, and whose names are: an interface, and its form in a file.
 *
 * A store keeps what is said in each room, but for who said it (saying.from), by numbers from 1,
 * below INT64_MAX, which the caller gives and which grow within a room. Texts are UTF-8 without a
 * NUL. Room names that differ in case only are one room, as everywhere in the chat.
 *
 * Another form is another table of functions. tests/chat/store_test.c runs one suite over SQLite
 * and a form in memory (tests/chat/stores/memory.h).
 *
 * All functions may be called by any fiber, at once. They may wait for a disk that does not
 * respond, without blocking a worker: a chat that must not wait calls them from a task of its own.
 *
 * Cancel: safe. A call that was cancelled before it began returns -ECANCELED and has done nothing;
 *         one that has begun is awaited, and its result is returned. */
#ifndef CHAT_STORE_H
#define CHAT_STORE_H

#include "message.h"

#include <edo/bytes.h>
#include <edo/compiler.h>

#include <stdint.h>

#define STORE_BEFORE_ANY   UINT64_MAX /* for store_page(): up to the newest message */
#define STORE_DAMAGE_BYTES 128

/* Messages that a store has found: in one piece of memory with their texts, for free(). */
typedef struct store_found {
    size_t n;
    bool has_more;     /* there are older ones in the range, which the limit has left out */
    int fault;         /* of the range some is left out: -EIO  the disk has failed to read it, and
                          may not the next time; else -EILSEQ  it is damaged, see store_damage();
                          0: nothing is */
    saying messages[]; /* by number, oldest first; their texts end with a NUL, which does not
                          count */
} store_found;

/* A room that has messages. */
typedef struct store_room {
    name name;
    uint64_t last; /* number of its newest message */
} store_room;

/* A name that a person has spoken under, and which is nobody else's for a while. */
#define STORE_PERSON_BYTES 16
#define STORE_NAME_IS_USED INT64_MAX /* an end of the time that is not known: the person is here */
#define STORE_NAME_IS_FREE 0         /* likewise: it is over */
typedef struct store_name {
    name name;                           /* first */
    char person[STORE_PERSON_BYTES + 1]; /* as of room/token.h */
    char address[EDO_ADDR_KEY_BYTES];    /* that the person has come from */
    int64_t until_ms;                    /* since 1970: so long it is the person's */
} store_name;

typedef struct store store;

/* The functions that a form of the store implements. Each is as the one that calls it, below. */
typedef struct store_ops {
    int (*append)(store *self, const saying *batch, size_t n);
    int (*page)(store *self, const name *room, uint64_t after, uint64_t before, size_t limit,
                store_found **out);
    int (*find)(store *self, edo_str ref, store_found **out);
    int (*rooms)(store *self, store_room **out, size_t *n);
    int (*keep)(store *self, const store_name *batch, size_t n);
    int (*names)(store *self, store_name **out, size_t *n);
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

/* ---- For the forms: what was found ----------------------------------------------------------- */

/* Copies of messages, newest first. All zero is empty. */
typedef struct gathering {
    edo_buf rows, texts;
    size_t n;
    int fault; /* as of a store_found */
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
