/* SPDX-License-Identifier: MIT */
/* api.c: see web.h. */
#include "name/name_rules.h"
#include "page/web.h"

#include "clock.h"
#include "person/past.h"
#include "server.h"

#include <edo/openapi.h>
#include <edo/web_guard.h>

#include <errno.h>

#define BURST 100 /* posts, and questions, of one address after a silence */

/* Owns: takes the frame; NULL: there was no memory for it. */
static int reply(edo_web *w, edo_status status, message *m) {
    edo_str frame = m ? m->frame : (edo_str){ 0 };
    char *copy = m ? edo_arena_copy(edo_web_request(w)->arena, frame.ptr, frame.len) : NULL;
    edo_rc_unref(m);
    if (!copy) return -ENOMEM;
    return edo_web_reply_bytes(w, status, "application/json", (edo_str){ copy, frame.len });
}

static int get_rooms(edo_web *w) {
    server *at = edo_web_state(w);
    char key[EDO_ADDR_KEY_BYTES];
    return reply(w, EDO_STATUS_OK, past_rooms_frame(&at->directory, NULL, web_address(w, key)));
}

/* The room of the path; NULL: a response was made, or `*err` is why not. */
static room *room_of(edo_web *w, room *(*open)(directory *, const name *), int *err) {
    server *at = edo_web_state(w);
    name of;
    room *r = room_name_parse(&of, edo_web_param(w, "room")) ? open(&at->directory, &of) : NULL;
    if (r) {
        room_recall(r);
        return r;
    }
    *err = edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "there is no such room");
    return NULL;
}

typedef struct page_query {
    uint64_t before;
    uint32_t limit;
} page_query;
EDO_DESCRIBE(page_query,
             EDO_FIELD(page_query, before, .optional = true, .doc = "a number; 0: the newest"),
             EDO_FIELD(page_query, limit, .optional = true, .max = PAST_LIMIT_MAX,
                       .doc = "messages; 0: 50"))

static int refuse_past(edo_web *w) {
    int err = edo_web_set_header(w, "retry-after", "1");
    return err < 0 ? err
                   : edo_web_reply_problem(w, EDO_STATUS_TOO_MANY_REQUESTS,
                                           "other clients of this address have not taken what they "
                                           "asked for");
}

/* NULL: a response was made, or `*err` is why not. */
static past_reply *take_reply(edo_web *w, int *err) {
    server *at = edo_web_state(w);
    char key[EDO_ADDR_KEY_BYTES];
    past_reply *self = NULL;
    *err = past_reply_new(&self, &edo_web_response(w)->ext, edo_web_request(w)->arena,
                          &at->directory.turns, web_address(w, key));
    if (*err == -EAGAIN) *err = refuse_past(w);
    return self;
}

static int get_messages(edo_web *w) {
    server *at = edo_web_state(w);
    page_query q;
    int err = edo_web_query(w, &q, &page_query_desc);
    if (err < 0) return err;
    past_reply *p = take_reply(w, &err); // before the room, whose past may have to be read
    room *r = p ? room_of(w, directory_open_known_room, &err) : NULL;
    if (!r) return err;
    err = past_page_frame(&p->page, &p->in, r, NULL, q.before, q.limit, (edo_str){ 0 });
    directory_close_room(&at->directory, r);
    return err == 0 ? edo_web_reply_bytes(w, EDO_STATUS_OK, "application/json", p->page->frame)
                    : err;
}

/* ---- Posting --------------------------------------------------------------------------------- */

typedef struct post {
    edo_str nick, text;
} post;
EDO_DESCRIBE(post, EDO_FIELD(post, nick, .min_len = 1, .max_len = NAME_BYTES_MAX),
             EDO_FIELD(post, text, .min_len = 1))

/* Returns the status of what is wrong with the message, and why; 0: nothing. */
static int post_fault(server *at, const post *p, name *nick, const char **why) {
    reach owner = { 0 };
    *why = name_rules_text;
    if (!name_parse(nick, p->nick)) return EDO_STATUS_UNPROCESSABLE_CONTENT;
    *why = "this name is reserved";
    if (name_is_reserved(nick)) return EDO_STATUS_FORBIDDEN;
    *why = "somebody has this name";
    bool is_taken =
        directory_find(&at->directory, nick, &owner) || directory_is_kept(&at->directory, nick);
    reach_drop(&owner);
    if (is_taken) return EDO_STATUS_FORBIDDEN;
    *why = "\"text\" is too long";
    if (p->text.len > at->options->line_bytes_max) return EDO_STATUS_UNPROCESSABLE_CONTENT;
    *why = text_is_blank(p->text) ? "\"text\" has nothing to see" : text_lines_fault(p->text);
    return *why ? EDO_STATUS_UNPROCESSABLE_CONTENT : 0;
}

/* It is not stored yet, and has no number before it is. */
static int reply_accepted(edo_web *w, const saying *what) {
    message *m = message_said(what);
    if (!m) return -ENOMEM;
    atomic_store(&m->kept, KEPT_NOT_YET);
    int err = reply(w, EDO_STATUS_ACCEPTED, past_message_frame(m));
    edo_rc_unref(m);
    return err;
}

static int api_say(edo_web *w, room *r, const post *p, const name *nick) {
    const server *at = edo_web_state(w);
    const uint64_t naming = naming_of(&at->directory.namer, nick, ""); // of nobody who is here
    const saying what = { .naming = naming,
                          .room = *room_shown(r),
                          .nick = *nick,
                          .text = p->text,
                          .time_ms = clock_now_ms() };
    char key[EDO_ADDR_KEY_BYTES];
    message *m = message_paid_by(message_said(&what), web_address(w, key));
    if (!m) return -ENOMEM;
    int err = room_say(r, edo_rc_ref(m));
    if (err == 0) err = reply(w, EDO_STATUS_CREATED, past_message_frame(m));
    edo_rc_unref(m);
    return err == -EINPROGRESS ? reply_accepted(w, &what)
           : err == -EAGAIN
               ? edo_web_reply_problem(w, EDO_STATUS_SERVICE_UNAVAILABLE,
                                       "the store does not respond, and too much waits for it")
           : err == -EINVAL ? edo_web_reply_problem(w, EDO_STATUS_UNPROCESSABLE_CONTENT,
                                                    "the store cannot keep this message")
                            : err;
}

static int post_message(edo_web *w) {
    server *at = edo_web_state(w);
    post p;
    name nick;
    const char *why;
    int err = edo_web_json(w, &p, &post_desc); // on failure a response has been made
    if (err < 0) return err;
    int status = post_fault(at, &p, &nick, &why);
    if (status) return edo_web_reply_problem(w, (edo_status)status, "%s", why);
    room *r = room_of(w, directory_open_room, &err);
    if (!r) return err;
    err = api_say(w, r, &p, &nick);
    directory_close_room(&at->directory, r);
    return err;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

typedef struct room_key {
    edo_str room;
} room_key;
EDO_DESCRIBE(room_key, EDO_FIELD(room_key, room, .min_len = 1, .max_len = ROOM_BYTES_MAX,
                                 .doc = "letters A to Z, digits, '_' or '-', in any case"))

/* Requests of one address for these routes together are limited to `rate` a second; 0: they are
 * not. */
static void limit_routes(edo_router *r, uint32_t rate) {
    const edo_http_rate_opts asked = { .limit = { .num = rate, .burst = BURST },
                                       .no_fields = true };
    if (rate > 0) edo_router_wrap(r, edo_http_rate_layer(&asked));
}

static edo_router *post_routes(uint32_t rate) {
    static const edo_route_reply unkept[] = {
        { .status = EDO_STATUS_ACCEPTED,
          .doc = "it is not kept yet, as the database does not respond: it is said, and gets its "
                 "number, once it is" },
        { .status = EDO_STATUS_SERVICE_UNAVAILABLE,
          .doc = "likewise, but it is not said, as too much waits" },
    };
    edo_router *r = edo_router_new();
    edo_router_post(r, "/api/rooms/{room}/messages", post_message);
    edo_router_doc(r, &(edo_route_doc){ .summary = "Says something",
                                        .doc = "For programs: a page uses its WebSocket. Posts "
                                               "of an address are limited.",
                                        .tag = "Rooms",
                                        .params = &room_key_desc,
                                        .body = &post_desc,
                                        .status = EDO_STATUS_CREATED,
                                        .reply = past_message_form,
                                        .replies = unkept,
                                        .replies_n = EDO_COUNT(unkept) });
    limit_routes(r, rate);
    return r;
}

static edo_router *read_routes(uint32_t rate) {
    static const edo_route_reply no_page[] = {
        { .status = EDO_STATUS_NOT_FOUND, .doc = "nobody is in the room, and it has no messages" },
        { .status = EDO_STATUS_TOO_MANY_REQUESTS,
          .doc = "clients of this address have asked too often, or not taken what they asked for" },
    };
    edo_router *r = edo_router_new();
    edo_router_get(r, "/api/rooms", get_rooms);
    edo_router_doc(r, &(edo_route_doc){ .summary = "The rooms that somebody is in",
                                        .tag = "Rooms",
                                        .reply = past_rooms_form });
    edo_router_get(r, "/api/rooms/{room}/messages", get_messages);
    edo_router_doc(r, &(edo_route_doc){ .summary = "The newest messages, or those before one",
                                        .tag = "Rooms",
                                        .params = &room_key_desc,
                                        .query = &page_query_desc,
                                        .reply = past_page_form,
                                        .replies = no_page,
                                        .replies_n = EDO_COUNT(no_page) });
    limit_routes(r, rate);
    return r;
}

void api_routes(edo_router *r, uint32_t rate) {
    edo_router_merge(r, read_routes(rate));
    edo_router_merge(r, post_routes(rate));
    edo_openapi_routes(r, &(edo_openapi_opts){ .title = "edo-chat", .version = "1" });
}
