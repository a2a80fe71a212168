/* SPDX-License-Identifier: MIT */
/* edo/web_log.h: layers for routers that tell what becomes of requests: logs, failures, clients
 * that leave. In libedo-web.
 *
 *     edo_router_wrap_all(r, edo_access_log_layer(NULL), edo_catch_layer(NULL));
 *
 * Options are copied; texts in them and their `arg` are borrowed until the router ends. Functions
 * are called in the fiber of the request, for several requests at once, and must not wait unless it
 * is said that they may.
 *
 * The numbers of requests need no layer: the option `metrics` of the server counts all of them, by
 * route (edo/http_metrics.h), and edo_metrics_routes() of edo/web.h shows them.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_LOG_H
#define EDO_WEB_LOG_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- Logs ------------------------------------------------------------------------------------ */

typedef enum edo_access_log_format {
    EDO_ACCESS_LOG_COMBINED, /* Apache's: client, user, time, request, status, bytes, referer,
                                user agent */
    EDO_ACCESS_LOG_JSON      /* an object: also route, duration_ms, request_id, error */
} edo_access_log_format;

/* Writes a line, which ends with "\n". */
typedef void edo_access_log_fn(void *arg, edo_str line);

/* Options of edo_access_log_layer(); all zero is the default. */
typedef struct edo_access_log_opts {
    edo_access_log_format format;
    edo_access_log_fn *fn; /* NULL: to `fd`, by the queue that the log has, too (edo/log.h) */
    void *arg;             /* of `fn` */
    int fd;                /* 0: standard output. While it is not read lines are dropped: they
                              count in edo_log_dropped(), and the log, at level WARN, says how
                              many there were. Borrowed as long as the router */
    bool no_query;         /* leave the query of targets out */
    uint64_t reserved[2];  /* must be 0 */
} edo_access_log_opts;

/** Writes a line for each response, when it is over. The client is that of edo_request_client(),
 * the user that of edo_request_user(). No byte of a client can end a line, or forge a field:
 * quotes, backslashes and control characters are escaped, as is in JSON what is not UTF-8. Of each
 * text at most 1,024 bytes are written. The status of a response that was broken off is that of its
 * head, and "error" says why.
 * Owns: copies `opts` (may be NULL).   Errors: of the build: -EINVAL  the format, or `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_access_log_layer(const edo_access_log_opts *opts);

/* Options of edo_trace_layer_with(); each function may be NULL, and is told instead of the log. */
typedef struct edo_trace_layer_opts {
    void (*on_request)(void *arg, const edo_request *req);
    /* The head goes; `latency` is from the request to here. */
    void (*on_response)(void *arg, const edo_request *req, const edo_response *res,
                        edo_duration latency);
    /* Each piece of the body, once it was taken to be sent. NULL: the log is not told either. */
    void (*on_chunk)(void *arg, const edo_request *req, const edo_response *res, size_t bytes);
    /* All was sent. */
    void (*on_end)(void *arg, const edo_request *req, const edo_response *res,
                   const edo_response_end *end, edo_duration took);
    /* Instead of `on_end`: it was broken off (`end->err`), or `is_failure`. */
    void (*on_failure)(void *arg, const edo_request *req, const edo_response *res,
                       const edo_response_end *end, edo_duration took);
    /* Is a response that was sent a failure? NULL: if its status is 500 or more;
     * edo_grpc_trace_failure() of edo/grpc_layers.h: by the status of gRPC. */
    bool (*is_failure)(void *arg, const edo_request *req, edo_response *res);
    void *arg;            /* of all */
    bool fields;          /* the log shows the fields of both heads, without sensitive values */
    uint64_t reserved[2]; /* must be 0 */
} edo_trace_layer_opts;

/** Tells the log (edo/log.h, the target "web.trace") of each request: at level DEBUG when it
 * comes, when its head goes and when all is sent; at level ERROR if it fails, but at DEBUG if its
 * client has gone (edo_request_is_lost()). Lines have the id of the request (edo_request_id()) if
 * there is one. Levels that are off cost a load. */
EDO_MUST_USE EDO_API edo_layer edo_trace_layer(void);

/** As edo_trace_layer(), with functions that are told instead of the log, or fields in its lines.
 * Owns: copies `opts` (may be NULL).   Errors: of the build: -EINVAL  `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_trace_layer_with(const edo_trace_layer_opts *opts);

/* Makes a response for a handler that has failed with `code`, and returns 0; or returns the code to
 * go on with. May wait. */
typedef int edo_catch_fn(void *arg, edo_web *w, int code);

/* Options of edo_catch_layer(); all zero is the default. */
typedef struct edo_catch_opts {
    edo_catch_fn *fn;     /* NULL: as said below */
    void *arg;            /* of `fn` */
    bool tells_trail;     /* the client of a 500 reads the error trail: never for strangers */
    uint64_t reserved[2]; /* must be 0 */
} edo_catch_opts;

/** Catches the codes of handlers and layers inside that have sent nothing: the response is made
 * here, so that layers outside see one. By default it is the one that the router would make: 413
 * for -EMSGSIZE and its like, else a 500 without a word about why, and the log has the code and the
 * error trail. -ECANCELED passes: the task is to end.
 * Owns: copies `opts` (may be NULL).   Errors: of the build: -EINVAL  `reserved`
 * Waits:   as `fn`. */
EDO_MUST_USE EDO_API edo_layer edo_catch_layer(const edo_catch_opts *opts);

/* When a client has left. */
typedef enum edo_drop_when {
    EDO_DROP_BEFORE_HEAD, /* nothing was sent */
    EDO_DROP_IN_BODY      /* a part was sent */
} edo_drop_when;

typedef void edo_on_drop_fn(void *arg, const edo_request *req, edo_drop_when when);

/** Calls `fn` if a client has left before its response was sent, or was ended by a drain whose time
 * is over. A response that lies in the socket's buffer is sent.
 * Owns: borrows `arg` until the router ends.   Errors: of the build: -EINVAL  no `fn` */
EDO_MUST_USE EDO_API edo_layer edo_on_drop_layer(edo_on_drop_fn *fn, void *arg);

/* ---- What is logged -------------------------------------------------------------------------- */

/** Adds routes that show and set what the log and each receiver (edo/receiver.h) are told of, while
 * the program runs:
 *
 *     GET /log             [{"name":"log","filter":"info"},{"name":"audit","filter":"warn"}]
 *     PUT /log             the body is a filter, as for edo_log_set_filter(); 204
 *     PUT /log/{name}      the same of the receivers with that name; 404: there is none
 *
 * A filter that is invalid is refused with 400, whose detail names the part; nothing has changed.
 * It is not for strangers: who can set a filter can have the disk filled, silence the log, and read
 * in it what is else not shown. Mount it where only operators come, as beside edo_metrics_routes()
 * at an address of its own, or behind a layer that asks who one is.
 * Errors: kept by the router. The handlers': -ENOMEM; those of edo_web_text()
 * Threads: one at a time.   Waits: never; the handler of PUT for the body. */
EDO_API void edo_log_routes(edo_router *r);

EDO_END_DECLS

#endif
