/* SPDX-License-Identifier: MIT */
/* pg_names.c: names that the store in PostgreSQL keeps, as they are copied from another store. What
 * people do about their names is in pg_people.c. */
#include "store_pg/pg_store.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Names, each list with `n` elements. */
typedef struct name_rows {
    edo_str *names, *shown, *persons;
    edo_bytes *addresses;
    int64_t *ends;
    size_t names_n, shown_n, persons_n, addresses_n, ends_n;
} name_rows;
EDO_DESCRIBE(name_rows, EDO_FIELD_LIST(name_rows, names, names_n),
             EDO_FIELD_LIST(name_rows, shown, shown_n),
             EDO_FIELD_LIST(name_rows, persons, persons_n),
             EDO_FIELD_LIST(name_rows, addresses, addresses_n),
             EDO_FIELD_LIST(name_rows, ends, ends_n))

/* Of a name that the batch has twice the last one counts; one that is free is forgotten. Rows are
 * written in the order of their names, as two batches may be at once. */
static const char keep_names[] =
    "with told as ("
    "  select distinct on (t.name) t.* from"
    "  unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bigint[])"
    "  with ordinality t(name, shown, person, address, until_ms, at) order by t.name, t.at desc"
    "), gone as ("
    "  delete from chat_name n using told t where n.name = t.name and t.until_ms = 0"
    ") insert into chat_name (name, shown, person, address, until_ms)"
    " select name, shown, person, address, until_ms from told where until_ms <> 0 order by name"
    " on conflict (name) do update set shown = excluded.shown, person = excluded.person,"
    " address = excluded.address, until_ms = excluded.until_ms";

_Static_assert(STORE_NAME_IS_FREE == 0, "the statement has it so");

typedef struct name_lists {
    name_rows rows;
    char (*keys)[PG_KEY_BYTES];
} name_lists;

static void name_lists_free(name_lists *self) {
    free(self->keys);
    free(self->rows.names);
    free(self->rows.addresses);
    free(self->rows.ends);
}

static int name_lists_make(name_lists *out, const store_name *batch, size_t n) {
    name_lists l = { .keys = calloc(n, sizeof *l.keys) };
    name_rows *r = &l.rows;
    r->names = calloc(3 * n, sizeof *r->names);
    r->addresses = calloc(n, sizeof *r->addresses);
    r->ends = calloc(n, sizeof *r->ends);
    if (!l.keys || !r->names || !r->addresses || !r->ends) return name_lists_free(&l), -ENOMEM;
    r->shown = r->names + n;
    r->persons = r->names + 2 * n;
    r->names_n = r->shown_n = r->persons_n = r->addresses_n = r->ends_n = n;
    for (size_t i = 0; i < n; i++) {
        const store_name *is = &batch[i];
        name_key(&is->name, l.keys[i]);
        r->names[i] = edo_str_of(l.keys[i]);
        r->shown[i] = edo_str_of(is->name.text);
        r->persons[i] = edo_str_of(is->person);
        r->addresses[i].str = (edo_str){ is->address, sizeof is->address };
        r->ends[i] = is->until_ms;
    }
    *out = l;
    return 0;
}

int pg_store_keep(store *base, const store_name *batch, size_t n) {
    name_lists l;
    int err = name_lists_make(&l, batch, n);
    if (err < 0) return err;
    EDO_DEADLINE(d, PG_WRITE_MAX);
    err =
        edo_pg_exec(((const pg_store *)base)->db, keep_names, EDO_SQL_OF(&l.rows, &name_rows_desc));
    err = edo_deadline_end(&d, err);
    name_lists_free(&l);
    return pg_result(err, "storing names");
}

/* A name as it is in the table. */
typedef struct pg_name {
    edo_str shown, person;
    edo_bytes address;
    int64_t until_ms;
} pg_name;
EDO_DESCRIBE(pg_name, EDO_FIELD(pg_name, shown), EDO_FIELD(pg_name, person),
             EDO_FIELD(pg_name, address), EDO_FIELD(pg_name, until_ms))

/* One that the chat cannot have written so is left out. */
static int add_pg_name(edo_buf *to, const pg_name *r) {
    store_name is = { .until_ms = r->until_ms };
    bool is_whole = name_read(&is.name, r->shown) && r->person.len == STORE_PERSON_BYTES &&
                    !text_fault(r->person) && r->address.str.len == sizeof is.address;
    if (!is_whole) return 0;
    memcpy(is.person, r->person.ptr, STORE_PERSON_BYTES);
    memcpy(is.address, r->address.str.ptr, sizeof is.address);
    return edo_buf_append(to, &is, sizeof is);
}

int pg_store_names(store *base, store_name **out, size_t *n) {
    edo_buf all = { 0 };
    pg_name r;
    int rc, err = 0;
    EDO_DEADLINE(d, PG_READ_MAX);
    edo_seq *rows = edo_pg_rows(((const pg_store *)base)->db, &pg_name_desc,
                                "select shown, person, address, until_ms from chat_name"
                                " where until_ms <> 0 order by until_ms, name",
                                EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = add_pg_name(&all, &r);
    edo_seq_free(rows);
    err = edo_deadline_end(&d, err < 0 ? err : rc);
    if (err == 0) err = pg_take_rows((void **)out, &all, sizeof **out, n);
    edo_buf_deinit(&all);
    return pg_result(err, "reading the names");
}
