/* SPDX-License-Identifier: MIT */
/* pg_read.c: pages, references and rooms of the store in PostgreSQL. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EDO_DESCRIBE(pg_row, EDO_FIELD(pg_row, number), EDO_FIELD(pg_row, time_ms),
             EDO_FIELD(pg_row, is_action), EDO_FIELD(pg_row, room), EDO_FIELD(pg_row, sender),
             EDO_FIELD(pg_row, text), EDO_FIELD(pg_row, ref, .optional = true),
             EDO_FIELD(pg_row, gap_after), EDO_FIELD(pg_row, gap_to))

#define PG_ROW                                                                                     \
    "select m.number, m.time_ms, m.is_action, r.name as room, m.sender, m.text, m.ref,"            \
    " r.gap_after, r.gap_to"                                                                       \
    " from chat_message m join chat_room r using (room) "

/* The serial by which this store knows what has no reference of its author's; 0: another has said
 * it. */
static uint64_t pg_serial(const pg_store *self, edo_str ref) {
    char text[PG_OWN_REF_BYTES], run[sizeof self->run];
    uint64_t serial;
    (void)snprintf(text, sizeof text, "%.*s", (int)ref.len, ref.ptr);
    bool is_one = sscanf(text, PG_OWN_REF "%16s %" SCNu64, run, &serial) == 2;
    return is_one && strcmp(run, self->run) == 0 ? serial : 0;
}

int pg_gather(const pg_store *self, gathering *to, const pg_row *r) {
    bool is_own_ref = r->ref.len > 0 && r->ref.ptr[0] == PG_OWN_REF[0];
    saying m = { .number = r->number,
                 .time_ms = r->time_ms,
                 .is_action = r->is_action,
                 .text = r->text,
                 .ref = is_own_ref ? (edo_str){ 0 } : r->ref,
                 .serial = is_own_ref ? pg_serial(self, r->ref) : 0 };
    bool is_whole = room_name_parse(&m.room, r->room) && name_read(&m.nick, r->sender) &&
                    !text_lines_fault(m.text) && !text_fault(m.ref);
    if (!is_whole) return gathering_lack(to, -EILSEQ), 0;
    int err = gathering_add(to, &m);
    return err < 0 ? err : 1;
}

/* Messages that are gathered, newest first. */
typedef struct pg_gathering {
    gathering messages;
    size_t rows_n; /* of the last query */
    uint64_t oldest;
} pg_gathering;

/* Gathers the rows of a query. */
static int gather_rows(const pg_store *self, const char *sql, edo_sql_args args, pg_gathering *to) {
    pg_row r;
    int rc, err = 0;
    edo_seq *rows = edo_pg_rows(self->db, &pg_row_desc, sql, args);
    to->rows_n = 0;
    while ((rc = edo_seq_next(rows, &r)) == 1 && err >= 0) {
        to->rows_n++;
        to->oldest = r.number;
        to->messages.gap = (store_gap){ r.gap_after, r.gap_to };
        err = pg_gather(self, &to->messages, &r);
    }
    edo_seq_free(rows);
    return err < 0 ? err : rc;
}

/* Makes the result of the first `limit`; `err` is why there is none. */
static int end_gathering(pg_gathering *self, int err, size_t limit, store_found **out) {
    if (err == 0) return gathering_end(&self->messages, limit, out);
    gathering_drop(&self->messages);
    return pg_result(err, "reading messages");
}

static int64_t pg_int64(uint64_t n) {
    return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

/* In the place of those that the chat would not show are older ones. */
int pg_store_page(store *base, const name *room, uint64_t after, uint64_t before, size_t limit,
                  store_found **out) {
    static const char read_page[] = PG_ROW "where m.room = $1 and m.number > $2 and m.number < $3"
                                           " order by m.number desc limit $4";
    char key[PG_KEY_BYTES];
    uint64_t most = limit < INT64_MAX ? limit + 1 : limit; // is there more?
    pg_gathering g = { .oldest = before };
    int err;
    name_key(room, key);
    EDO_DEADLINE(d, PG_READ_MAX);
    do {
        err =
            gather_rows((const pg_store *)base, read_page,
                        EDO_SQL(&key[0], pg_int64(after), pg_int64(g.oldest), pg_int64(most)), &g);
    } while (err == 0 && g.rows_n == most && g.messages.n < most);
    return end_gathering(&g, edo_deadline_end(&d, err), limit, out);
}

int pg_store_find(store *base, edo_str ref, store_found **out) {
    pg_gathering g = { 0 };
    EDO_DEADLINE(d, PG_READ_MAX);
    int err = gather_rows((const pg_store *)base, PG_ROW "where m.ref = $1",
                          EDO_SQL(ref.len > 0 ? ref : (edo_str){ 0 }), &g);
    return end_gathering(&g, edo_deadline_end(&d, err), 1, out);
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

typedef struct pg_room {
    edo_str name;
    uint64_t last, gap_after, gap_to;
} pg_room;
EDO_DESCRIBE(pg_room, EDO_FIELD(pg_room, name), EDO_FIELD(pg_room, last),
             EDO_FIELD(pg_room, gap_after), EDO_FIELD(pg_room, gap_to))

static int add_pg_room(edo_buf *to, const pg_room *r) {
    store_room is = { .last = r->last, .gap = { r->gap_after, r->gap_to } };
    if (!room_name_parse(&is.name, r->name)) return 0; // not the chat's
    return edo_buf_append(to, &is, sizeof is);
}

int pg_store_rooms(store *base, store_room **out, size_t *n) {
    edo_buf all = { 0 };
    pg_room r;
    int rc, err = 0;
    EDO_DEADLINE(d, PG_READ_MAX);
    edo_seq *rows = edo_pg_rows(
        ((const pg_store *)base)->db, &pg_room_desc,
        "select name, last, gap_after, gap_to from chat_room where last > 0 order by room",
        EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = add_pg_room(&all, &r);
    edo_seq_free(rows);
    err = edo_deadline_end(&d, err < 0 ? err : rc);
    if (err == 0) err = pg_take_rows((void **)out, &all, sizeof **out, n);
    edo_buf_deinit(&all);
    return pg_result(err, "reading the rooms");
}
