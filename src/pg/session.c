/* SPDX-License-Identifier: MIT */
/* pg/session.c: sessions in a table. Each operation is one statement, so it is one step for others;
 * a session whose time is over is in the table for a while, and is none. */
#include <edo/pg_session.h>

#include <errno.h>

typedef struct session_row {
    edo_bytes data;
    edo_duration age, idle;
} session_row;
EDO_DESCRIBE(session_row, EDO_FIELD(session_row, data), EDO_FIELD(session_row, age),
             EDO_FIELD(session_row, idle))

/* Ages are 0 at least, also if the server's clock was set back. */
static int session_pg_load(void *store, edo_str id, edo_session_record *out) {
    session_row row;
    int err = edo_pg_query_one(store, &row, &session_row_desc,
                               "select data, greatest(now() - begun_at, '0') as age,"
                               " greatest(now() - used_at, '0') as idle"
                               " from edo_session where id = $1 and ends_at > now()",
                               EDO_SQL(id));
    if (err < 0) return err == -EDO_ENOROW ? -ENOENT : err;
    *out = (edo_session_record){ .data = row.data, .age = row.age, .idle = row.idle };
    return 0;
}

/* No bytes may have no pointer either, which would be null. */
static edo_bytes session_pg_data(edo_str data) {
    return edo_bytes_from_static(data.ptr ? data : EDO_STR(""));
}

/* Also removes expired sessions: up to four at each call, so that their number falls. */
static int session_pg_add(void *store, edo_str id, edo_str data, edo_duration age,
                          edo_duration ttl) {
    int n = edo_pg_exec(store,
                        "with gone as (delete from edo_session where id in (select id"
                        " from edo_session where ends_at <= now() and id <> $1"
                        " order by ends_at limit 4 for update skip locked))"
                        " insert into edo_session as old (id, data, begun_at, used_at, ends_at)"
                        " values ($1, $2, now() - $3::interval, now(), now() + $4::interval)"
                        " on conflict (id) do update set data = excluded.data,"
                        " begun_at = excluded.begun_at, used_at = excluded.used_at,"
                        " ends_at = excluded.ends_at where old.ends_at <= now()",
                        EDO_SQL(id, session_pg_data(data), age, ttl));
    return n < 0 ? n : n > 0 ? 0 : -EEXIST;
}

static int session_pg_save(void *store, edo_str id, edo_str data, edo_duration age,
                           edo_duration ttl, bool is_new) {
    if (is_new) return session_pg_add(store, id, data, age, ttl);
    int n = edo_pg_exec(store,
                        "update edo_session set data = $2, used_at = now(),"
                        " ends_at = now() + $3::interval where id = $1 and ends_at > now()",
                        EDO_SQL(id, session_pg_data(data), ttl));
    return n < 0 ? n : n > 0 ? 0 : -ENOENT;
}

static int session_pg_touch(void *store, edo_str id, edo_duration ttl) {
    int n = edo_pg_exec(store,
                        "update edo_session set used_at = now(), ends_at = now() + $2::interval"
                        " where id = $1 and ends_at > now()",
                        EDO_SQL(id, ttl));
    return n < 0 ? n : n > 0 ? 0 : -ENOENT;
}

static int session_pg_remove(void *store, edo_str id) {
    int n = edo_pg_exec(store, "delete from edo_session where id = $1", EDO_SQL(id));
    return n < 0 ? n : 0;
}

const edo_session_store_ops edo_session_pg_ops = { .name = "PostgreSQL",
                                                   .load = session_pg_load,
                                                   .save = session_pg_save,
                                                   .touch = session_pg_touch,
                                                   .remove = session_pg_remove };
