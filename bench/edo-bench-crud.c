/* SPDX-License-Identifier: MIT */
/* edo-bench-crud HOST:PORT: notes in memory, as a JSON API; the contract is in bench/lib/notes.py.
 * Question: what does a service of described JSON cost beside one in Go, or on hyper?
 * Guards: extractors, router and replies take no allocation of their own for a small request. */
#include <edo/edo.h>
#include <edo/web.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct note {
    int64_t id;
    edo_str title, text; /* in one block, that of the title */
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, id, .optional = true, .doc = "given by the server"),
             EDO_FIELD(note, title, .min_len = 1, .max_len = 200),
             EDO_FIELD(note, text, .optional = true, .max_len = 10000))

typedef struct notes {
    note *all;
    size_t all_n;
} notes;
EDO_DESCRIBE(notes, EDO_FIELD_LIST_OF(notes, all, all_n, note_desc, EDO_AS("notes")))

/* In the order of their ids, which only grow. The lock is for all of it. */
typedef struct store {
    edo_mutex lock;
    note *all;
    size_t n, room;
    int64_t id_last;
} store;

/* ---- The store ------------------------------------------------------------------------------- */

/* The first whose id is at least `id`. */
static size_t first_from(const store *s, int64_t id) {
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->all[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static note *find(const store *s, int64_t id) {
    size_t i = first_from(s, id);
    return i < s->n && s->all[i].id == id ? &s->all[i] : NULL;
}

static void drop_text(const note *n) {
    free((void *)(uintptr_t)n->title.ptr);
}

/* A copy whose text is its own. */
static int copy(note *to, const note *from) {
    char *block = malloc(from->title.len + from->text.len); // a title has a byte at least
    if (!block) return -ENOMEM;
    if (from->title.len > 0) memcpy(block, from->title.ptr, from->title.len);
    if (from->text.len > 0) memcpy(block + from->title.len, from->text.ptr, from->text.len);
    to->title = (edo_str){ block, from->title.len };
    to->text = (edo_str){ block + from->title.len, from->text.len };
    return 0;
}

static int make_room(store *s) {
    if (s->n < s->room) return 0;
    size_t room = s->room ? 2 * s->room : 1024;
    note *all = realloc(s->all, room * sizeof *all);
    if (!all) return -ENOMEM;
    s->all = all;
    s->room = room;
    return 0;
}

static void forget_all(store *s) {
    for (size_t i = 0; i < s->n; i++) drop_text(&s->all[i]);
    free(s->all);
}

/* ---- Handlers: a reply copies and never waits, so it is made while the lock is held ---------- */

typedef struct note_key {
    int64_t id;
} note_key;
EDO_DESCRIBE(note_key, EDO_FIELD(note_key, id, .min = 1))

typedef struct page {
    int64_t after;
    uint32_t limit;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, after, .preset = "0", .optional = true, .min = 0),
             EDO_FIELD(page, limit, .preset = "20", .optional = true, .min = 1, .max = 100))

static int reply_note(edo_web *w, const note *n, int64_t id) {
    if (n) return edo_web_reply_json(w, EDO_STATUS_OK, n, &note_desc);
    return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no note %" PRId64, id);
}

static int list_notes(edo_web *w) {
    store *s = edo_web_state(w);
    page p = { 0 };
    int err = edo_web_query(w, &p, &page_desc); // on failure a response has been made
    if (err == 0) err = edo_mutex_lock(&s->lock);
    if (err < 0) return err;
    size_t at = p.after < s->id_last ? first_from(s, p.after + 1) : s->n;
    notes some = { s->all + at, s->n - at < p.limit ? s->n - at : p.limit };
    err = edo_web_reply_json(w, EDO_STATUS_OK, &some, &notes_desc);
    edo_mutex_unlock(&s->lock);
    return err;
}

static int add(edo_web *w, store *s, const note *given) {
    note made = { .id = s->id_last + 1 };
    char where[40];
    int err = make_room(s);
    if (err == 0) err = copy(&made, given);
    if (err < 0) return err;
    s->all[s->n++] = made;
    s->id_last = made.id;
    (void)snprintf(where, sizeof where, "/notes/%" PRId64, made.id);
    err = edo_web_set_header(w, "location", where);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &made, &note_desc);
}

static int add_note(edo_web *w) {
    store *s = edo_web_state(w);
    note given = { 0 };
    int err = edo_web_json(w, &given, &note_desc);
    if (err == 0) err = edo_mutex_lock(&s->lock);
    if (err < 0) return err;
    err = add(w, s, &given);
    edo_mutex_unlock(&s->lock);
    return err;
}

static int get_note(edo_web *w) {
    store *s = edo_web_state(w);
    note_key key = { 0 };
    int err = edo_web_params(w, &key, &note_key_desc);
    if (err == 0) err = edo_mutex_lock(&s->lock);
    if (err < 0) return err;
    err = reply_note(w, find(s, key.id), key.id);
    edo_mutex_unlock(&s->lock);
    return err;
}

static int replace_note(edo_web *w) {
    store *s = edo_web_state(w);
    note_key key = { 0 };
    note given = { 0 }, made = { 0 };
    int err = edo_web_params(w, &key, &note_key_desc);
    if (err == 0) err = edo_web_json(w, &given, &note_desc);
    if (err == 0) err = edo_mutex_lock(&s->lock);
    if (err < 0) return err;
    note *old = find(s, key.id);
    if (old && (err = copy(&made, &given)) == 0) {
        made.id = key.id;
        drop_text(old);
        *old = made;
    }
    if (err == 0) err = reply_note(w, old, key.id);
    edo_mutex_unlock(&s->lock);
    return err;
}

static int delete_note(edo_web *w) {
    store *s = edo_web_state(w);
    note_key key = { 0 };
    int err = edo_web_params(w, &key, &note_key_desc);
    if (err == 0) err = edo_mutex_lock(&s->lock);
    if (err < 0) return err;
    note *old = find(s, key.id);
    err = reply_note(w, old, key.id); // what it was
    if (old) {
        drop_text(old);
        memmove(old, old + 1, (size_t)(s->all + s->n - (old + 1)) * sizeof *old);
        s->n--;
    }
    edo_mutex_unlock(&s->lock);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int app(void *address) {
    static store s = { .lock = EDO_MUTEX_INIT };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/notes", list_notes);
    edo_router_post(r, "/notes", add_note);
    edo_router_get(r, "/notes/{id}", get_note);
    edo_router_put(r, "/notes/{id}", replace_note);
    edo_router_delete(r, "/notes/{id}", delete_note);
    int err = edo_web_serve(r, &(edo_web_opts){ .listen = address, .announce = true, .state = &s });
    if (err != -ETIMEDOUT) forget_all(&s); // then a handler may still use it
    return err;
}

int main(int argc, char **argv) {
    if (argc == 2) return edo_main(app, argv[1]);
    (void)fputs("edo-bench-crud HOST:PORT\n", stderr);
    return 2;
}
