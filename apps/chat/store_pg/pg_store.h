/* SPDX-License-Identifier: MIT */
/* pg_store.h: the store in PostgreSQL, by its parts: docs/design/chat-nodes-store.md.
 *
 *     pg_tables.c   the tables, and how they are made
 *     pg_order.c    what is said gets its number
 *     pg_read.c     pages, references and rooms
 *     pg_news.c     what other programs have said, and the rooms that they have made
 *     pg_names.c    names that are kept, as they are copied
 *     pg_people.c   who is at which program, and whose a name is
 *     pg_copy.c     what another store has
 *     pg_gap.c      numbers that go on after the server has become another one
 *     pg_store.c    the whole, and what a failure means */
#ifndef CHAT_PG_STORE_H
#define CHAT_PG_STORE_H

#include "store/store.h"

#include <edo/pg.h>
#include <edo/time.h>

/* A server that does not respond for so long has what it was asked cancelled, and may be asked
 * again. What waits for it otherwise would wait as long as a connection that died without a
 * word. */
#define PG_WRITE_MAX edo_s(10)
#define PG_READ_MAX  edo_s(5)

/* Before the reference of what has none of its author's: a byte that no author's has. */
#define PG_OWN_REF       "\x01"
#define PG_OWN_REF_BYTES 48 /* that, 16 digits, and a number */

#define PG_KEY_BYTES (NAME_BYTES_MAX + 1) /* of name_key() */

/* The database's clock beside this machine's, as renewals of the lease have found it: pg_clock.c.
 * So a time is told as what it was, however long the telling takes. */
typedef struct pg_clock {
    _Atomic int64_t ahead_ms; /* of the monotonic clock; PG_CLOCK_UNKNOWN */
    int64_t trip_ns;          /* the task's that renews; how long the question for it took, */
    int64_t at_ns; /* and when that was; 0: it is not known of the server that is there */
} pg_clock;

#define PG_CLOCK_UNKNOWN INT64_MIN

/* The database has said that time, when it was asked between then and now. */
void pg_clock_note(pg_clock *self, edo_instant asked, int64_t now_ms);

/* The server may be another one from now on. */
void pg_clock_forget(pg_clock *self);

/* What the database's clock had then; 0: it is not known. */
int64_t pg_clock_of(const pg_clock *self, edo_instant then);

typedef struct pg_store {
    store base;                              /* first */
    edo_pg *db;                              /* const; a pool */
    char identity[STORE_IDENTITY_BYTES + 1]; /* const; of the database */
    char run[17]; /* const; tells this program's serials from those of others */
    pg_clock clock;
} pg_store;

/* What a call of the database has returned, as a code of the store's; its trail says what was
 * done. */
int pg_result(int err, const char *what);

/* Copies what was gathered, rows of `bytes` each, to `*out`, for free(), also if there are none.
 * Returns 0 or -ENOMEM. */
int pg_take_rows(void **out, const edo_buf *from, size_t bytes, size_t *n);

/* Makes the tables that are missing. Others may at the same time. */
EDO_MUST_USE int pg_tables_make(edo_pg *db);

/* What tells the server, as it is now, from others, and from one that it was: an expression. */
#define PG_SERVER                                                                                  \
    "(select system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)"    \
    " from pg_control_system())"

/* What tells the database, and its row of chat_server, from all copies: a dump that is restored
 * writes the row by another transaction. PG_BIRTH_OF_ROW is of the row as it is, PG_BIRTH of the
 * one that this transaction writes: an xmin has the low 32 bits of its transaction. */
#define PG_BIRTH_OF(transaction)                                                                   \
    "(select oid || ' ' || " transaction " from pg_database where datname = current_database())"
#define PG_BIRTH_OF_ROW PG_BIRTH_OF("chat_server.xmin::text")
#define PG_BIRTH        PG_BIRTH_OF("(txid_current() & 4294967295)")

/* What each new connection does first; see pg_gap.c. */
extern const char pg_gap_sql[];

/* A message as it is in the table. */
typedef struct pg_row {
    uint64_t number;
    int64_t time_ms;
    bool is_action;
    edo_str room, sender, text, ref;
    uint64_t gap_after, gap_to; /* of the room */
} pg_row;

/* Adds a copy of the row; what another program has written, and the chat would not show, is left
 * out. Returns 1 if it was added, 0 if not, or -ENOMEM. */
int pg_gather(const pg_store *self, gathering *to, const pg_row *r);

/* The functions of store_ops. */
int pg_store_order(store *base, const saying *batch, size_t n, place *places);
int pg_store_page(store *base, const name *room, uint64_t after, uint64_t before, size_t limit,
                  store_found **out);
int pg_store_find(store *base, edo_str ref, store_found **out);
int pg_store_news(store *base, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                  store_found **found);
int pg_store_made(store *base, int64_t after_ms, store_made **out, size_t *n);
int pg_store_rooms(store *base, store_room **out, size_t *n);
int pg_store_keep(store *base, const store_name *batch, size_t n);
int pg_store_names(store *base, store_name **out, size_t *n);
int pg_store_renew(store *base, const store_terms *terms, uint64_t *program);
int pg_store_move(store *base, const store_terms *terms, uint64_t program, store_move *batch,
                  size_t n);
int pg_store_where(store *base, uint64_t program, store_move *of, size_t n);
int pg_store_find_person(store *base, store_person *of);
int pg_store_limit(store *base, const store_terms *terms, uint64_t program, const store_move *who,
                   size_t n);

#endif
