/* SPDX-License-Identifier: MIT */
/* pg_gap.c: numbers go on when the server, or the database, has become another one.
 *
 * A standby that takes the place of its server may not have got the last messages of that, and
 * would give their numbers again: readers that were shown those would take what is new for what
 * they have seen. So would a database that was restored from a dump, also where the dump was made.
 * So each connection looks first which server it has, and whether its database is the one that was
 * there: a server that has become another has another timeline, or is another cluster; a database
 * has another oid, or its row of chat_server was written by another transaction than it says. The
 * first connection there has all rooms go on far behind all numbers that may have been given; the
 * others wait for it. Each us since the gap before, of which the database tells, is one number
 * more, as a dump may be restored twice: the second time it goes on behind the first.
 * Readers pass over the gap. Those who were shown a message of it are told that this is lost: see
 * learn_gap() in room/recall.c.
 *
 * inv. 1: a room has no message with a number above `gap_after`, up to `gap_to`; `last` is not in
 *         there, unless it is `gap_to`.
 * inv. 2: no room of before had a number above `numbers_from`, but those that have a row. */
#include "store_pg/pg_store.h"

#define PG_GAP "1000000000" /* more than are said in a room while a standby is behind */

/* The tables, and the column, are not there before the first program has made them. Rooms are
 * locked in the order of their names, as in pg_order.c. */
const char pg_gap_sql[] =
    "do $$ declare here text; at_us bigint; passed bigint; begin"
    "  if not exists (select from pg_attribute where attrelid = to_regclass('chat_server')"
    "   and attname = 'birth') then return; end if;"
    "  here := " PG_SERVER ";"
    "  if exists (select from chat_server where server = here and birth = " PG_BIRTH_OF_ROW ")"
    "   then return; end if;"
    "  at_us := extract(epoch from clock_timestamp()) * 1000000;"
    "  select " PG_GAP " + greatest(at_us - gap_us, 0) into passed from chat_server"
    "   where server <> here or birth <> " PG_BIRTH_OF_ROW " for update;"
    "  if not found then return; end if;"
    "  update chat_server set server = here, birth = " PG_BIRTH ", gap_us = at_us,"
    "   numbers_from = numbers_from + passed;"
    "  perform from chat_room order by room for update;"
    "  update chat_room set last = last + passed, gap_to = last + passed,"
    "   gap_after = case when last = gap_to then gap_after else last end where last > 0;"
    "end $$";
