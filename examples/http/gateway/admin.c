/* SPDX-License-Identifier: MIT */
/* admin.c: for those who run a gateway: a page that shows what it does now, and its numbers. */
#include "gateway.h"

#include <edo/console_page.h>
#include <edo/web_static.h>

#include <errno.h>

#define ROUTE_MAX 64u /* upstreams of one that are shown */

/* An upstream, or a route without one. */
typedef struct row {
    const char *route, *breaker, *address, *state;
    uint64_t in_flight;                          /* of the upstream */
    uint64_t succeeded, failed, refused, cached; /* of the route */
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, route), EDO_FIELD(row, breaker), EDO_FIELD(row, address),
             EDO_FIELD(row, state), EDO_FIELD(row, in_flight), EDO_FIELD(row, succeeded),
             EDO_FIELD(row, failed), EDO_FIELD(row, refused), EDO_FIELD(row, cached))

typedef struct view {
    uint32_t plan;
    row *rows;
    size_t rows_n;
} view;
EDO_DESCRIBE(view, EDO_FIELD(view, plan), EDO_FIELD_LIST_OF(view, rows, rows_n, row_desc))

static const char *state_of(const edo_balance_endpoint *e) {
    if (e->is_ill) return "ill";
    if (e->is_ejected) return "resting";
    if (e->state == EDO_BALANCE_READY) return "ready";
    return e->state == EDO_BALANCE_FAILED ? "down" : "connecting";
}

static void view_add(view *v, const route *r, edo_balance_endpoint list[ROUTE_MAX]) {
    edo_breaker_stats b;
    size_t n = edo_balance_list(r->balance, list, ROUTE_MAX);
    edo_breaker_get_stats(r->breaker, &b);
    row of_route = { .route = r->config.path,
                     .breaker = edo_breaker_state_name(b.state),
                     .address = "",
                     .state = "",
                     .succeeded = b.succeeded_total,
                     .failed = b.failed_total,
                     .refused = b.refused_total,
                     .cached = r->cache ? edo_cache_get_stats(r->cache).hits_n : 0 };
    if (n == 0) v->rows[v->rows_n++] = of_route;
    for (size_t i = 0; i < n && i < ROUTE_MAX; i++) {
        of_route.address = list[i].endpoint.address;
        of_route.state = state_of(&list[i]);
        of_route.in_flight = list[i].in_flight;
        v->rows[v->rows_n++] = of_route;
    }
}

static int show_state(edo_web *w) {
    edo_arena *arena = edo_web_request(w)->arena;
    plan *p = gateway_plan(edo_web_state(w));
    size_t most = p->routes_n * ROUTE_MAX;
    view v = { .plan = p->number, .rows = edo_arena_alloc(arena, most * sizeof(row)) };
    edo_balance_endpoint *lists = edo_arena_alloc(arena, most * sizeof *lists);
    int err = v.rows && lists ? 0 : -ENOMEM;
    for (size_t i = 0; err == 0 && i < p->routes_n; i++)
        view_add(&v, p->routes[i], lists + i * ROUTE_MAX);
    if (err == 0) err = edo_web_reply_json(w, EDO_STATUS_OK, &v, &view_desc);
    edo_rc_unref(p);
    return err;
}

static const char page[] =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Gateway</title>\n"
    "<link rel=stylesheet href=page.css><script src=page.js defer></script>\n"
    "<h1>Gateway</h1><p id=plan><table id=table></table></html>\n";

static const char style[] =
    "body{font:15px system-ui;margin:2em}td,th{text-align:left;padding:.3em 1em .3em 0}"
    ".ready,.closed{color:#170}.ill,.down,.open{color:#b00}.resting,.half_open{color:#a60}\n";

static const char script[] =
    "const names = ['route', 'breaker', 'succeeded', 'failed', 'refused', 'cached', 'address',\n"
    "  'state', 'in_flight']\n"
    "function add(texts) {\n"
    "  const line = table.insertRow()\n"
    "  for (const t of texts) {\n"
    "    const cell = line.insertCell(); cell.textContent = cell.className = t } }\n"
    "async function look() {\n"
    "  try {\n"
    "    const v = await (await fetch('state')).json()\n"
    "    plan.textContent = 'plan ' + v.plan\n"
    "    table.replaceChildren(); add(names)\n"
    "    for (const r of v.rows) add(names.map(n => r[n]))\n"
    "  } catch (e) { plan.textContent = 'not reached: ' + e }\n"
    "  setTimeout(look, 1000) }\n"
    "look()\n";

static const edo_asset assets[] = {
    { .name = "index.html", .bytes = { page, sizeof page - 1 } },
    { .name = "page.css", .bytes = { style, sizeof style - 1 } },
    { .name = "page.js", .bytes = { script, sizeof script - 1 } },
};

edo_router *admin_router(gateway *g) {
    edo_router *r = edo_router_new();
    edo_serve_assets(r, "/", assets, EDO_COUNT(assets), NULL);
    edo_router_get(r, "/state", show_state);
    edo_metrics_routes(r, g->means.metrics);
    edo_dump_routes(r);
    edo_console_routes(r, NULL); // what it does, task by task, if whoever runs it wants that
    return r;
}
