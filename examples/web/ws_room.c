/* SPDX-License-Identifier: MIT */
/* ws_room.c: a room: a message that one page sends comes to all, encoded once.
 *
 *     ws_room [HOST:PORT]        then open it in two browsers
 *
 * The sockets are functions, not fibers: a silent one has neither a stack nor a buffer. */
#include <edo/edo.h>
#include <edo/web_static.h>
#include <edo/ws.h>

#define ROOM_MAX 10000

typedef struct room {
    edo_mutex lock;
    edo_ws *all[ROOM_MAX];
    size_t n;
} room;

static int enter(edo_ws *ws) {
    room *r = edo_ws_arg(ws);
    int err = edo_mutex_lock(&r->lock);
    if (err < 0) return err;
    bool has_place = r->n < ROOM_MAX;
    if (has_place) r->all[r->n++] = edo_ws_ref(ws);
    edo_mutex_unlock(&r->lock);
    return has_place ? 0 : edo_ws_shutdown(ws, EDO_WS_CLOSE_TRY_LATER, EDO_STR("the room is full"));
}

/* A post never waits: a page that does not read is closed when its queue is full, and holds nobody
 * up. */
static int say(edo_ws *ws, const edo_ws_message *m) {
    room *r = edo_ws_arg(ws);
    edo_ws_frame *f = NULL;
    int err = edo_ws_frame_new(&f, m);
    if (err == 0) err = edo_mutex_lock(&r->lock);
    if (err == 0) {
        (void)edo_ws_broadcast(r->all, r->n, f);
        edo_mutex_unlock(&r->lock);
    }
    edo_ws_frame_unref(f);
    return err;
}

static void leave(edo_ws *ws) {
    room *r = edo_ws_arg(ws);
    EDO_SHIELD(sh, edo_s(5));
    int err = edo_mutex_lock(&r->lock);
    for (size_t i = 0; err == 0 && i < r->n; i++) {
        if (r->all[i] != ws) continue;
        r->all[i] = r->all[--r->n];
        edo_ws_unref(ws);
    }
    if (err == 0) edo_mutex_unlock(&r->lock);
}

static const edo_ws_handler talk = { .on_open = enter, .on_message = say, .on_close = leave };
static const edo_ws_opts limits = { .message_max = 4096 };

static int join_room(edo_web *w) {
    return edo_ws_handle(w, &talk, edo_web_state(w), &limits);
}

static const char page[] =
    "<!doctype html><meta charset=utf-8><title>Room</title><script src=room.js defer></script>\n"
    "<form><input name=text autofocus required> <button>Say</button></form>\n"
    "<ul></ul>\n";

/* A file of its own: what stands in a page is not run (edo_web_guards). */
static const char script[] =
    "const ws = new WebSocket(location.href.replace('http', 'ws') + 'room');\n"
    "ws.onmessage = event => document.querySelector('ul').append(\n"
    "    Object.assign(document.createElement('li'), {textContent: event.data}));\n"
    "document.forms[0].onsubmit = event => {\n"
    "    event.preventDefault();\n"
    "    ws.send(event.target.text.value);\n"
    "    event.target.reset();\n"
    "};\n";

static const edo_asset assets[] = {
    { .name = "index.html", .bytes = { page, sizeof page - 1 } },
    { .name = "room.js", .bytes = { script, sizeof script - 1 } },
};

static int app(void *arg) {
    static room lobby = { .lock = EDO_MUTEX_INIT };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/room", join_room);
    edo_serve_assets(r, "/", assets, EDO_COUNT(assets), NULL);
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg, .announce = true, .state = &lobby });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
