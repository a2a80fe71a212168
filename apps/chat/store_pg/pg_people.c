/* SPDX-License-Identifier: MIT */
/* pg_people.c: who is at which program, and whose a name is, in PostgreSQL.
 *
 * inv. 1: a person stands in chat_person while it is at a program, once, and for a while with
 *         program 0 when it has departed, and with the time at which it had come; what a program
 *         tells of a person that is at another one changes nothing. It is at the one to which it
 *         came last, whichever tells first: after an outage all tell at once.
 * inv. 2: `until_ms` of a name is 0 or INT64_MAX while its person is at a program, who has spoken
 *         under it in the second case; such a name is of nobody else. Else it is the end of the
 *         name's time.
 * inv. 3: a person has one name of the first kind, or none.
 *
 * Rows are locked in the order of persons, and then of names. Names that a person gives up are in
 * no order: where two programs wait for each other the server ends one, which is tried again. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_MAX   3
#define DEPARTED_MS 60000 /* so long it is known that somebody has departed */

#define NOW_MS "(extract(epoch from clock_timestamp()) * 1000)::bigint"
#define BEGUN_MS                                                                                   \
    "(extract(epoch from now()) * 1000)::bigint" /* the transaction: before its locks */
#define USED       "9223372036854775807"
#define TEXT(n)    TEXT_OF(n)
#define TEXT_OF(n) #n

_Static_assert(STORE_NAME_IS_USED == 9223372036854775807, "the statements have it so");
_Static_assert(STORE_NAME_IS_FREE == 0, "likewise");
_Static_assert(STORE_ARRIVES == 0 && STORE_STAYS == 1 && STORE_RENAMES == 2 && STORE_SPEAKS == 3 &&
                   STORE_DEPARTS == 4,
               "the statements have them so");
_Static_assert(STORE_HAS_NAME == 0 && STORE_NAME_TAKEN == 1 && STORE_IS_ELSEWHERE == 2 &&
                   STORE_IS_UNKNOWN == 3,
               "likewise");

/* ---- A batch as lists ------------------------------------------------------------------------ */

typedef struct move_rows {
    int64_t *deeds, *came;
    edo_str *names, *shown, *persons;
    edo_bytes *addresses;
    bool *are_own_only, *have_spoken;
    size_t deeds_n, came_n, names_n, shown_n, persons_n, addresses_n, are_own_only_n, have_spoken_n;
    int64_t program, keep_ms;
} move_rows;
EDO_DESCRIBE(move_rows, EDO_FIELD_LIST(move_rows, deeds, deeds_n),
             EDO_FIELD_LIST(move_rows, names, names_n), EDO_FIELD_LIST(move_rows, shown, shown_n),
             EDO_FIELD_LIST(move_rows, persons, persons_n),
             EDO_FIELD_LIST(move_rows, addresses, addresses_n),
             EDO_FIELD_LIST(move_rows, are_own_only, are_own_only_n),
             EDO_FIELD_LIST(move_rows, have_spoken, have_spoken_n),
             EDO_FIELD_LIST(move_rows, came, came_n), EDO_FIELD(move_rows, program),
             EDO_FIELD(move_rows, keep_ms))

/* Each statement has the whole batch, and does what is its own; so they have the same arguments. */
#define TOLD                                                                                       \
    "with told as ("                                                                               \
    "  select t.*, $9::bigint as program, $10::bigint as keep_ms"                                  \
    "  from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::boolean[],"  \
    "   $7::boolean[], $8::bigint[])"                                                              \
    "  with ordinality t(deed, name, shown, person, address, own_only, spoken, came_ms, at)"       \
    ") "

typedef struct move_lists {
    move_rows rows;
    char (*keys)[PG_KEY_BYTES];
} move_lists;

static void move_lists_free(move_lists *self) {
    free(self->keys);
    free(self->rows.names);
    free(self->rows.addresses);
    free(self->rows.are_own_only);
    free(self->rows.deeds);
}

static void put_move(move_lists *to, size_t i, const store_move *m) {
    move_rows *r = &to->rows;
    name_key(&m->name, to->keys[i]);
    r->deeds[i] = (int64_t)m->deed;
    r->names[i] = edo_str_of(to->keys[i]);
    r->shown[i] = edo_str_of(m->name.text);
    r->persons[i] = edo_str_of(m->person);
    r->addresses[i].str = (edo_str){ m->address, sizeof m->address };
    r->are_own_only[i] = m->is_own_only;
    r->have_spoken[i] = m->has_spoken;
}

static int move_lists_make(move_lists *out, const store_move *batch, size_t n) {
    move_lists l = { .keys = calloc(n, sizeof *l.keys) };
    move_rows *r = &l.rows;
    r->names = calloc(3 * n, sizeof *r->names);
    r->addresses = calloc(n, sizeof *r->addresses);
    r->are_own_only = calloc(2 * n, sizeof *r->are_own_only);
    r->deeds = calloc(2 * n, sizeof *r->deeds);
    if (!l.keys || !r->names || !r->addresses || !r->are_own_only || !r->deeds)
        return move_lists_free(&l), -ENOMEM;
    r->shown = r->names + n;
    r->persons = r->names + 2 * n;
    r->have_spoken = r->are_own_only + n;
    r->came = r->deeds + n;
    r->deeds_n = r->names_n = r->shown_n = r->persons_n = r->addresses_n = n;
    r->are_own_only_n = r->have_spoken_n = r->came_n = n;
    for (size_t i = 0; i < n; i++) put_move(&l, i, &batch[i]);
    *out = l;
    return 0;
}

/* ---- What people do -------------------------------------------------------------------------- */

/* Where somebody else has locked a row the failure says so: people wait less long than it has. */
static const char move_briefly[] = "select set_config('lock_timeout', '2s', true)";

static const char lock_people[] =
    TOLD "select 1 from chat_person p where p.person in (select person from told)"
         " order by p.person for update";

/* A person that has moved to another program stays there. One that has departed is at program 0 for
 * a while: a program from which it had moved, and which has not heard of that, would take it for
 * one that is lost, and put it in again. */
static const char do_departures[] =
    TOLD ", gone as ("
         "  update chat_person p set program = 0, gone_ms = " BEGUN_MS " from told t"
         "  where t.deed = 4 and p.person = t.person and p.program = t.program returning p.person"
         "), freed as ("
         "  delete from chat_name n using gone g where n.person = g.person and n.until_ms = 0"
         ") update chat_name n set until_ms = " NOW_MS " + t.keep_ms, address = t.address"
         " from gone g join told t using (person)"
         " where n.person = g.person and n.until_ms = " USED;

static const char drop_surplus[] =
    TOLD "delete from chat_name where name in ("
         "  select name from ("
         "    select n.name, row_number() over (partition by n.address order by n.until_ms desc)"
         "    as nth from chat_name n"
         "    where n.until_ms not in (0, " USED ")"
         "    and n.address in (select address from told where deed = 4)) of_address"
         "  where nth > " TEXT(STORE_KEPT_OF_ADDRESS) ")";

static const char do_speeches[] =
    TOLD "update chat_name n set until_ms = " USED ", address = t.address"
         " from told t join chat_person p on p.person = t.person and p.program = t.program"
         " where t.deed = 3 and n.name = t.name and n.person = t.person";

/* A time that is to come is of another clock, as of a database before this one: it counts for
 * nothing. */
static const char do_arrivals[] =
    TOLD "insert into chat_person (person, program, since_ms)"
         " select person, program, case came_ms when 0 then " BEGUN_MS
         "  else least(came_ms, " NOW_MS ") end from told where deed = 0 order by person"
         " on conflict (person) do update set program = excluded.program,"
         "  since_ms = excluded.since_ms"
         " where chat_person.since_ms <= excluded.since_ms or chat_person.since_ms > " NOW_MS;

static const char do_stays[] =
    TOLD "insert into chat_person (person, program)"
         " select person, program from told where deed in (1, 2) order by person"
         " on conflict (person) do nothing";

/* Also gives back, of who wants none, the name that it has. */
static const char give_names[] = TOLD
    ", here as ("
    "  select t.* from told t join chat_person p using (person) where p.program = t.program"
    "), wanted as ("
    "  select h.* from here h where h.deed <= 2 and h.name <> '' and (not h.own_only or exists ("
    "   select from chat_name n where n.name = h.name and n.person = h.person))"
    "), given as ("
    "  insert into chat_name (name, shown, person, address, until_ms)"
    "  select name, shown, person, address, case when spoken then " USED " else 0 end"
    "  from wanted order by name"
    "  on conflict (name) do update set shown = excluded.shown, person = excluded.person,"
    "   address = excluded.address, until_ms = case when chat_name.person = excluded.person"
    "    and chat_name.until_ms > " NOW_MS " then " USED " else excluded.until_ms end"
    "   where chat_name.person = excluded.person"
    "   or (chat_name.until_ms <> 0 and chat_name.until_ms <= " NOW_MS ")"
    "  returning name, person, until_ms"
    "), freed as ("
    "  delete from chat_name n using given g"
    "  where n.person = g.person and n.name <> g.name and n.until_ms in (0, " USED ")"
    "), held as ("
    "  select h.at, n.shown, n.until_ms from here h join chat_name n using (person)"
    "  where h.deed = 0 and h.name = '' and n.until_ms in (0, " USED ")"
    ") select array_agg(case when t.deed > 2 then 0 when h.at is null then 2"
    "   when g.name is null and o.at is null then 1 else 0 end::bigint order by t.at) as standings,"
    "  array_agg(coalesce(g.until_ms, o.until_ms, 0) = " USED " order by t.at) as have_spoken,"
    "  array_agg(coalesce(o.shown, t.shown) order by t.at) as shown"
    " from told t left join here h on h.at = t.at left join held o on o.at = t.at"
    " left join given g on g.name = t.name and g.person = t.person";

typedef struct outcomes {
    int64_t *standings;
    bool *have_spoken;
    edo_str *shown;
    size_t standings_n, have_spoken_n, shown_n;
} outcomes;
EDO_DESCRIBE(outcomes, EDO_FIELD_LIST(outcomes, standings, standings_n),
             EDO_FIELD_LIST(outcomes, have_spoken, have_spoken_n),
             EDO_FIELD_LIST(outcomes, shown, shown_n))

/* A name that the chat cannot have written is none. */
static void take_outcome(store_move *to, int64_t is, bool has_spoken, edo_str shown) {
    name has;
    to->is = is >= 0 && is <= STORE_IS_UNKNOWN ? (store_standing)is : STORE_IS_UNKNOWN;
    if (to->deed > STORE_RENAMES) return;
    to->has_spoken |= has_spoken && to->is == STORE_HAS_NAME;
    if (*to->name.text || to->is != STORE_HAS_NAME) return;
    if (name_read(&has, shown)) {
        to->name = has;
    } else {
        to->is = STORE_NAME_TAKEN;
    }
}

static int take_outcomes(const outcomes *from, store_move *batch, size_t n) {
    if (from->standings_n != n || from->have_spoken_n != n || from->shown_n != n)
        return edo_fail(-EIO, "the database knows of %zu of %zu people", from->standings_n, n);
    for (size_t i = 0; i < n; i++)
        take_outcome(&batch[i], from->standings[i], from->have_spoken[i], from->shown[i]);
    return 0;
}

static bool has_deed(const store_move *batch, size_t n, store_deed deed) {
    for (size_t i = 0; i < n; i++)
        if (batch[i].deed == deed) return true;
    return false;
}

/* By the database's clock: what is told may come long after it was sent. */
static void move_lists_date(move_lists *self, const pg_clock *by, const store_move *batch,
                            size_t n) {
    for (size_t i = 0; i < n; i++)
        self->rows.came[i] = batch[i].at.ns > 0 ? pg_clock_of(by, batch[i].at) : 0;
}

/* What nobody does has no statement. They are done together or not at all. */
static int move_once(const pg_store *self, move_lists *l, store_move *batch, size_t n) {
    outcomes found = { .standings = NULL };
    edo_pg_step steps[8] = { { .sql = move_briefly } };
    size_t steps_n = 1;
    const struct {
        const char *sql;
        bool is_due;
    } all[] = { { lock_people, true },
                { do_departures, has_deed(batch, n, STORE_DEPARTS) },
                { drop_surplus, has_deed(batch, n, STORE_DEPARTS) },
                { do_speeches, has_deed(batch, n, STORE_SPEAKS) },
                { do_arrivals, has_deed(batch, n, STORE_ARRIVES) },
                { do_stays,
                  has_deed(batch, n, STORE_STAYS) || has_deed(batch, n, STORE_RENAMES) } };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        if (!all[i].is_due) continue;
        steps[steps_n++] =
            (edo_pg_step){ .sql = all[i].sql, .args = EDO_SQL_OF(&l->rows, &move_rows_desc) };
    }
    steps[steps_n++] = (edo_pg_step){ .sql = give_names,
                                      .args = EDO_SQL_OF(&l->rows, &move_rows_desc),
                                      .out = &found,
                                      .desc = &outcomes_desc };
    move_lists_date(l, &self->clock, batch, n);
    EDO_DEADLINE(d, PG_READ_MAX); // people wait for it
    int err = edo_deadline_end(&d, edo_pg_pipeline(self->db, steps, steps_n));
    if (err >= 0) err = take_outcomes(&found, batch, n);
    edo_value_deinit(&found, &outcomes_desc);
    return pg_result(err, "storing who is here");
}

int pg_store_move(store *base, const store_terms *terms, uint64_t program, store_move *batch,
                  size_t n) {
    move_lists l;
    int err = move_lists_make(&l, batch, n);
    if (err < 0) return err;
    l.rows.program = (int64_t)program;
    l.rows.keep_ms = terms->keep_ms;
    err = -EAGAIN;
    for (int tries_n = 0; tries_n < TRIES_MAX && err == -EAGAIN; tries_n++)
        err = move_once((const pg_store *)base, &l, batch, n);
    move_lists_free(&l);
    return err;
}

/* ---- Where they are -------------------------------------------------------------------------- */

static const char find_people[] =
    TOLD "select array_agg(case when p.program <> t.program then 2"
         "   when n.person <> t.person"
         "    and (n.until_ms = 0 or n.until_ms > " NOW_MS ") then 1"
         "   when p.person is null or n.person is distinct from t.person then 3"
         "   else 0 end::bigint order by t.at) as standings,"
         "  array_agg(false) as have_spoken, array_agg(''::text) as shown"
         " from told t left join chat_person p on p.person = t.person"
         " left join chat_name n on n.name = t.name";

int pg_store_where(store *base, uint64_t program, store_move *of, size_t n) {
    outcomes found = { .standings = NULL };
    move_lists l;
    int err = move_lists_make(&l, of, n);
    if (err < 0) return err;
    l.rows.program = (int64_t)program;
    EDO_DEADLINE(d, PG_READ_MAX);
    err = edo_pg_query_one(((const pg_store *)base)->db, &found, &outcomes_desc, find_people,
                           EDO_SQL_OF(&l.rows, &move_rows_desc));
    err = edo_deadline_end(&d, err);
    if (err >= 0 && found.standings_n != n) err = edo_fail(-EIO, "the database has lost count");
    for (size_t i = 0; i < n && err >= 0; i++) of[i].is = (store_standing)found.standings[i];
    edo_value_deinit(&found, &outcomes_desc);
    move_lists_free(&l);
    return pg_result(err, "asking who is here");
}

typedef struct limit_rows {
    edo_str *persons;
    size_t persons_n;
    int64_t program, keep_ms;
} limit_rows;
EDO_DESCRIBE(limit_rows, EDO_FIELD_LIST(limit_rows, persons, persons_n),
             EDO_FIELD(limit_rows, program), EDO_FIELD(limit_rows, keep_ms))

static const char limit_people[] =
    "with gone as ("
    "  delete from chat_person p where p.program = $2::bigint and not exists ("
    "   select from unnest($1::text[]) t(person) where t.person = p.person) returning p.person"
    "), freed as ("
    "  delete from chat_name n using gone g where n.person = g.person and n.until_ms = 0"
    ") update chat_name n set until_ms = " NOW_MS " + $3::bigint from gone g"
    " where n.person = g.person and n.until_ms = " USED;

int pg_store_limit(store *base, const store_terms *terms, uint64_t program, const store_move *who,
                   size_t n) {
    limit_rows rows = { .persons = calloc(n + 1, sizeof *rows.persons),
                        .persons_n = n,
                        .program = (int64_t)program,
                        .keep_ms = terms->keep_ms };
    if (!rows.persons) return -ENOMEM;
    for (size_t i = 0; i < n; i++) rows.persons[i] = edo_str_of(who[i].person);
    EDO_DEADLINE(d, PG_READ_MAX);
    int err = edo_pg_exec(((const pg_store *)base)->db, limit_people,
                          EDO_SQL_OF(&rows, &limit_rows_desc));
    err = edo_deadline_end(&d, err);
    free(rows.persons);
    return pg_result(err < 0 ? err : 0, "looking who has departed");
}

typedef struct person_row {
    edo_str shown, person;
    int64_t program;
} person_row;
EDO_DESCRIBE(person_row, EDO_FIELD(person_row, shown), EDO_FIELD(person_row, person),
             EDO_FIELD(person_row, program))

static const char find_named[] =
    "select n.shown, n.person, coalesce(p.program, 0) as program"
    " from chat_name n left join chat_person p using (person)"
    " where n.name = $1 and (n.until_ms = 0 or n.until_ms > " NOW_MS ")";

static const char find_one[] =
    "select coalesce(n.shown, '') as shown, p.person, p.program from chat_person p"
    " left join chat_name n on n.person = p.person and n.until_ms in (0, " USED ")"
    " where p.person = $1 and p.program <> 0";

/* What the chat cannot have written is nobody. */
static int take_person(const person_row *from, store_person *to) {
    bool is_whole = from->person.len == STORE_PERSON_BYTES && from->program >= 0 &&
                    (from->shown.len == 0 || name_read(&to->name, from->shown));
    if (!is_whole) return -ENOENT;
    if (from->shown.len == 0) to->name = (name){ "" };
    memcpy(to->person, from->person.ptr, STORE_PERSON_BYTES);
    to->program = (uint64_t)from->program;
    return 0;
}

int pg_store_find_person(store *base, store_person *of) {
    edo_pg *db = ((const pg_store *)base)->db;
    char key[PG_KEY_BYTES];
    person_row found = { .program = 0 };
    name_key(&of->name, key);
    const char *by = *of->person ? of->person : key;
    EDO_DEADLINE(d, PG_READ_MAX);
    int err = edo_pg_query_one(db, &found, &person_row_desc, *of->person ? find_one : find_named,
                               EDO_SQL(by));
    err = edo_deadline_end(&d, err);
    if (err >= 0) err = take_person(&found, of);
    edo_value_deinit(&found, &person_row_desc);
    if (err == -EDO_ENOROW) edo_trail_clear();
    bool is_nobody = err == -EDO_ENOROW || err == -ENOENT;
    return is_nobody ? -ENOENT : pg_result(err, "asking where somebody is");
}

/* ---- Programs -------------------------------------------------------------------------------- */

typedef struct program_row {
    int64_t program;
} program_row;
EDO_DESCRIBE(program_row, EDO_FIELD(program_row, program))

static const char add_program[] =
    "insert into chat_program (lease_ms, since_ms) values (" NOW_MS " + $1, " NOW_MS ")"
    " returning program";

/* Names that were used when a program ended which knew nothing of programs, or copied from it. */
static const char keep_orphans[] =
    "update chat_name n set until_ms = " NOW_MS " + $1::bigint where n.until_ms = " USED
    " and not exists (select from chat_person p where p.person = n.person and p.program <> 0)";

static const char renew_program[] =
    "insert into chat_program (program, lease_ms, since_ms)"
    " values ($1, " NOW_MS " + $2, " NOW_MS ") on conflict (program) do update"
    " set lease_ms = excluded.lease_ms, since_ms = case when chat_program.lease_ms > " NOW_MS
    " then chat_program.since_ms else excluded.since_ms end returning " NOW_MS " as now_ms";

typedef struct now_row {
    int64_t now_ms;
} now_row;
EDO_DESCRIBE(now_row, EDO_FIELD(now_row, now_ms))

/* A person that moves to another program meanwhile, or a program that renews meanwhile, is left
 * alone: rows are looked at again once they are locked. */
static const char end_leases[] =
    "with ended as ("
    "  delete from chat_program o where o.lease_ms <= " NOW_MS " and o.program <> $1::bigint"
    "  and exists (select from chat_program m where m.program = $1 and m.since_ms + $2::bigint "
    "<= " NOW_MS ") returning o.program, o.lease_ms"
    "), gone as ("
    "  delete from chat_person p using ended e where p.program = e.program"
    "  returning p.person, e.lease_ms"
    "), freed as ("
    "  delete from chat_name n using gone g where n.person = g.person and n.until_ms = 0"
    ") update chat_name n set until_ms = g.lease_ms + $3::bigint from gone g"
    " where n.person = g.person and n.until_ms = " USED;

static const char forget_old[] =
    "delete from chat_name where name in (select name from chat_name"
    " where until_ms > 0 and until_ms <= " NOW_MS " order by until_ms limit 1000"
    " for update skip locked)";

/* Each program has renewed by then, and knows. */
static const char forget_departed[] =
    "delete from chat_person where program = 0 and gone_ms < " NOW_MS " - " TEXT(DEPARTED_MS);

/* What lies between the first renewal and this changes nothing. */
static int pg_begin_program(const pg_store *self, const store_terms *terms, uint64_t *program) {
    program_row is;
    int err =
        edo_pg_query_one(self->db, &is, &program_row_desc, add_program, EDO_SQL(terms->lease_ms));
    if (err < 0) return err;
    *program = (uint64_t)is.program;
    return edo_pg_exec(self->db, keep_orphans, EDO_SQL(terms->keep_ms));
}

/* The program's own lease does not wait for what others have left. */
static int pg_renew_program(pg_store *self, const store_terms *terms, uint64_t program) {
    int64_t number = (int64_t)program;
    now_row is;
    edo_instant asked = edo_now();
    edo_pg_step steps[] = {
        { .sql = end_leases, .args = EDO_SQL(number, terms->lease_ms, terms->keep_ms) },
        { .sql = forget_old, .args = EDO_SQL_NONE },
        { .sql = forget_departed, .args = EDO_SQL_NONE },
    };
    int err = edo_pg_query_one(self->db, &is, &now_row_desc, renew_program,
                               EDO_SQL(number, terms->lease_ms));
    if (err < 0) pg_clock_forget(&self->clock);
    if (err == 0) pg_clock_note(&self->clock, asked, is.now_ms);
    return err < 0 ? err : edo_pg_pipeline(self->db, steps, EDO_COUNT(steps));
}

int pg_store_renew(store *base, const store_terms *terms, uint64_t *program) {
    pg_store *self = (pg_store *)base;
    EDO_DEADLINE(d, PG_READ_MAX);
    int err = *program == 0 ? pg_begin_program(self, terms, program) : 0;
    if (err >= 0) err = pg_renew_program(self, terms, *program);
    return pg_result(edo_deadline_end(&d, err), "renewing the lease");
}
