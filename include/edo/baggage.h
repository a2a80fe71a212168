/* SPDX-License-Identifier: MIT */
/* edo/baggage.h: what travels with a request from service to service: the tenant, the experiment,
 * who has asked (W3C Baggage). In libedo-http (pkg-config edo-http).
 *
 *     edo_context_block b;
 *     const edo_baggage_member tenant = { EDO_STR("tenant"), EDO_STR("Blue Ltd.") };
 *     int err = edo_baggage_begin(&b, &tenant, 1);
 *     if (err < 0) return err;
 *     return edo_context_end(&b, place_orders()); // what that calls, and the tasks it starts, see it
 *
 *     edo_str tenant = edo_baggage_get(EDO_STR("tenant")); // in another service, in its handler
 *
 * It is a value of edo/context.h: bound to a block, and inherited by what is started there.
 *
 * It comes in where edo_traceparent_layer() is: over HTTP/1.1, HTTP/2, gRPC and with the request of
 * a WebSocket, whose handler has it for as long as it runs; the functions of edo_ws_handle() run
 * behind their handler, and have none. With the layer's `untrusted` none comes in, and the field is
 * removed.
 *
 * It goes out only to those that are named, `baggage_hosts` of edo_http_client_opts and `baggage`
 * of edo_grpc_channel_opts: what it says is about the caller's users, and a server of somebody
 * else, to which one call in a hundred goes, would get it, too. It is no secret among those that
 * are named: anybody on the way reads it, and nothing says that nobody has changed it. So decide
 * nothing by it that needs proof.
 *
 * What comes is read thus: members that break the grammar are left out, and so is what comes behind
 * 64 members or 8,192 bytes, which is what each server has to pass on. Of values the percent
 * sequences are decoded; bytes that are no UTF-8 become U+FFFD. What is passed on has the members
 * as they came, in their order. Of several with one key the last one counts.
 *
 * Unless a function says otherwise:
 * Threads: any, in a task or not.   Waits: never.   Spec: W3C Baggage.   Since: 0.1 */
#ifndef EDO_BAGGAGE_H
#define EDO_BAGGAGE_H

#include <edo/bytes.h>
#include <edo/context.h>

EDO_BEGIN_DECLS

#define EDO_BAGGAGE_MEMBERS_MAX 64u
#define EDO_BAGGAGE_BYTES_MAX   8192u /* of all members as a field has them */

typedef struct edo_baggage_member {
    edo_str key;        /* a token (RFC 9110), whose case counts */
    edo_str value;      /* UTF-8, as it means, without percent sequences */
    edo_str properties; /* as a field has them: "ttl=5;public"; no bytes: none */
} edo_baggage_member;

/** Returns the value of `key` here; NULL as its pointer: there is none.
 * Owns: borrows from the block that has bound it, or from the task that inherited it. */
EDO_API edo_str edo_baggage_get(edo_str key);

/** Returns member number `i`, in order; NULL: there are not so many.
 *
 *     for (size_t i = 0; (m = edo_baggage_at(i)); i++) …
 * Owns: as edo_baggage_get(). */
EDO_API const edo_baggage_member *edo_baggage_at(size_t i);

/** Returns all members as a field has them, for what edo does not send itself: the message of a
 * queue, a row with work to do. No bytes: there is none.
 * Owns: as edo_baggage_get(). */
EDO_API edo_str edo_baggage_text(void);

/** Binds what is bound here, with `n` changes, until edo_context_end(): a member of the list
 * replaces those of its key; one whose value has no pointer removes them.
 * Owns:    copies; borrows `b` until edo_context_end().
 * Errors:  nothing was begun:
 *          -EINVAL  a key is no token, a value is no UTF-8, properties break the grammar
 *          -ENOSPC  more than EDO_BAGGAGE_MEMBERS_MAX members, or EDO_BAGGAGE_BYTES_MAX bytes
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_baggage_begin(edo_context_block *b, const edo_baggage_member *changes,
                                           size_t n);

/** Binds what `text` says, as edo_baggage_text() has made it, in place of what is bound here, until
 * edo_context_end(). It is read as one that comes with a request.
 * Owns:    copies; borrows `b` until edo_context_end().
 * Errors:  -ENOMEM  nothing was begun */
EDO_MUST_USE EDO_API int edo_baggage_begin_text(edo_context_block *b, edo_str text);

EDO_END_DECLS

#endif
