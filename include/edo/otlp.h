/* SPDX-License-Identifier: MIT */
/* edo/otlp.h: exports spans, the log's events and numbers to a collector of OpenTelemetry, by its
 * own protocol, OTLP. In libedo-otlp (pkg-config edo-otlp), over libedo-client and libedo-grpc.
 *
 *     static int app(void *arg) {
 *         EDO_OTLP(otlp, &(edo_otlp_opts){ .service_name = "shop", .metrics = numbers });
 *         return serve(arg);                         // what it has made is sent before the end
 *     }
 *
 *     OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 ./shop
 *
 * Where neither the environment nor the options name an endpoint, nothing is done, and costs
 * nothing: so a program has the line above in any case, and who runs it decides.
 *
 * What is exported: each span (edo/span.h) of a trace that is sampled, when it has ended; each
 * event of the log (edo/log.h), with the span it lies in; and, each minute, the numbers of a
 * registry (edo/metrics.h). The thread that ends a span or logs encodes it, puts it into a queue of
 * bounded memory, and waits for nobody; what finds that queue full is dropped, and counted. A task
 * of edo's sends what is queued, each five seconds, or when the queue is half full. What the
 * collector refuses for now is tried again, when it says, or after pauses that grow, for 30 s at
 * most; then it is dropped. A collector that says when it may be asked again is left alone until
 * then, also with what is queued later; for ten minutes at most. One that leads to another place
 * with 307 or 308 is followed; another redirect, and a page of HTML, are refusals.
 *
 * What was dropped, for whatever reason, a line of the log says, at most one a minute and one at
 * the end, and the registry that is exported counts: edo_otlp_sent_total and
 * edo_otlp_dropped_total, with the label kind ("traces", "logs", "metrics"). The exporter itself
 * makes no span, and no line but that one, which is not exported.
 *
 * The variables of OpenTelemetry's specification are known; they go before the options, as EDO_LOG
 * does, and an empty one counts as not set, as does one with a wrong value, of which the log warns:
 *
 *     OTEL_SDK_DISABLED=true               nothing is exported
 *     OTEL_EXPORTER_OTLP_ENDPOINT          http://host:4318, behind which /v1/traces, /v1/logs and
 *                                          /v1/metrics are; of gRPC http://host:4317
 *     OTEL_EXPORTER_OTLP_PROTOCOL          http/protobuf, as without it, or grpc
 *     OTEL_EXPORTER_OTLP_HEADERS           name=value,name=value; values are percent-encoded
 *     OTEL_EXPORTER_OTLP_TIMEOUT           of a request, ms: 10000
 *     OTEL_EXPORTER_OTLP_COMPRESSION       gzip, or none, as without it
 *     OTEL_EXPORTER_OTLP_CERTIFICATE       file in PEM, of the only issuers that are trusted: one
 *                                          that cannot be read is an error; the program is linked
 *                                          with libedo-tls, as for https
 *         and the like for one kind, which go before those: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
 *         whose URL is used as it is, …_LOGS_…, …_METRICS_…
 *     OTEL_EXPORTER_OTLP_INSECURE          false: an endpoint of gRPC without a scheme, host:port,
 *                                          is spoken to over TLS; else in clear text, unlike the
 *                                          specification's default
 *     OTEL_TRACES_EXPORTER, OTEL_LOGS_EXPORTER, OTEL_METRICS_EXPORTER    a list of otlp, and none;
 *                            with console, logging, prometheus or zipkin alone that kind is not
 *                            exported, and the log warns of it
 *     OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES      who this is
 *     OTEL_TRACES_SAMPLER    always_on, always_off, traceidratio, and each behind "parentbased_";
 *                            a span within another one is as that one in any case
 *     OTEL_TRACES_SAMPLER_ARG                          the ratio, 0 to 1
 *     OTEL_BSP_SCHEDULE_DELAY, OTEL_BSP_EXPORT_TIMEOUT, OTEL_BSP_MAX_QUEUE_SIZE,
 *     OTEL_BSP_MAX_EXPORT_BATCH_SIZE       5000, 30000 (ms), 2048, 512; OTEL_BLRP_… of events
 *     OTEL_METRIC_EXPORT_INTERVAL          60000 (ms)
 *
 * Of others of the specification that are set, of propagators, limits of attributes, certificates
 * of the client, views and the file of settings, a line of the log says at the start that they are
 * not read.
 *
 * A child of fork() exports nothing.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_OTLP_H
#define EDO_OTLP_H

#include <edo/bytes.h>
#include <edo/time.h>

EDO_BEGIN_DECLS

typedef struct edo_otlp edo_otlp;

struct edo_headers;
struct edo_metrics;
struct edo_tls_client;

typedef enum edo_otlp_protocol {
    EDO_OTLP_HTTP, /* protobuf over HTTP */
    EDO_OTLP_GRPC,
} edo_otlp_protocol;

/* What is exported. */
typedef enum edo_otlp_kind {
    EDO_OTLP_TRACES,
    EDO_OTLP_LOGS,
    EDO_OTLP_METRICS,
} edo_otlp_kind;
#define EDO_OTLP_KINDS 3

/* All zero is the default; see the variables above, which go before these. */
typedef struct edo_otlp_opts {
    const char *endpoint;       /* NULL: only the environment may name one */
    edo_otlp_protocol protocol; /* 0: HTTP */
    /* of each request, as a key of the collector's; NULL: none */
    const struct edo_headers *headers;
    struct edo_tls_client *tls;  /* of https; NULL: the roots of the system */
    bool gzip;                   /* bodies are compressed, if the build has zlib */
    edo_duration timeout;        /* of a request; 0: 10 s */
    edo_duration retry_max;      /* for all attempts of one batch; 0: 30 s */
    const char *service_name;    /* NULL: "unknown_service:" and the program's file */
    const char *service_version; /* NULL: none */
    const char *attributes;      /* of the resource, as OTEL_RESOURCE_ATTRIBUTES; NULL: none */
    const char *filter; /* of spans and events, as edo_log_set_filter() has it; NULL: "info" */
    bool no_traces, no_logs, no_metrics;
    bool ignore_env; /* the variables say nothing */
    /* the registry that is exported, shared; NULL: none. Its callbacks are called until that is
     * stopped: what they read lasts as long */
    struct edo_metrics *metrics;
    edo_duration delay;         /* between two looks at the queues; 0: 5 s */
    edo_duration metrics_delay; /* between two exports of numbers; 0: 60 s */
    uint32_t queue_max;         /* of spans, and of events, that wait; 0: 2,048 */
    uint32_t batch_max;         /* of a request; 0: 512 */
    uint64_t bytes_max;         /* of what waits, of each; 0: 4 MiB */
    uint64_t reserved[4];       /* must be 0 */
} edo_otlp_opts;

/** Starts to export, in a task of the runtime of here, of whose shutdown the bound is five seconds
 * longer from then on, unless its option says one: what is said at the end has yet to be sent.
 * `opts` may be NULL: all is as the environment says.
 * Owns:    returns new in `*out`: edo_otlp_stop(); NULL where no endpoint is named: all functions
 *          here take that. Copies `opts`; shares `tls` and `metrics`.
 * Errors:  -EINVAL  an option;  -ENOSPC  as edo_log_add();  -ENOMEM; -EDO_ENORUNTIME;
 *          -ENOTSUP  https, or a certificate, without libedo-tls;  -EEXIST  `metrics` has other
 *          metrics of the names above
 * Threads: any that is in a runtime, which lasts as long. */
EDO_MUST_USE EDO_API int edo_otlp_start(edo_otlp **out, const edo_otlp_opts *opts);

/** Sends all that was there when it was called, numbers too, and waits until the collector has it.
 * Errors:  -ETIMEDOUT  not within that time: the rest is sent later
 *          -EIO        some of it was dropped, or the collector has refused it
 *          -ECANCELED
 * Cancel:  safe: it is sent later.   Waits: for the collector. */
EDO_MUST_USE EDO_API int edo_otlp_flush(edo_otlp *o, edo_duration within);

/** As edo_otlp_flush(), and ends the exporter, also after a failure: what has not been sent by then
 * is dropped, and what could only be sent later than that is at once. It does so in a task that was
 * cancelled, too.
 * Owns:    takes `o`.
 * Errors:  as edo_otlp_flush()
 * Cancel:  ends all the same, within that time.   Waits: for the collector. */
EDO_API int edo_otlp_stop(edo_otlp *o, edo_duration within);

/* What has become of what is exported, of one kind. */
typedef struct edo_otlp_stats {
    uint64_t sent;               /* items that the collector has taken: spans, events, metrics */
    uint64_t rejected;           /* that it has taken apart, and refused */
    uint64_t dropped;            /* that found the queue full, or could not be sent in time */
    uint64_t requests, failures; /* attempts, and those that failed */
    uint64_t waiting;            /* in the queue, or being sent */
    uint64_t reserved[2];
} edo_otlp_stats;

/** Fills in `*out`; zeros of NULL. */
EDO_API void edo_otlp_get_stats(const edo_otlp *o, edo_otlp_kind kind, edo_otlp_stats *out);

/* A block while which is exported. You place it. Fields are edo's. */
typedef struct edo_otlp_block {
    edo_otlp *otlp;
} edo_otlp_block;

/** EDO_OTLP(b, opts): declares `b` and starts to export, as a guard: where the block is left, at
 * the latest, that is stopped, within five seconds. A failure to start is told in the log, and the
 * program goes on without. What the guards of edo/scope.h say of jumps holds here, too.
 * Owns: as edo_otlp_start().   Errors: none.   Waits: at its end: for the collector. */
#define EDO_OTLP(b, ...)                                                                           \
    EDOI_CLEANUP(edoi_otlp_leave) edo_otlp_block b = EDOI_ZEROED;                                  \
    edoi_otlp_enter(&(b), (__VA_ARGS__))

/* Behind EDO_OTLP(). Not to be called. */
EDO_API void edoi_otlp_enter(edo_otlp_block *b, const edo_otlp_opts *opts);
EDO_API void edoi_otlp_leave(edo_otlp_block *b);

EDO_END_DECLS

#endif
