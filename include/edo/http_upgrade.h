/* SPDX-License-Identifier: MIT */
/* edo/http_upgrade.h: what becomes of a connection that leaves HTTP, for protocols of their own
 * (edo/ws.h is one). It belongs to libedo-http. edo_upgrade() is the simple form. */
#ifndef EDO_HTTP_UPGRADE_H
#define EDO_HTTP_UPGRADE_H

#include <edo/http_server.h>

EDO_BEGIN_DECLS

/**
 * As edo_upgrade(), with the connection's own stream in `*out`, and in `*rest` the bytes that the
 * client has sent behind its request, which are not in the stream any more. For protocols that read
 * the stream without a layer between, and share it with other tasks.
 *
 * Owns:    lends `*out`, which is closed when the handler has returned: edo_stream_ref() keeps the
 *          object for longer. `*rest` is lent until the handler returns.
 * Errors:  as edo_upgrade()
 * Cancel:  not safe: a part of the head may be sent.
 * Threads: as edo_upgrade().   Waits: for room in the socket.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_upgrade_raw(edo_request *req, edo_response *res, edo_stream **out,
                                         edo_str *rest);

EDO_END_DECLS

#endif
