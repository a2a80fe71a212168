/* SPDX-License-Identifier: MIT */
/* edo/http_upgrade.h: what becomes of a connection that leaves HTTP, for protocols of their own
 * (edo/ws.h is one). It belongs to libedo-http. edo_upgrade() is the simple form. */
#ifndef EDO_HTTP_UPGRADE_H
#define EDO_HTTP_UPGRADE_H

#include <edo/http_server.h>

EDO_BEGIN_DECLS

/** As edo_upgrade(), with the connection's own stream in `*out`, and in `*rest` the bytes that the
 * client has sent behind its request, which are not in the stream any more. For protocols that read
 * the stream without a layer between, and share it with other tasks.
 * Owns:    lends `*out`, which is closed when the handler has returned: edo_stream_ref() keeps the
 *          object for longer. `*rest` is lent until the handler returns.
 * Errors: as edo_upgrade()   Cancel: not safe: a part of the head may be sent.
 * Threads: as edo_upgrade().   Waits: for room in the socket.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_upgrade_raw(edo_request *req, edo_response *res, edo_stream **out,
                                         edo_str *rest);

/** Sends the head of a response whose body goes on when the handler has returned, and returns in
 * `*out` the connection's own stream: edo_upgrade_detach() follows. What is written to it are the
 * chunks of the body, if `*is_chunked`, the last one, too; else its bytes, up to edo_shutdown():
 * over HTTP/2 a stream that ends without it was broken off. Layers see the head, as one of a
 * response without a body. No request follows on the connection: what the client still sends is
 * no request.
 * Owns:    lends `*out`, as edo_upgrade_raw()
 * Errors:  -EBUSY   the head was sent already
 *          -EINVAL  the request's body was not read to its end, or the response can have none
 *          -EMSGSIZE, -ENOMEM; those of writes: a response cannot be made any more; those of layers
 * Cancel: not safe: a part of the head may be sent.   Threads: as edo_upgrade().
 * Waits: for room in the socket.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_response_raw(edo_request *req, edo_response *res, edo_stream **out,
                                          bool *is_chunked);

/** Returns how long a client of the server may take no byte (`write_timeout`), EDO_FOREVER_NS if
 * there is no limit: for writes to the connection's own stream, which has none by itself.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_API edo_duration edo_request_write_timeout(edo_request *req);

/** Lifts the server's limits of time for the bodies of this request and its response
 * (`body_timeout`, `write_timeout`, `rate_min`): for protocols in which either side may be silent
 * for as long as it likes. What bounds them is the protocol's own. It counts over HTTP/2 only: in
 * HTTP/1.1 a silent client holds a whole connection.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_API void edo_request_lift_limits(edo_request *req);

/* ---- Connections without a handler ----------------------------------------------------------- */

/* Why a detached connection runs. */
#define EDO_DETACHED_INPUT 1u /* there is input, or its end */
#define EDO_DETACHED_TIME  2u /* the time that it has asked for was reached */
#define EDO_DETACHED_DRAIN 4u /* the server drains: told once; the rest of `drain_max` is left */
#define EDO_DETACHED_END                                                                           \
    8u                         /* the last run: the server has closed the connection, to have its
                                 descriptor, or because `drain_max` has passed */
#define EDO_DETACHED_BEGIN 16u /* the first run, with whatever else there is */

/* The functions of a detached connection. Const and static; initialise by name. */
typedef struct edo_detached_ops {
    /* Runs, in a fiber of its own, while one of EDO_DETACHED_… is there: bits in `why`. It begins
     * at `now` (edo_now_coarse(), but never before a time that was reached), reads with
     * edo_try_read() until -EAGAIN, or until a read gets less than it had room for, may wait, and
     * is cancelled when `drain_max` has passed. Returns 0: the connection waits, with neither a
     * stack nor a buffer, for input or until `*at`, which is for ever unless it is set; or a
     * negative code: it ends. */
    int (*run)(void *arg, uint32_t why, edo_instant now, edo_instant *at);
    /* The connection has ended, or its runtime shuts down (then perhaps without a last run). Called
     * once, on any thread; must not wait. */
    void (*drop)(void *arg);
    /* When other tasks have last written to the connection, as edo_now() has it: it is idle since
     * then, or since its last run. Called on any thread, under a lock: must neither wait nor call
     * functions of edo. NULL: nothing but runs writes. */
    edo_instant (*wrote_at)(void *arg);
    void (*reserved[1])(void); /* must be NULL */
} edo_detached_ops;

/** Lets the connection, after edo_upgrade_raw() or edo_response_raw(), go on when the handler has
 * returned: as a state machine that calls `ops->run(arg, ...)` whenever there is something to do.
 * Request and response are over then, with their buffers and the handler's fiber. The connection
 * stays one of the server's: it counts among `conns_max` and in the metrics, a drain waits for it,
 * and when descriptors run out it may be closed, as idle ones are: the one that has been idle for
 * longest.
 * Owns:    takes `arg` on success: `ops->drop` gives it back.
 * Errors:  -EINVAL  there was neither of both before, or a reserved field is not NULL
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_upgrade_detach(edo_request *req, const edo_detached_ops *ops,
                                            void *arg);

EDO_END_DECLS

#endif
