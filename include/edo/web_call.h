/* SPDX-License-Identifier: MIT */
/* edo/web_call.h: routes whose functions take a described struct and return one, as those of gRPC
 * do: what comes in is read and checked before, what goes out is sent as JSON behind, and the same
 * description is in the document of the API (edo/openapi.h). In libedo-web.
 *
 *     static int get_todo(edo_web *w, const void *in, void *out) {
 *         const todo_key *key = in;
 *         return edo_pg_query_one(edo_web_state(w), out, &todo_desc,
 *                                 "select id, title from todo where id = $1", EDO_SQL(key->id));
 *     }
 *
 *     edo_router_call(r, EDO_METHOD_GET, "/todos/{id}", get_todo,
 *                     &(edo_route_doc){ .params = &todo_key_desc, .reply = &todo_desc });
 *
 * A route that streams, or has a response of another kind, is one of edo_router_add();
 * edo_web_route_arg() is for those alone. */
#ifndef EDO_WEB_CALL_H
#define EDO_WEB_CALL_H

#include <edo/openapi.h>

EDO_BEGIN_DECLS

/* Does what a route is for. `in` is as its description says, and lives as long as the request; NULL
 * if the route has no input. `out` is all zero, of the size that the description of the reply says,
 * and to be filled; NULL if the route has no reply. What it points to when the function returns is
 * borrowed, and has to live as long as the request: edo_web_request(w)->arena is for that, and
 * edo_web_own() for what is on the heap.
 *
 * Returns 0 and the response is `out` with the route's status; a status from 200 to 599, and that
 * is it; or a negative code. Any other number, such as how many rows a statement has changed, is
 * misuse, which the debug library reports, and is taken for 0. -EDO_ENOROW becomes a 404; another
 * response than those is made by edo_web_reject(), whose code is returned. */
typedef int edo_web_call_fn(edo_web *w, const void *in, void *out);

/** Adds a route as edo_router_add() does, and describes it as edo_router_doc() does: one of
 * `input`, `params`, `query`, `body` and `form` is what `fn` takes, read by edo_web_extract(),
 * _params(), _query(), _json() or _form(), which refuse what is not as described; `reply` is what
 * `fn` fills, sent by edo_web_reply_json() with `status`. Without a `reply` the response has no
 * body, and the status is 204 unless another one is named.
 * Owns:    as edo_router_add() and edo_router_doc().
 * Errors:  kept: as edo_router_add() and edo_router_doc();  -EINVAL  several inputs: let `input` be
 *          a struct with the parts (`in` of its fields)
 * Threads: one at a time.   Since: 0.1 */
EDO_API void edo_router_call(edo_router *r, edo_method method, const char *path,
                             edo_web_call_fn *fn, const edo_route_doc *doc);

/** Has the request own what a struct has on the heap, as the texts that edo_pg_query_one() and
 * edo_json_decode() make: edo_value_deinit() is called when the response has ended. Arrays of char
 * need that not.
 *
 *     int err = edo_pg_query_one(edo_web_state(w), out, &note_desc, sql, args);
 *     return err < 0 ? err : edo_web_own(w, out, &note_desc);
 * Owns:    takes what `value` points to, also on failure, when it is all zero then; the struct
 *          itself has to live as long as the request, as `out` and memory of the request's arena do;
 *          borrows `desc` for as long.
 * Errors:  -ENOMEM
 *          -EDO_EMISUSE  the struct is a local of the handler; that of a layer, or of another task
 *                        that calls this, is not noticed
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_web_own(edo_web *w, void *value, const edo_desc *desc);

EDO_END_DECLS

#endif
