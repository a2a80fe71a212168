/* SPDX-License-Identifier: MIT */
/* pg_news.c: what is new in rooms, which other programs may have said, and which rooms are new: two
 * statements that each program does again and again, so what is not new costs them a look at the
 * row of its room, or nothing. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>

/* The rooms, each list with `n` elements, and the limits. */
typedef struct asked_rows {
    edo_str *rooms;
    int64_t *afters;
    size_t rooms_n, afters_n;
    int64_t of_room, in_all;
} asked_rows;
EDO_DESCRIBE(asked_rows, EDO_FIELD_LIST(asked_rows, rooms, rooms_n),
             EDO_FIELD_LIST(asked_rows, afters, afters_n), EDO_FIELD(asked_rows, of_room),
             EDO_FIELD(asked_rows, in_all))

/* The limits leave out the newest ones; a gathering takes the newest first. A room of which nothing
 * but a gap is new has one row, without a number. */
static const char read_news[] =
    "select x.* from ("
    "  select w.at, r.last, coalesce(m.number, 0) as number, coalesce(m.time_ms, 0) as time_ms,"
    "   coalesce(m.is_action, false) as is_action, r.name as room, coalesce(m.sender, '') as "
    "sender,"
    "   coalesce(m.text, '') as text, m.ref, r.gap_after, r.gap_to"
    "  from unnest($1::text[], $2::bigint[]) with ordinality w(room, after, at)"
    "  join chat_room r on r.room = w.room and r.last > w.after"
    "  left join lateral ("
    "    select * from chat_message c where c.room = r.room and c.number > w.after"
    "    order by c.number limit $3"
    "  ) m on true"
    "  order by w.at, m.number limit $4"
    ") x order by x.at desc, x.number desc";

typedef struct pg_new {
    uint64_t at; /* which of the rooms, from 1 */
    uint64_t last;
    pg_row row;
} pg_new;
EDO_DESCRIBE(pg_new, EDO_FIELD(pg_new, at), EDO_FIELD(pg_new, last),
             EDO_FIELD(pg_new, row.number, EDO_AS("number")),
             EDO_FIELD(pg_new, row.time_ms, EDO_AS("time_ms")),
             EDO_FIELD(pg_new, row.is_action, EDO_AS("is_action")),
             EDO_FIELD(pg_new, row.room, EDO_AS("room")),
             EDO_FIELD(pg_new, row.sender, EDO_AS("sender")),
             EDO_FIELD(pg_new, row.text, EDO_AS("text")),
             EDO_FIELD(pg_new, row.ref, EDO_AS("ref"), .optional = true),
             EDO_FIELD(pg_new, row.gap_after, EDO_AS("gap_after")),
             EDO_FIELD(pg_new, row.gap_to, EDO_AS("gap_to")))

/* What is gathered of the rows. */
typedef struct news_gathering {
    const pg_store *from;
    gathering messages;
    store_new *out; /* `n` of them */
    size_t n, rows_n, last_at;
} news_gathering;

/* The first row of a room has its largest number. */
static int add_new(news_gathering *self, const pg_new *r) {
    if (r->at < 1 || r->at > self->n) return edo_fail(-EIO, "the database has found another room");
    store_new *is = &self->out[r->at - 1];
    if (self->rows_n++ == 0) self->last_at = r->at;
    uint64_t told_to = r->row.number > 0 ? r->row.number : r->last;
    if (told_to > is->until) is->until = told_to;
    is->last = r->last;
    is->gap = (store_gap){ r->row.gap_after, r->row.gap_to };
    if (r->row.number == 0) return 0;
    int added = pg_gather(self->from, &self->messages, &r->row);
    is->n += added == 1;
    return added < 0 ? added : 0;
}

/* Gathers the rows of the statement. */
static int gather_news(news_gathering *self, const asked_rows *args) {
    pg_new r;
    int rc, err = 0;
    EDO_DEADLINE(d, PG_READ_MAX);
    edo_seq *rows =
        edo_pg_rows(self->from->db, &pg_new_desc, read_news, EDO_SQL_OF(args, &asked_rows_desc));
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = add_new(self, &r);
    edo_seq_free(rows);
    return edo_deadline_end(&d, err < 0 ? err : rc);
}

/* The rooms as lists; in three pieces of memory, the last of which has the keys. */
static int read_asked(news_gathering *self, const store_asked *of) {
    size_t n = self->n;
    asked_rows args = { .rooms = calloc(n, sizeof *args.rooms),
                        .afters = calloc(n, sizeof *args.afters),
                        .rooms_n = n,
                        .afters_n = n,
                        .of_room = STORE_NEWS_OF_ROOM,
                        .in_all = STORE_NEWS };
    char(*keys)[PG_KEY_BYTES] = calloc(n, sizeof *keys);
    int err = args.rooms && args.afters && keys ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && err == 0; i++) {
        name_key(&of[i].room, keys[i]);
        args.rooms[i] = edo_str_of(keys[i]);
        args.afters[i] = of[i].after < INT64_MAX ? (int64_t)of[i].after : INT64_MAX;
        self->out[i] = (store_new){ .until = of[i].after, .last = of[i].after };
    }
    if (err == 0) err = gather_news(self, &args);
    free(args.rooms);
    free(args.afters);
    free(keys);
    return err;
}

int pg_store_news(store *base, const store_asked *of, size_t n, store_new *out, size_t *done_n,
                  store_found **found) {
    news_gathering all = { .from = (const pg_store *)base, .out = out, .n = n };
    int err = n > 0 ? read_asked(&all, of) : 0;
    if (err == 0) {
        *done_n = all.rows_n == STORE_NEWS ? all.last_at : n;
        return gathering_end(&all.messages, all.messages.n, found);
    }
    gathering_drop(&all.messages);
    return pg_result(err, "reading what is new");
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* A clock may go back, as of another server: then what it has made since is found all the same. The
 * bound is known before the rooms are read, so that those before it are not. */
static const char read_made[] =
    "with t as materialized ("
    "  select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms"
    ") select r.name, r.made_ms, (select now_ms from t) as now_ms from chat_room r"
    " where r.made_ms > (select case when $1::bigint > 0 and $1 <= now_ms then $1"
    "  else now_ms - $2 end from t)"
    " order by r.made_ms fetch first $3 rows with ties";

typedef struct pg_made {
    edo_str name;
    int64_t made_ms, now_ms;
} pg_made;
EDO_DESCRIBE(pg_made, EDO_FIELD(pg_made, name), EDO_FIELD(pg_made, made_ms),
             EDO_FIELD(pg_made, now_ms))

static int news_add_made(edo_buf *to, const pg_made *r) {
    store_made is = { .made_ms = r->made_ms, .now_ms = r->now_ms };
    if (!room_name_parse(&is.name, r->name)) return 0; // not the chat's
    return edo_buf_append(to, &is, sizeof is);
}

int pg_store_made(store *base, int64_t after_ms, store_made **out, size_t *n) {
    edo_buf all = { 0 };
    pg_made r;
    int rc, err = 0;
    EDO_DEADLINE(d, PG_READ_MAX);
    edo_seq *rows = edo_pg_rows(((const pg_store *)base)->db, &pg_made_desc, read_made,
                                EDO_SQL(after_ms, STORE_MADE_MS, (int64_t)STORE_MADE));
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = news_add_made(&all, &r);
    edo_seq_free(rows);
    err = edo_deadline_end(&d, err < 0 ? err : rc);
    if (err == 0) err = pg_take_rows((void **)out, &all, sizeof **out, n);
    edo_buf_deinit(&all);
    return pg_result(err, "reading which rooms are new");
}
