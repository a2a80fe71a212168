/* SPDX-License-Identifier: MIT */
/* crud_sqlite.c: notes in an SQLite file, as a JSON API.
 *
 *     crud_sqlite FILE [HOST:PORT]
 *     curl -d '{"title":"Milk","text":"two litres"}' -H 'content-type: application/json' \
 *         http://127.0.0.1:8080/notes
 *     curl 'http://127.0.0.1:8080/notes?order=newest&limit=10'
 *
 * SQLite blocks its thread, so each query of edo/sqlite.h is a job of the blocking pool. */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/sqlite.h>
#include <edo/web_call.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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

/* ---- Handlers -------------------------------------------------------------------------------- */

typedef struct note_key {
    int64_t id;
} note_key;
EDO_DESCRIBE(note_key, EDO_FIELD(note_key, id, .min = 1))

typedef struct note_change {
    int64_t id;
    note note;
} note_change;
EDO_DESCRIBE(note_change, EDO_FIELD(note_change, id, .in = EDO_IN_PATH, .min = 1),
             EDO_FIELD_OF(note_change, note, note_desc, .in = EDO_IN_BODY))

typedef enum note_order { OLDEST, NEWEST } note_order;
EDO_DESCRIBE_ENUM(note_order, EDO_UNIT(OLDEST, "oldest"), EDO_UNIT(NEWEST, "newest"))

typedef struct page {
    bool has_after; // else it is the first page
    int64_t after, limit;
    note_order order;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, after, EDO_HAS(page, has_after)),
             EDO_FIELD(page, limit, .preset = "20", .min = 1, .max = 100),
             EDO_FIELD_OF(page, order, note_order_desc, .preset = "oldest"))

/* Fills `out` with the one note of a query. */
static int query_note(edo_web *w, void *out, const char *sql, edo_sql_args args) {
    int err = edo_sqlite_query_one(edo_web_state(w), out, &note_desc, sql, args);
    if (err == -EDO_ENOROW) return edo_web_reject(w, err, EDO_STATUS_NOT_FOUND, "no such note");
    return err < 0 ? err : edo_web_own(w, out, &note_desc);
}

static int list_notes(edo_web *w, const void *in, void *out) {
    // what a client names is no part of a statement
    static const char *const in_order[] = {
        [OLDEST] = "select id, title, text from note where id > coalesce(?1, 0)"
                   " order by id limit ?2",
        [NEWEST] = "select id, title, text from note where id < coalesce(?1, 1 << 62)"
                   " order by id desc limit ?2",
    };
    const page *p = in;
    return edo_sqlite_query_all(edo_web_state(w), out, &notes_desc, edo_web_request(w)->arena,
                                in_order[p->order],
                                EDO_SQL(EDO_SQL_IF(p->has_after, p->after), p->limit));
}

static int add_note(edo_web *w, const void *in, void *out) {
    const note *n = in, *added = out;
    char where[40];
    int err = query_note(w, out,
                         "insert into note (title, text) values (?1, ?2) "
                         "returning id, title, text",
                         EDO_SQL(n->title, n->text.ptr ? n->text : EDO_STR("")));
    (void)snprintf(where, sizeof where, "/notes/%" PRId64, added->id);
    return err < 0 ? err : edo_web_set_header(w, "location", where);
}

static int get_note(edo_web *w, const void *in, void *out) {
    const note_key *key = in;
    return query_note(w, out, "select id, title, text from note where id = ?1", EDO_SQL(key->id));
}

static int replace_note(edo_web *w, const void *in, void *out) {
    const note_change *c = in;
    const note *n = &c->note;
    return query_note(
        w, out, "update note set title = ?2, text = ?3 where id = ?1 returning id, title, text",
        EDO_SQL(c->id, n->title, n->text.ptr ? n->text : EDO_STR("")));
}

static int delete_note(edo_web *w, const void *in, void *out) {
    const note_key *key = in;
    return query_note(w, out, "delete from note where id = ?1 returning id, title, text",
                      EDO_SQL(key->id)); // what it was
}

static edo_router *routes(void) {
    const edo_route_doc list = { .query = &page_desc, .reply = &notes_desc },
                        add = { .body = &note_desc, .reply = &note_desc, .status = 201 },
                        one = { .params = &note_key_desc, .reply = &note_desc },
                        change = { .input = &note_change_desc, .reply = &note_desc };
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_GET, "/notes", list_notes, &list);
    edo_router_call(r, EDO_METHOD_POST, "/notes", add_note, &add);
    edo_router_call(r, EDO_METHOD_GET, "/notes/{id}", get_note, &one);
    edo_router_call(r, EDO_METHOD_PUT, "/notes/{id}", replace_note, &change);
    edo_router_call(r, EDO_METHOD_DELETE, "/notes/{id}", delete_note, &one);
    edo_router_wrap(r, edo_timeout_layer(edo_s(5)));
    return r;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int app(void *arg) {
    static const edo_migration migrations[] = {
        { 1, "notes",
          "create table note (id integer primary key autoincrement, title text not null, "
          "text text not null)" },
    };
    char **args = arg;
    edo_sqlite *db;
    int err = edo_sqlite_open(&db, args[0], NULL);
    if (err < 0) return err;
    err = edo_sqlite_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    if (err >= 0) {
        const char *listen = args[1] ? args[1] : "127.0.0.1:8080";
        err = edo_web_serve(routes(),
                            &(edo_web_opts){ .listen = listen, .announce = true, .state = db });
    }
    if (err != -ETIMEDOUT) edo_sqlite_close(db); // else a handler may still use it
    return err;
}

int main(int argc, char **argv) {
    if (argc > 1) return edo_main(app, argv + 1);
    (void)fprintf(stderr, "crud_sqlite FILE [HOST:PORT]\n");
    return 2;
}
