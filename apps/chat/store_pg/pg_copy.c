/* SPDX-License-Identifier: MIT */
/* pg_copy.c: a store as it is becomes one in PostgreSQL.
 *
 * A room's messages get numbers from 1 on: those of a file have gaps, which readers would take for
 * messages that they have missed. How far a room is copied stands in chat_copy, written in the
 * transaction that copies: so a copy that was cut short goes on where it was.
 *
 * inv. 1: the first `copied_n` messages of the room are those of the other store up to
 *         `source_number`, in their order. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>

#define COPY_BATCH 500 /* messages of one transaction */
#define COPY_TRIES 3   /* of a batch: others may say by the same references meanwhile */

/* How far a room is copied. */
typedef struct copy_state {
    int64_t source_number; /* 0: nothing is */
    int64_t copied_n;
    int64_t last; /* of the room */
} copy_state;
EDO_DESCRIBE(copy_state, EDO_FIELD(copy_state, source_number), EDO_FIELD(copy_state, copied_n),
             EDO_FIELD(copy_state, last))

/* A room on its way. */
typedef struct copying {
    store *from;
    const pg_store *to;
    const store_room *room; /* as `from` has it */
    char key[PG_KEY_BYTES];
    copy_state is;
    store_copied *done;
} copying;

/* ---- The next messages of the other store ---------------------------------------------------- */

/* Whether it has one between two numbers, without these. */
static int has_between(const copying *c, uint64_t after, uint64_t before) {
    store_found *found;
    int err = store_page(c->from, &c->room->name, after, before, 1, &found);
    if (err < 0) return err;
    int has_some = found->n > 0;
    free(found);
    return has_some;
}

/* The number of the first message after that one, which there is: its numbers may begin anew far
 * behind. */
static int first_after(const copying *c, uint64_t after, uint64_t *out) {
    uint64_t low = after + 1, high = c->room->last; // it is in between, both included
    int err = has_between(c, after, low + 1);
    if (err > 0) high = low;
    while (low < high && err >= 0) {
        uint64_t middle = low + (high - low) / 2;
        err = has_between(c, after, middle + 1);
        if (err > 0) high = middle;
        if (err == 0) low = middle + 1;
    }
    *out = low;
    return err < 0 ? err : 0;
}

/* The next messages, oldest first; none: `*until` is how far it was looked. */
static int next_messages(const copying *c, store_found **out, uint64_t *until) {
    uint64_t first, after = (uint64_t)c->is.source_number;
    int err = first_after(c, after, &first);
    if (err < 0) return err;
    *until = first + COPY_BATCH - 1;
    if (*until > c->room->last) *until = c->room->last;
    return store_page(c->from, &c->room->name, after, *until + 1, COPY_BATCH, out);
}

/* ---- Into the database ----------------------------------------------------------------------- */

typedef struct copied_rows {
    edo_str *senders, *texts, *refs;
    bool *are_actions;
    int64_t *times;
    size_t senders_n, texts_n, refs_n, are_actions_n, times_n;
    edo_str room;
    int64_t last, source_number;
} copied_rows;
EDO_DESCRIBE(copied_rows, EDO_FIELD(copied_rows, room), EDO_FIELD(copied_rows, last),
             EDO_FIELD(copied_rows, source_number), EDO_FIELD_LIST(copied_rows, times, times_n),
             EDO_FIELD_LIST(copied_rows, are_actions, are_actions_n),
             EDO_FIELD_LIST(copied_rows, senders, senders_n),
             EDO_FIELD_LIST(copied_rows, texts, texts_n), EDO_FIELD_LIST(copied_rows, refs, refs_n))

/* Nothing is written if the room has another last number: somebody has spoken there. A reference
 * that is there already, as a file may have it twice, stands at the first message alone. */
static const char copy_messages[] =
    "with said as ("
    "  select s.*, row_number() over (partition by ref order by at) as nth"
    "  from unnest($4::bigint[], $5::boolean[], $6::text[], $7::text[], $8::text[])"
    "  with ordinality s(time_ms, is_action, sender, text, ref, at)"
    "), grown as ("
    "  update chat_room set last = last + (select count(*) from said),"
    "   last_ms = greatest(last_ms, (select max(time_ms) from said))"
    "  where room = $1 and last = $2 returning last - (select count(*) from said) as before"
    "), noted as ("
    "  update chat_copy set source_number = $3, copied_n = copied_n + (select count(*) from said)"
    "  where room = $1 and exists (select from grown)"
    "), added as ("
    "  insert into chat_message (room, number, time_ms, is_action, sender, text, ref)"
    "  select $1, g.before + s.at, s.time_ms, s.is_action, s.sender, s.text,"
    "   case when s.nth = 1 and not exists (select from chat_message m where m.ref = s.ref)"
    "   then s.ref end"
    "  from said s, grown g returning 1"
    ") select count(*) as n from added";

typedef struct count_row {
    uint64_t n;
} count_row;
EDO_DESCRIBE(count_row, EDO_FIELD(count_row, n))

static void copied_rows_free(copied_rows *self) {
    free(self->senders);
    free(self->are_actions);
    free(self->times);
}

static int copied_rows_make(copied_rows *r, const copying *c, const store_found *f) {
    size_t n = f->n;
    *r = (copied_rows){ .senders = calloc(3 * n, sizeof(edo_str)),
                        .are_actions = calloc(n, sizeof(bool)),
                        .times = calloc(n, sizeof(int64_t)),
                        .room = edo_str_of(c->key),
                        .last = c->is.last,
                        .source_number = (int64_t)f->messages[n - 1].number };
    if (!r->senders || !r->are_actions || !r->times) return copied_rows_free(r), -ENOMEM;
    r->texts = r->senders + n;
    r->refs = r->senders + 2 * n;
    r->senders_n = r->texts_n = r->refs_n = r->are_actions_n = r->times_n = n;
    for (size_t i = 0; i < n; i++) {
        const saying *m = &f->messages[i];
        r->senders[i] = edo_str_of(m->nick.text);
        r->texts[i] = m->text.len > 0 ? m->text : EDO_STR("");
        if (m->ref.len > 0) r->refs[i] = m->ref;
        r->are_actions[i] = m->is_action;
        r->times[i] = m->time_ms;
    }
    return 0;
}

static int refuse_spoken(const copying *c) {
    return edo_fail(-EEXIST, "the database has messages of #%s that are none of the file's",
                    c->room->name.text);
}

/* Messages of the room came between: those of another copy, or what somebody has said. */
static int refuse_rival(const copying *c) {
    const char *key = c->key;
    count_row copied;
    EDO_DEADLINE(d, PG_READ_MAX);
    int err = edo_deadline_end(
        &d, edo_pg_query_one(c->to->db, &copied, &count_row_desc,
                             "select copied_n as n from chat_copy where room = $1", EDO_SQL(key)));
    if (err < 0) return pg_result(err, "copying messages");
    if (copied.n == (uint64_t)c->is.copied_n) return refuse_spoken(c);
    return edo_fail(-EBUSY, "another --copy-to copies #%s at the same time", c->room->name.text);
}

/* Writes the rows, or none of them. */
static int copy_once(const copying *c, const copied_rows *rows, count_row *added) {
    EDO_DEADLINE(d, PG_WRITE_MAX);
    int err = edo_pg_query_one(c->to->db, added, &count_row_desc, copy_messages,
                               EDO_SQL_OF(rows, &copied_rows_desc));
    return pg_result(edo_deadline_end(&d, err), "copying messages");
}

/* A reference that another program has committed meanwhile is seen by the next try. */
static int copy_found(copying *c, const store_found *f) {
    copied_rows rows;
    count_row added = { .n = 0 };
    int err = copied_rows_make(&rows, c, f);
    if (err < 0) return err;
    err = -EAGAIN;
    for (int tries_n = 0; tries_n < COPY_TRIES && err == -EAGAIN; tries_n++)
        err = copy_once(c, &rows, &added);
    if (err == 0 && added.n != f->n) err = refuse_rival(c);
    if (err == 0) {
        c->is.source_number = rows.source_number;
        c->is.copied_n += (int64_t)f->n;
        c->is.last += (int64_t)f->n;
        c->done->messages_n += f->n;
    }
    copied_rows_free(&rows);
    return err;
}

/* ---- A room ---------------------------------------------------------------------------------- */

/* Makes the room and its line of chat_copy, if they are not there, and reads how far it is. Numbers
 * of a room that is not copied to its end, and in which nobody has spoken, have no gap: also if the
 * server has become another one meanwhile. */
static int pg_copy_begin(copying *c) {
    const char *key = c->key, *shown = c->room->name.text;
    const int64_t newest = (int64_t)c->room->last;
    edo_pg_step steps[] = {
        { .sql = "insert into chat_room (room, name) values ($1, $2) on conflict do nothing",
          .args = EDO_SQL(key, shown) },
        { .sql = "insert into chat_copy (room) values ($1) on conflict do nothing",
          .args = EDO_SQL(key) },
        { .sql =
              "update chat_room r set last = gap_after, gap_after = 0, gap_to = 0 from chat_copy c"
              " where r.room = $1 and c.room = r.room and r.last = r.gap_to"
              " and r.gap_to > 0 and r.gap_after = c.copied_n and c.source_number < $2",
          .args = EDO_SQL(key, newest) },
        { .sql = "select source_number, copied_n, last from chat_copy join chat_room using (room)"
                 " where room = $1",
          .args = EDO_SQL(key),
          .out = &c->is,
          .desc = &copy_state_desc },
    };
    EDO_DEADLINE(d, PG_WRITE_MAX);
    int err = edo_deadline_end(&d, edo_pg_pipeline(c->to->db, steps, EDO_COUNT(steps)));
    return pg_result(err, "copying a room");
}

/* The newest one that was copied is that of the other store: else it was copied from another. */
static int copy_compare(const copying *c) {
    store_found *there = NULL, *here = NULL;
    uint64_t n = (uint64_t)c->is.copied_n, number = (uint64_t)c->is.source_number;
    if (n == 0) return 0;
    store *to = (store *)(uintptr_t)&c->to->base;
    int err = store_page(c->from, &c->room->name, number - 1, number + 1, 1, &there);
    if (err == 0) err = store_page(to, &c->room->name, n - 1, n + 1, 1, &here);
    bool is_same = err == 0 && there->n == 1 && here->n == 1 &&
                   there->messages[0].time_ms == here->messages[0].time_ms &&
                   edo_str_equal(there->messages[0].text, here->messages[0].text);
    free(there);
    free(here);
    return err < 0 ? err : is_same ? 0 : refuse_spoken(c);
}

static int pg_copy_rest(copying *c) {
    int err = 0;
    while (err == 0 && (uint64_t)c->is.source_number < c->room->last) {
        store_found *found;
        uint64_t until;
        err = next_messages(c, &found, &until);
        if (err < 0) break;
        c->done->has_lack |= found->fault < 0;
        if (found->n > 0) {
            err = copy_found(c, found);
        } else {
            c->is.source_number = (int64_t)until; // what stood there cannot be read
        }
        free(found);
    }
    return err;
}

static int copy_room(store *from, const pg_store *to, const store_room *r, store_copied *done) {
    copying c = { .from = from, .to = to, .room = r, .done = done };
    name_key(&r->name, c.key);
    int err = pg_copy_begin(&c);
    if (err == 0) err = copy_compare(&c);
    if (err < 0) return err;
    done->before_n += (uint64_t)c.is.copied_n;
    done->rooms_n++;
    bool is_over = (uint64_t)c.is.source_number >= r->last; // then people may have spoken since
    if (!is_over && c.is.last != c.is.copied_n) return refuse_spoken(&c);
    return pg_copy_rest(&c);
}

/* ---- All ------------------------------------------------------------------------------------- */

static int copy_rooms(store *from, const pg_store *to, store_copied *done) {
    store_room *rooms;
    size_t n;
    int err = store_rooms(from, &rooms, &n);
    if (err < 0) return err;
    for (size_t i = 0; i < n && err == 0; i++) err = copy_room(from, to, &rooms[i], done);
    free(rooms);
    return err;
}

static int copy_names(store *from, store *to, store_copied *done) {
    store_name *names;
    size_t n;
    int err = store_names(from, &names, &n);
    if (err < 0) return err;
    for (size_t i = 0; i < n && err == 0; i += COPY_BATCH) {
        size_t batch_n = n - i < COPY_BATCH ? n - i : COPY_BATCH;
        err = store_keep(to, &names[i], batch_n);
        if (err == 0) done->names_n += batch_n;
    }
    free(names);
    return err;
}

int store_copy_to_pg(store *from, store *to, store_copied *done) {
    *done = (store_copied){ .rooms_n = 0 };
    int err = copy_rooms(from, (const pg_store *)to, done);
    return err == 0 ? copy_names(from, to, done) : err;
}
