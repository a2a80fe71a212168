/* SPDX-License-Identifier: MIT */
/* todos.c: things to do. Each statement says whose they are: what is somebody else's is not
 * found. */
#include "accounts.h"

#define COLUMNS "id, title, done, created"

typedef struct todo {
    int64_t id;
    char title[201];
    bool done;
    edo_wall created;
} todo;
EDO_DESCRIBE(todo, EDO_FIELD(todo, id, .optional = true, .doc = "given by the server"),
             EDO_FIELD(todo, title, .min_len = 1), EDO_FIELD(todo, done, .optional = true),
             EDO_FIELD(todo, created, .optional = true, .doc = "given by the server"))

typedef struct todo_key {
    int64_t id;
} todo_key;
EDO_DESCRIBE(todo_key, EDO_FIELD(todo_key, id, .min = 1))

typedef struct todo_change {
    int64_t id;
    todo todo;
} todo_change;
EDO_DESCRIBE(todo_change, EDO_FIELD(todo_change, id, .in = EDO_IN_PATH, .min = 1),
             EDO_FIELD_OF(todo_change, todo, todo_desc, .in = EDO_IN_BODY))

typedef enum todo_order { OLDEST, NEWEST } todo_order;
EDO_DESCRIBE_ENUM(todo_order, EDO_UNIT(OLDEST, "oldest"), EDO_UNIT(NEWEST, "newest"))

typedef struct todo_query {
    todo_order order;
    int64_t after, limit;
} todo_query;
EDO_DESCRIBE(todo_query, EDO_FIELD_OF(todo_query, order, todo_order_desc, .preset = "oldest"),
             EDO_FIELD(todo_query, after, .preset = "0", .doc = "`next` of the page before"),
             EDO_FIELD(todo_query, limit, .preset = "20", .min = 1, .max = 100))

typedef struct todo_page {
    todo *todos;
    size_t todos_n;
    int64_t next;
} todo_page;
EDO_DESCRIBE(todo_page, EDO_FIELD_LIST_OF(todo_page, todos, todos_n, todo_desc),
             EDO_FIELD(todo_page, next, .doc = "`after` of the next page; 0: there is none"))

static int list_todos(edo_web *w, const void *in, void *out) {
    static const char *const in_order[] = {
        // what a client names is no part of a statement
        [OLDEST] = "select " COLUMNS " from todo where account = $1 and id > $2"
                   " order by id limit $3",
        [NEWEST] = "select " COLUMNS " from todo where account = $1 and (id < $2 or $2 = 0)"
                   " order by id desc limit $3",
    };
    const todo_query *q = in;
    todo_page *p = out;
    int err = edo_pg_query_all(edo_web_state(w), p, &todo_page_desc, edo_web_request(w)->arena,
                               in_order[q->order], EDO_SQL(account_of(w), q->after, q->limit));
    if (err == 0 && (int64_t)p->todos_n == q->limit) p->next = p->todos[p->todos_n - 1].id;
    return err;
}

static int add_todo(edo_web *w, const void *in, void *out) {
    const todo *t = in;
    return edo_pg_query_one(edo_web_state(w), out, &todo_desc,
                            "insert into todo (account, title, done) values ($1, $2, $3)"
                            " returning " COLUMNS,
                            EDO_SQL(account_of(w), t->title, t->done));
}

static int get_todo(edo_web *w, const void *in, void *out) {
    const todo_key *key = in;
    return edo_pg_query_one(edo_web_state(w), out, &todo_desc,
                            "select " COLUMNS " from todo where account = $1 and id = $2",
                            EDO_SQL(account_of(w), key->id));
}

static int replace_todo(edo_web *w, const void *in, void *out) {
    const todo_change *c = in;
    return edo_pg_query_one(edo_web_state(w), out, &todo_desc,
                            "update todo set title = $3, done = $4 where account = $1 and id = $2"
                            " returning " COLUMNS,
                            EDO_SQL(account_of(w), c->id, c->todo.title, c->todo.done));
}

static int delete_todo(edo_web *w, const void *in, void *out) {
    const todo_key *key = in;
    return edo_pg_query_one(edo_web_state(w), out, &todo_desc, // what it was
                            "delete from todo where account = $1 and id = $2 returning " COLUMNS,
                            EDO_SQL(account_of(w), key->id));
}

edo_router *todo_routes(void) {
    const edo_route_doc
        list = { .query = &todo_query_desc, .reply = &todo_page_desc, .scheme = "session" },
        add = { .body = &todo_desc,
                .reply = &todo_desc,
                .status = EDO_STATUS_CREATED,
                .scheme = "session" },
        one = { .params = &todo_key_desc, .reply = &todo_desc, .scheme = "session" },
        change = { .input = &todo_change_desc, .reply = &todo_desc, .scheme = "session" };
    edo_router *r = edo_router_new();
    edo_router_call(r, EDO_METHOD_GET, "/todos", list_todos, &list);
    edo_router_call(r, EDO_METHOD_POST, "/todos", add_todo, &add);
    edo_router_call(r, EDO_METHOD_GET, "/todos/{id}", get_todo, &one);
    edo_router_call(r, EDO_METHOD_PUT, "/todos/{id}", replace_todo, &change);
    edo_router_call(r, EDO_METHOD_DELETE, "/todos/{id}", delete_todo, &one);
    edo_router_wrap(r, edo_web_around(account_required));
    return r;
}
