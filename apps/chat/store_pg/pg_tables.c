/* SPDX-License-Identifier: MIT */
/* pg_tables.c: see pg_store.h. A text that was done is not changed any more: what comes later is
 * another migration. */
#include "store_pg/pg_store.h"

#include <edo/error.h>

#include <errno.h>

static const edo_migration chat_tables[] = {
    { 1, "chat",
      "create table chat_room ("
      " room text collate \"C\" primary key,"
      " name text not null,"
      " last bigint not null default 0,"
      " last_ms bigint not null default 0);"
      "create table chat_message ("
      " room text collate \"C\" not null,"
      " number bigint not null,"
      " time_ms bigint not null,"
      " is_action boolean not null,"
      " sender text not null,"
      " text text not null,"
      " ref text collate \"C\","
      " primary key (room, number));"
      "create unique index chat_message_ref on chat_message (ref) where ref is not null;"
      "create table chat_name ("
      " name text collate \"C\" primary key,"
      " shown text not null,"
      " person text not null,"
      " address bytea not null,"
      " until_ms bigint not null);"
      "create table chat_copy ("
      " room text collate \"C\" primary key,"
      " source_number bigint not null default 0,"
      " copied_n bigint not null default 0)" },
    // Of the rooms that were there nobody knows when they were made; they were not just now.
    { 2, "chat_room_made",
      "alter table chat_room add column made_ms bigint not null default 0;"
      "alter table chat_room alter column made_ms"
      " set default (extract(epoch from clock_timestamp()) * 1000)::bigint;"
      "create index chat_room_made on chat_room (made_ms)" },
};

typedef struct encoding {
    char name[32];
} encoding;
EDO_DESCRIBE(encoding, EDO_FIELD(encoding, name, EDO_AS("server_encoding")))

int pg_tables_make(edo_pg *db) {
    static const edo_migrate_opts opts = { .table = "chat_migrations" };
    encoding is;
    int err = edo_pg_query_one(db, &is, &encoding_desc, "show server_encoding", EDO_SQL_NONE);
    if (err < 0) return err;
    if (!edo_str_equal(edo_str_of(is.name), EDO_STR("UTF8")))
        return edo_fail(-EINVAL, "its encoding is %s, and not UTF8", is.name);
    int n = edo_pg_migrate(db, chat_tables, EDO_COUNT(chat_tables), &opts);
    return n < 0 ? n : 0;
}
