/* SPDX-License-Identifier: MIT */
/* past.c: see past.h. */
#include "person/past.h"

#include "storage/storage.h"

#include <edo/scope.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const edo_duration wait_max = EDO_S(2); /* behind others of the address, and for the store */

typedef struct past_message {
    uint64_t number;
    const char *from;
    edo_str text;
    int64_t time;
    bool action, has_action;
    bool unstored, is_unstored;
    edo_str ref;
} past_message;
EDO_DESCRIBE(past_message, EDO_FIELD(past_message, number, .doc = "grows, and may skip some"),
             EDO_FIELD(past_message, from), EDO_FIELD(past_message, text),
             EDO_FIELD(past_message, time, .doc = "ms since 1970"),
             EDO_FIELD(past_message, action, EDO_HAS(past_message, has_action), .optional = true,
                       .doc = "true for what is /me in a terminal"),
             EDO_FIELD(past_message, unstored, EDO_HAS(past_message, is_unstored), .optional = true,
                       .doc = "true if the store has not taken it, or not yet"),
             EDO_FIELD(past_message, ref, .optional = true))

static past_message as_past(const saying *what, bool is_unstored, edo_str key) {
    return (past_message){ .number = what->number,
                           .from = what->nick.text,
                           .text = what->text,
                           .time = what->time_ms,
                           .action = what->is_action,
                           .has_action = what->is_action,
                           .unstored = is_unstored,
                           .is_unstored = is_unstored,
                           .ref = message_own_ref(what->ref, key) };
}

static past_message as_kept(const message *m, edo_str key) {
    return as_past(&m->what, message_is_unstored(m), key);
}

message *past_message_frame(const message *m) {
    const past_message p = as_kept(m, (edo_str){ 0 });
    return message_json(&p, &past_message_desc);
}

typedef struct past_page {
    const char *type, *room;
    const past_message *messages;
    size_t messages_n;
    bool more;
    const char *missing; /* NULL: nothing */
} past_page;
EDO_DESCRIBE(past_page, EDO_FIELD(past_page, type, .optional = true), EDO_FIELD(past_page, room),
             EDO_FIELD_LIST_OF(past_page, messages, messages_n, past_message_desc),
             EDO_FIELD(past_page, more, .doc = "there are older ones, which can be read"),
             EDO_FIELD(past_page, missing, .optional = true,
                       .doc = "\"damaged\": some of what was said there is left out, since it "
                              "cannot be read; \"unread\": the store does not respond or fails, "
                              "and may be asked again"))

/* The messages of a page: what the store has found, and behind that what the room has kept. */
typedef struct parts {
    store_found *found; /* NULL: nothing */
    message **kept;
    size_t kept_n;
    bool has_more;
    int lack; /* some is left out: as store_found.fault */
} parts;

/* ---- Places ---------------------------------------------------------------------------------- */

int past_place_take(past_place *out, turns *of, edo_str address) {
    *out = (past_place){ .of = of, .until = edo_instant_add(edo_now(), wait_max) };
    assert(address.len <= sizeof out->address);
    if (address.len > 0) memcpy(out->address, address.ptr, address.len);
    EDO_DEADLINE(d, wait_max);
    int err = edo_deadline_end(&d, edo_keyed_sem_acquire(of->pages, &out->at, address));
    if (err < 0) past_place_return(out);
    return err == -ETIMEDOUT ? -EAGAIN : err;
}

void past_place_return(past_place *self) {
    if (self->of) edo_keyed_sem_release(self->of->pages, self->at);
    *self = (past_place){ .of = NULL };
}

static void past_reply_drop(void *value) {
    past_reply *self = value;
    edo_rc_unref(self->page);
    past_place_return(&self->in);
}

int past_reply_new(past_reply **out, edo_ext *ext, edo_arena *arena, turns *of, edo_str address) {
    static const edo_ext_tag tag = { .name = "page of the past", .drop = past_reply_drop };
    past_reply *self = edo_arena_alloc(arena, sizeof *self);
    if (!self) return -ENOMEM;
    self->page = NULL;
    int err = past_place_take(&self->in, of, address);
    if (err == 0) err = edo_ext_set(ext, &tag, self);
    if (err < 0) {
        past_place_return(&self->in);
    } else {
        *out = self;
    }
    return err;
}

static edo_str place_address(const past_place *self) {
    return (edo_str){ self->address, sizeof self->address };
}

/* ---- Pages ----------------------------------------------------------------------------------- */

/* As storage_page(). Those of one address read one after the other: the store is read by one at a
 * time, and others would wait behind all of them. */
static int read_store(room *of, const past_place *in, uint64_t before, size_t limit,
                      store_found **found) {
    edo_keyed_lock *at = NULL;
    edo_duration left = edo_instant_since(in->until, edo_now());
    EDO_DEADLINE(d, left.ns > 0 ? left : edo_ns(0)); // below 0 is no limit
    int err = edo_keyed_mutex_lock(in->of->readers, &at, place_address(in));
    if (err == 0) err = storage_page(of->storage, &of->name, 0, before, limit, found);
    edo_keyed_mutex_unlock(in->of->readers, at);
    return edo_deadline_end(&d, err);
}

static int parts_gather(parts *self, const past_place *in, room *of, uint64_t before,
                        uint32_t limit) {
    self->kept = room_past(of, 0, before, limit, &self->kept_n);
    if (!self->kept) return -ENOMEM;
    uint64_t oldest = self->kept_n > 0 ? self->kept[0]->what.number : before;
    uint64_t kept_from, forgotten = room_forgotten(of, 0, &kept_from);
    bool has_all_kept = oldest <= kept_from || self->kept_n == 0;
    self->lack = self->kept_n > 0 ? room_lack(of, oldest) : 0;
    if (room_is_unread(of, before)) self->lack = -EIO;
    self->has_more = !has_all_kept || (forgotten > 0 && of->storage);
    if (self->kept_n == limit || forgotten == 0 || !of->storage) return 0;
    if (kept_from < oldest) oldest = kept_from;
    const bool has_unstored = room_has_unstored(of, oldest); // as of before the store is read
    int err = read_store(of, in, oldest, limit - self->kept_n, &self->found);
    if (err == -ECANCELED || err == -ENOMEM) return err;
    self->has_more = err == 0 && self->found->has_more; // who reads on comes to an end
    int lack = err < 0 ? -EIO : self->found->fault;
    if (has_unstored) lack = -EIO;
    if (lack < 0 && self->lack != -EIO) self->lack = lack;
    return 0;
}

static void parts_drop(parts *self) {
    for (size_t i = 0; i < self->kept_n; i++) edo_rc_unref(self->kept[i]);
    free(self->kept);
    free(self->found);
}

/* The newest rows that are no more than PAST_BYTES of texts together, but for one that is longer
 * alone. */
static size_t rows_that_fit(const past_message *rows, size_t n) {
    size_t fit = 0, bytes = 0;
    while (fit < n) {
        bytes += rows[n - 1 - fit].text.len;
        if (fit > 0 && bytes > PAST_BYTES) break;
        fit++;
    }
    return fit;
}

/* NULL without memory. */
static message *make_page(const parts *of, const char *type, const room *in, edo_str key) {
    size_t found_n = of->found ? of->found->n : 0, n = 0;
    past_message *rows = calloc(found_n + of->kept_n + 1, sizeof *rows);
    if (!rows) return NULL;
    for (size_t i = 0; i < found_n; i++) rows[n++] = as_past(&of->found->messages[i], false, key);
    for (size_t i = 0; i < of->kept_n; i++) rows[n++] = as_kept(of->kept[i], key);
    size_t fit = rows_that_fit(rows, n);
    const char *missing = of->lack == -EILSEQ ? "damaged" : of->lack < 0 ? "unread" : NULL;
    const past_page page = { type, room_shown(in)->text,    rows + (n - fit),
                             fit,  of->has_more || fit < n, missing };
    message *m = message_json(&page, &past_page_desc);
    free(rows);
    return m;
}

/* A page of long messages takes a while: so each is made in a turn. Nobody waits for the store
 * meanwhile. */
static message *make_page_in_turn(const parts *of, const past_place *in, const char *type,
                                  const room *r, edo_str key) {
    turn t = turn_take(in->of, TURN_ASK, place_address(in));
    message *m = make_page(of, type, r, key);
    turn_end(&t, TURN_WORK);
    return m;
}

int past_page_frame(message **out, const past_place *in, room *of, const char *type,
                    uint64_t before, uint32_t limit, edo_str key) {
    if (limit == 0) limit = PAST_LIMIT;
    if (limit > PAST_LIMIT_MAX) limit = PAST_LIMIT_MAX;
    if (before == 0 || before > INT64_MAX) before = INT64_MAX;
    parts p = { .found = NULL };
    int err = parts_gather(&p, in, of, before, limit);
    if (err == 0) {
        *out = make_page_in_turn(&p, in, type, of, key);
        if (!*out) err = -ENOMEM;
    }
    parts_drop(&p);
    return err;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

EDO_DESCRIBE(room_count, EDO_FIELD(room_count, name.text, EDO_AS("room")),
             EDO_FIELD(room_count, members_n, EDO_AS("members")))

typedef struct room_list {
    const char *type;
    const room_count *rooms;
    size_t rooms_n;
} room_list;
EDO_DESCRIBE(room_list, EDO_FIELD(room_list, type, .optional = true),
             EDO_FIELD_LIST_OF(room_list, rooms, rooms_n, room_count_desc))

const edo_desc *const past_message_form = &past_message_desc;
const edo_desc *const past_page_form = &past_page_desc;
const edo_desc *const past_rooms_form = &room_list_desc;

message *past_rooms_frame(directory *self, const char *type, edo_str address) {
    room_list list = { .type = type };
    turn t = turn_take(&self->turns, TURN_ASK, address);
    room_count *rooms = directory_rooms(self, &list.rooms_n);
    if (list.rooms_n > ROOMS_LISTED) list.rooms_n = ROOMS_LISTED;
    list.rooms = rooms;
    message *m = rooms ? message_json(&list, &room_list_desc) : NULL;
    free(rooms);
    turn_end(&t, TURN_WORK);
    return m;
}
