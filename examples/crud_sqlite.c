/* SPDX-License-Identifier: MIT */
/* crud_sqlite.c: notes in an SQLite file, as a JSON API.
 *
 *     crud_sqlite FILE [HOST:PORT]
 *     curl -d '{"title":"Milk","text":"two litres"}' -H 'content-type: application/json' \
 *         http://127.0.0.1:8080/notes
 *     curl 'http://127.0.0.1:8080/notes?limit=10'
 *
 * SQLite blocks its thread, so each query runs by edo_blocking(). One query at a time: fibers wait
 * for one another in order, rather than threads of the pool in SQLite. */
#include <edo/blocking.h>
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/web.h>

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#define PAGE_MAX 100

typedef struct note {
    int64_t id;
    edo_str title, text;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, id, .optional = true, .doc = "given by the server"),
             EDO_FIELD(note, title, .min_len = 1, .max_len = 200),
             EDO_FIELD(note, text, .optional = true, .max_len = 10000))

typedef struct notes {
    note *all;
    size_t all_n;
} notes;
EDO_DESCRIBE(notes, EDO_FIELD_LIST_OF(notes, all, all_n, note_desc, EDO_AS("notes")))

typedef struct store {
    edo_mutex lock;
    sqlite3 *db; /* used by the holder of the lock */
} store;

/* ---- Queries: each has a note for its parameters, and notes as its rows ---------------------- */

typedef struct query {
    store *in;
    const char *sql;
    note given;           /* :id, :title, :text */
    int64_t after, limit; /* :after, :limit */
    edo_arena *arena;     /* of the rows */
    note rows[PAGE_MAX];
    size_t rows_n;
} query;

static void bind_int(sqlite3_stmt *st, const char *name, int64_t n) {
    (void)sqlite3_bind_int64(st, sqlite3_bind_parameter_index(st, name), n);
}

static void bind_text(sqlite3_stmt *st, const char *name, edo_str s) {
    int at = sqlite3_bind_parameter_index(st, name); // 0: it has none of that name
    (void)sqlite3_bind_text64(st, at, s.len ? s.ptr : "", s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static edo_str column(sqlite3_stmt *st, int i, edo_arena *arena) {
    const void *text = sqlite3_column_text(st, i);
    size_t n = (size_t)sqlite3_column_bytes(st, i);
    return (edo_str){ edo_arena_copy(arena, text, n), n };
}

static int read_rows(query *q, sqlite3_stmt *st) {
    while (sqlite3_step(st) == SQLITE_ROW && q->rows_n < PAGE_MAX) {
        note *n = &q->rows[q->rows_n++];
        n->id = sqlite3_column_int64(st, 0);
        n->title = column(st, 1, q->arena);
        n->text = column(st, 2, q->arena);
        if (!n->title.ptr || !n->text.ptr) return -ENOMEM;
    }
    return 0;
}

static int failed(sqlite3 *db) {
    return edo_fail(-EIO, "SQLite: %s", sqlite3_errmsg(db));
}

/* On a thread of the blocking pool, while the fiber waits. */
static int run(void *arg) {
    query *q = arg;
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(q->in->db, q->sql, -1, &st, NULL) != SQLITE_OK) return failed(q->in->db);
    bind_int(st, ":id", q->given.id);
    bind_int(st, ":after", q->after);
    bind_int(st, ":limit", q->limit);
    bind_text(st, ":title", q->given.title);
    bind_text(st, ":text", q->given.text);
    int err = read_rows(q, st);
    return sqlite3_finalize(st) != SQLITE_OK ? failed(q->in->db) : err;
}

static int ask(edo_web *w, query *q) {
    q->in = edo_web_state(w);
    q->arena = edo_web_request(w)->arena;
    int err = edo_mutex_lock(&q->in->lock);
    if (err < 0) return err;
    err = edo_blocking(run, q);
    edo_mutex_unlock(&q->in->lock);
    return err;
}

/* Asks, and replies with the one note that there is then. */
static int reply_one(edo_web *w, query *q) {
    int err = ask(w, q);
    if (err < 0) return err;
    if (q->rows_n == 0)
        return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no note %" PRId64, q->given.id);
    return edo_web_reply_json(w, EDO_STATUS_OK, &q->rows[0], &note_desc);
}

/* ---- Handlers -------------------------------------------------------------------------------- */

typedef struct note_key {
    int64_t id;
} note_key;
EDO_DESCRIBE(note_key, EDO_FIELD(note_key, id, .min = 1))

typedef struct page {
    int64_t after, limit;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, after, .preset = "0", .optional = true),
             EDO_FIELD(page, limit, .preset = "20", .optional = true, .min = 1, .max = PAGE_MAX))

static int list_notes(edo_web *w) {
    page p = { 0 };
    int err = edo_web_query(w, &p, &page_desc); // on failure a response has been made
    query q = { .sql =
                    "SELECT id, title, text FROM note WHERE id > :after ORDER BY id LIMIT :limit",
                .after = p.after,
                .limit = p.limit };
    if (err == 0) err = ask(w, &q);
    if (err < 0) return err;
    return edo_web_reply_json(w, EDO_STATUS_OK, &(notes){ q.rows, q.rows_n }, &notes_desc);
}

static int add_note(edo_web *w) {
    query q = { .sql = "INSERT INTO note (title, text) VALUES (:title, :text) "
                       "RETURNING id, title, text" };
    int err = edo_web_json(w, &q.given, &note_desc);
    if (err == 0) err = ask(w, &q);
    if (err < 0) return err;
    char where[40];
    (void)snprintf(where, sizeof where, "/notes/%" PRId64, q.rows[0].id);
    err = edo_web_set_header(w, "location", where);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &q.rows[0], &note_desc);
}

static int get_note(edo_web *w) {
    note_key key = { 0 };
    int err = edo_web_params(w, &key, &note_key_desc);
    query q = { .sql = "SELECT id, title, text FROM note WHERE id = :id", .given.id = key.id };
    return err < 0 ? err : reply_one(w, &q);
}

static int replace_note(edo_web *w) {
    note_key key = { 0 };
    query q = { .sql = "UPDATE note SET title = :title, text = :text WHERE id = :id "
                       "RETURNING id, title, text" };
    int err = edo_web_params(w, &key, &note_key_desc);
    if (err == 0) err = edo_web_json(w, &q.given, &note_desc);
    q.given.id = key.id;
    return err < 0 ? err : reply_one(w, &q);
}

static int delete_note(edo_web *w) {
    note_key key = { 0 };
    int err = edo_web_params(w, &key, &note_key_desc);
    query q = { .sql = "DELETE FROM note WHERE id = :id RETURNING id, title, text",
                .given.id = key.id };
    return err < 0 ? err : reply_one(w, &q); // what it was
}

/* ---- The program ----------------------------------------------------------------------------- */

static int open_store(store *s, const char *path) {
    static const char tables[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " title TEXT NOT NULL, text TEXT NOT NULL)";
    if (sqlite3_open(path, &s->db) != SQLITE_OK) return failed(s->db);
    return sqlite3_exec(s->db, tables, NULL, NULL, NULL) != SQLITE_OK ? failed(s->db) : 0;
}

static int app(void *arg) {
    char **args = arg;
    static store s = { .lock = EDO_MUTEX_INIT }; // after -ETIMEDOUT a handler may still use it
    int err = open_store(&s, args[0]);
    if (err == 0) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/notes", list_notes);
        edo_router_post(r, "/notes", add_note);
        edo_router_get(r, "/notes/{id}", get_note);
        edo_router_put(r, "/notes/{id}", replace_note);
        edo_router_delete(r, "/notes/{id}", delete_note);
        edo_router_wrap(r, edo_timeout_layer(edo_s(5)));
        const char *listen = args[1] ? args[1] : "127.0.0.1:8080";
        err = edo_web_serve(r, &(edo_web_opts){ .listen = listen, .announce = true, .state = &s });
    }
    if (err != -ETIMEDOUT) (void)sqlite3_close(s.db);
    return err;
}

int main(int argc, char **argv) {
    if (argc > 1) return edo_main(app, argv + 1);
    (void)fprintf(stderr, "crud_sqlite FILE [HOST:PORT]\n");
    return 2;
}
