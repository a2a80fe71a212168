/* SPDX-License-Identifier: MIT */
/* pg_gap.c: numbers go on when the server has become another one.
 *
 * A standby that takes the place of its server may not have got the last messages of that, and
 * would give their numbers again: readers that were shown those would take what is new for what
 * they have seen. So each connection looks first which server it has: one that has become another
 * has another timeline, or is another cluster. The first connection there has all rooms go on far
 * behind all numbers that may have been given; the others wait for it. Readers pass over the gap.
 * Those who were shown a message of it are told that this is lost: see learn_gap() in
 * room/recall.c.
 *
 * inv. 1: a room has no message with a number above `gap_after`, up to `gap_to`; `last` is not in
 *         there, unless it is `gap_to`.
 * inv. 2: no room of before had a number above `numbers_from`, but those that have a row. */
#include "store_pg/pg_store.h"

#define PG_GAP "1000000000" /* more than are said in a room while a standby is behind */

/* The tables are not there before the first program has made them. Rooms are locked in the order
 * of their names, as in pg_order.c. */
const char pg_gap_sql[] =
    "do $$ declare here text; begin"
    "  if to_regclass('chat_server') is null then return; end if;"
    "  here := " PG_SERVER ";"
    "  if exists (select from chat_server where server = here) then return; end if;"
    "  update chat_server set server = here, numbers_from = numbers_from + " PG_GAP
    "   where server <> here;"
    "  if not found then return; end if;"
    "  perform from chat_room order by room for update;"
    "  update chat_room set last = last + " PG_GAP ", gap_to = last + " PG_GAP ","
    "   gap_after = case when last = gap_to then gap_after else last end where last > 0;"
    "end $$";
