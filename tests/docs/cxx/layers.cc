/* SPDX-License-Identifier: MIT */
/* What docs/book/cpp.md shows of the web and of SQL, as C++17: compiled only. */
#include <edo/layers.h>
#include <edo/pg.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>

#include <cstdint>

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello!\n");
}

static void count_drop(void *arg, const edo_request *, edo_drop_when) {
    ++*static_cast<int *>(arg);
}

int serve(void *state);
int serve(void *state) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_wrap(r, edo_timeout_layer(edo_s(2)));
    edo_router_wrap_all(r, edo_request_id_layer(nullptr), edo_on_drop_layer(count_drop, state));
    edo_web_opts opts{};
    opts.listen = "127.0.0.1:8080";
    opts.state = state;
    return edo_web_serve(r, &opts);
}

int64_t rename_todo(edo_pg *db, int64_t id, edo_str title);
int64_t rename_todo(edo_pg *db, int64_t id, edo_str title) {
    return edo_pg_exec(db, "update todo set title = $2 where id = $1", EDO_SQL(id, title));
}
