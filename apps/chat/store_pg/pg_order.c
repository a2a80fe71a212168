/* SPDX-License-Identifier: MIT */
/* pg_order.c: what is said gets its number in the transaction that keeps it: three statements, in
 * one round trip. docs/design/chat-nodes-store.md has why.
 *
 * inv. 1: a room has the messages 1 to `last`, each once, but for its gaps: see pg_gap.c.
 * inv. 2: `last` changes with the row of its room locked, and rows are locked in the order of their
 *         names: so no two transactions wait for each other. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TRIES_MAX 3 /* others may have said the same meanwhile */

/* Rooms that may be new. One that is may have been there before, and be lost: so its numbers begin
 * behind all that were given to such. */
typedef struct room_rows {
    edo_str *rooms, *names;
    size_t rooms_n, names_n;
} room_rows;
EDO_DESCRIBE(room_rows, EDO_FIELD_LIST(room_rows, rooms, rooms_n),
             EDO_FIELD_LIST(room_rows, names, names_n))

static const char add_rooms[] =
    "insert into chat_room (room, name, last, gap_to)"
    " select distinct on (r.room) r.room, r.name, s.numbers_from, s.numbers_from"
    " from unnest($1::text[], $2::text[]) r(room, name) cross join chat_server s"
    " order by r.room on conflict (room) do nothing";

typedef struct room_keys {
    edo_str *rooms;
    size_t rooms_n;
} room_keys;
EDO_DESCRIBE(room_keys, EDO_FIELD_LIST(room_keys, rooms, rooms_n))

/* A row that somebody else has locked holds up one room, and not all for as long as a batch has. */
static const char wait_briefly[] = "select set_config('lock_timeout', '2s', true)";

static const char lock_rooms[] =
    "select 1 from chat_room where room = any($1::text[]) order by room for update";

/* Messages, each list with `n` elements. */
typedef struct said_rows {
    edo_str *rooms, *senders, *texts, *refs;
    bool *are_actions;
    size_t rooms_n, senders_n, texts_n, refs_n, are_actions_n;
} said_rows;
EDO_DESCRIBE(said_rows, EDO_FIELD_LIST(said_rows, rooms, rooms_n),
             EDO_FIELD_LIST(said_rows, senders, senders_n),
             EDO_FIELD_LIST(said_rows, are_actions, are_actions_n),
             EDO_FIELD_LIST(said_rows, texts, texts_n), EDO_FIELD_LIST(said_rows, refs, refs_n))

/* `first` is where the reference comes first in the batch; `known` are those that are there. */
static const char add_messages[] =
    "with said as ("
    "  select s.*, case when ref is null then at else min(at) over (partition by ref) end as first"
    "  from unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::text[])"
    "  with ordinality s(room, sender, is_action, text, ref, at)"
    "), known as ("
    "  select s.at, m.room, m.number, m.time_ms from said s join chat_message m on m.ref = s.ref"
    "  where s.at = s.first"
    "), fresh as ("
    "  select s.*, row_number() over (partition by s.room order by s.at) as nth from said s"
    "  where s.at = s.first and not exists (select from known k where k.at = s.at)"
    "), given as ("
    "  update chat_room r set last = r.last + w.n, last_ms = greatest(r.last_ms,"
    "   (extract(epoch from clock_timestamp()) * 1000)::bigint)"
    "  from (select room, count(*) as n from fresh group by room) w where r.room = w.room"
    "  returning r.room, r.last - w.n as before, r.last_ms"
    "), placed as ("
    "  select f.at, f.room, g.before + f.nth as number, g.last_ms as time_ms"
    "  from fresh f join given g using (room)"
    "), added as ("
    "  insert into chat_message (room, number, time_ms, is_action, sender, text, ref)"
    "  select p.room, p.number, p.time_ms, s.is_action, s.sender, s.text, s.ref"
    "  from placed p join said s using (at)"
    "), found as ("
    "  select at, room, number, time_ms, true as is_old from known"
    "  union all select at, room, number, time_ms, false from placed"
    ") select array_agg(case when f.room = s.room then f.number else 0 end order by s.at)"
    "   as numbers,"
    "  array_agg(f.time_ms order by s.at) as times,"
    "  array_agg(f.is_old or s.at <> s.first order by s.at) as repeats"
    "  from said s join found f on f.at = s.first";

typedef struct place_rows {
    uint64_t *numbers;
    int64_t *times;
    bool *repeats;
    size_t numbers_n, times_n, repeats_n;
} place_rows;
EDO_DESCRIBE(place_rows, EDO_FIELD_LIST(place_rows, numbers, numbers_n),
             EDO_FIELD_LIST(place_rows, times, times_n),
             EDO_FIELD_LIST(place_rows, repeats, repeats_n))

/* The batch as lists; in one piece of memory, which begins with `texts`. */
typedef struct row_texts {
    char key[PG_KEY_BYTES];
    char ref[PG_OWN_REF_BYTES];
} row_texts;

typedef struct row_lists {
    said_rows said;
    edo_str *names;
    row_texts *texts;
} row_lists;

/* The reference by which it is known: null if nothing tells it from others. */
static edo_str row_ref(const pg_store *self, const saying *m, char own[PG_OWN_REF_BYTES]) {
    if (m->ref.len > 0) return m->ref;
    if (m->serial == 0) return (edo_str){ 0 };
    int n = snprintf(own, PG_OWN_REF_BYTES, PG_OWN_REF "%s %" PRIu64, self->run, m->serial);
    return (edo_str){ own, (size_t)n };
}

static void row_lists_free(row_lists *self) {
    free(self->texts);
    free(self->names);
    free(self->said.are_actions);
}

static int row_lists_make(row_lists *out, const pg_store *self, const saying *batch, size_t n) {
    row_lists l = { .texts = calloc(n, sizeof *l.texts), .names = calloc(5 * n, sizeof *l.names) };
    l.said.are_actions = calloc(n, sizeof *l.said.are_actions);
    if (!l.texts || !l.names || !l.said.are_actions) return row_lists_free(&l), -ENOMEM;
    said_rows *s = &l.said;
    s->rooms = l.names + n;
    s->senders = l.names + 2 * n;
    s->texts = l.names + 3 * n;
    s->refs = l.names + 4 * n;
    s->rooms_n = s->senders_n = s->texts_n = s->refs_n = s->are_actions_n = n;
    for (size_t i = 0; i < n; i++) {
        const saying *m = &batch[i];
        name_key(&m->room, l.texts[i].key);
        l.names[i] = edo_str_of(m->room.text);
        s->rooms[i] = edo_str_of(l.texts[i].key);
        s->senders[i] = edo_str_of(m->nick.text);
        s->are_actions[i] = m->is_action;
        s->texts[i] = m->text.len > 0 ? m->text : EDO_STR("");
        s->refs[i] = row_ref(self, m, l.texts[i].ref);
    }
    *out = l;
    return 0;
}

static int take_places(const place_rows *from, size_t n, place *places) {
    if (from->numbers_n != n || from->times_n != n || from->repeats_n != n)
        return edo_fail(-EIO, "the database has placed %zu of %zu messages", from->numbers_n, n);
    for (size_t i = 0; i < n; i++)
        places[i] = (place){ from->numbers[i], from->times[i], from->repeats[i] };
    return 0;
}

/* They are done together or not at all. A row that does not fit its struct leaves them done: the
 * next try finds them. */
static int order_once(const pg_store *self, const row_lists *l, place *places) {
    const room_rows rooms = { l->said.rooms, l->names, l->said.rooms_n, l->said.rooms_n };
    const room_keys keys = { l->said.rooms, l->said.rooms_n };
    place_rows found = { .numbers = NULL };
    edo_pg_step steps[] = {
        { .sql = wait_briefly },
        { .sql = add_rooms, .args = EDO_SQL_OF(&rooms, &room_rows_desc) },
        { .sql = lock_rooms, .args = EDO_SQL_OF(&keys, &room_keys_desc) },
        { .sql = add_messages,
          .args = EDO_SQL_OF(&l->said, &said_rows_desc),
          .out = &found,
          .desc = &place_rows_desc },
    };
    EDO_DEADLINE(d, PG_WRITE_MAX);
    int err = edo_deadline_end(&d, edo_pg_pipeline(self->db, steps, EDO_COUNT(steps)));
    if (err >= 0) err = take_places(&found, l->said.rooms_n, places);
    edo_value_deinit(&found, &place_rows_desc);
    return pg_result(err, "storing messages");
}

int pg_store_order(store *base, const saying *batch, size_t n, place *places) {
    const pg_store *self = (const pg_store *)base;
    row_lists l;
    int err = row_lists_make(&l, self, batch, n);
    if (err < 0) return err;
    err = -EAGAIN;
    for (int tries_n = 0; tries_n < TRIES_MAX && err == -EAGAIN; tries_n++)
        err = order_once(self, &l, places);
    row_lists_free(&l);
    return err;
}
