/* SPDX-License-Identifier: MIT */
/* otlp/settings/settings.c: see settings.h. */
#include "otlp/settings/settings.h"
#include "base/opts.h"
#include "otlp/settings/env.h"
#include "otlp/settings/pairs.h"
#include "otlp/settings/resource.h"
#include "tls/ops.h"

#include <edo/error.h>
#include <edo/str.h>
#include <edo/uri.h>

#include <errno.h>

static const edo_duration timeout_usual = EDO_S(10), retry_usual = EDO_S(30),
                          delay_usual = EDO_S(5), metrics_usual = EDO_S(60);
#define QUEUE_USUAL 2048u
#define BATCH_USUAL 512u
#define BYTES_USUAL (UINT64_C(4) << 20)

/* ---- Values ---------------------------------------------------------------------------------- */

static bool read_protocol(void *to, const char *value) {
    edo_otlp_protocol *protocol = to;
    if (strcmp(value, "grpc") == 0) return *protocol = EDO_OTLP_GRPC, true;
    if (strcmp(value, "http/protobuf") == 0) return *protocol = EDO_OTLP_HTTP, true;
    return false;
}

static bool read_gzip(void *to, const char *value) {
    bool *is_gzip = to;
    if (strcmp(value, "gzip") == 0) return *is_gzip = true, true;
    if (strcmp(value, "none") == 0) return *is_gzip = false, true;
    return false;
}

/* By what a kind is exported. */
typedef enum exporter {
    EXPORTER_OTLP,
    EXPORTER_NONE,
    EXPORTER_OTHER, /* one of the specification that is not here */
} exporter;

/* A list of names; of several exporters, OTLP among them, that is the one. */
static bool read_exporter(void *to, const char *value) {
    static const char *const others[] = { "console", "logging", "prometheus", "zipkin" };
    edo_str left = edo_str_of(value), name;
    exporter found = EXPORTER_NONE;
    while (edo_str_split(&name, &left, ',')) {
        bool is_known = false;
        name = edo_str_trim(name);
        if (edo_str_equal(name, EDO_STR("none"))) continue;
        for (size_t i = 0; i < EDO_COUNT(others); i++)
            is_known = is_known || edo_str_equal(name, edo_str_of(others[i]));
        bool is_otlp = edo_str_equal(name, EDO_STR("otlp"));
        if (!is_known && !is_otlp) return false;
        if (is_otlp || found == EXPORTER_NONE) found = is_otlp ? EXPORTER_OTLP : EXPORTER_OTHER;
    }
    *(exporter *)to = found;
    return true;
}

static bool is_http_url(const char *text) {
    edo_uri uri;
    if (edo_uri_parse(&uri, edo_str_of(text)) < 0 || uri.host.len == 0 || uri.query.ptr)
        return false;
    return edo_str_equal_nocase(uri.scheme, EDO_STR("http")) ||
           edo_str_equal_nocase(uri.scheme, EDO_STR("https"));
}

static bool aim_read_url(void *to, const char *value) {
    return is_http_url(value) && edoi_otlp_read_text(to, value);
}

/* Of gRPC the scheme may be missing. */
static bool read_grpc_url(void *to, const char *value) {
    edo_uri uri;
    if (!strstr(value, "://"))
        return edo_uri_parse_authority(&uri, edo_str_of(value)) == 0 &&
               edoi_otlp_read_text(to, value);
    return aim_read_url(to, value);
}

static int add_header(void *arg, edo_str name, edo_str value) {
    edo_headers *h = arg;
    int err = edo_headers_set_named(h, name, value);
    if (err == 0) (void)edo_headers_set_sensitive(h, name);
    return err;
}

/* Adds them; of a list that is none, or that no request can have, there is none. */
static bool read_headers(void *to, const char *value) {
    size_t before = edo_headers_count(to);
    if (edoi_otlp_pairs(edo_str_of(value), add_header, to) == 0) return true;
    (void)edo_headers_truncate(to, before);
    return false;
}

/* ---- Where to -------------------------------------------------------------------------------- */

static int url_set(edo_buf *out, edo_str first, const char *behind) {
    out->len = 0;
    int err = edo_buf_append(out, first.ptr, first.len);
    return err < 0 ? err : edo_buf_append(out, behind, strlen(behind) + 1);
}

static int aim_at_http(edoi_otlp_aim *aim, edo_otlp_kind kind, const char *url, bool is_own) {
    static const char *const paths[EDO_OTLP_KINDS] = { "/v1/traces", "/v1/logs", "/v1/metrics" };
    edo_str base = edo_str_of(url);
    while (!is_own && base.len > 0 && base.ptr[base.len - 1] == '/') base.len--;
    return url_set(&aim->url, base, is_own ? "" : paths[kind]);
}

static int aim_at_grpc(edoi_otlp_aim *aim, const char *url) {
    edo_uri uri;
    int err = strstr(url, "://") ? edo_uri_parse(&uri, edo_str_of(url))
                                 : edo_uri_parse_authority(&uri, edo_str_of(url));
    if (err < 0) return err;
    err = url_set(&aim->url, uri.host, ":");
    if (err < 0) return err;
    aim->url.len--; // its NUL
    edo_str port = uri.port.len > 0 ? uri.port : EDO_STR("4317");
    err = edo_buf_append(&aim->url, port.ptr, port.len);
    return err < 0 ? err : edo_buf_append(&aim->url, "", 1);
}

/* Returns 0, also if nothing is named: then the kind is off. */
static int aim_find(edoi_otlp_aim *aim, edo_otlp_kind kind, const edo_otlp_opts *o) {
    edoi_otlp_read_fn *read = aim->protocol == EDO_OTLP_GRPC ? read_grpc_url : aim_read_url;
    const char *url = NULL;
    bool is_own = false;
    if (!o->ignore_env) (void)edoi_otlp_env_of(kind, "ENDPOINT", read, &url, &is_own);
    if (!url && o->endpoint && !read(&url, o->endpoint))
        return edo_fail(-EINVAL, "`endpoint` is none of OTLP"); // it may have a login
    aim->is_on = url != NULL;
    if (!url) return 0;
    aim->is_tls = edo_str_begins(edo_str_of(url), EDO_STR("https:"));
    if (!strstr(url, "://") && !o->ignore_env) { // of gRPC: nothing else says it
        bool is_clear = true;
        (void)edoi_otlp_env_of(kind, "INSECURE", edoi_otlp_read_bool, &is_clear, NULL);
        aim->is_tls = !is_clear;
    }
    return aim->protocol == EDO_OTLP_GRPC ? aim_at_grpc(aim, url)
                                          : aim_at_http(aim, kind, url, is_own);
}

/* ---- How ------------------------------------------------------------------------------------- */

static edo_duration aim_or_usual(edo_duration d, edo_duration usual) {
    return d.ns != 0 ? d : usual;
}

static void aim_by_opts(edoi_otlp_aim *aim, edo_otlp_kind kind, const edo_otlp_opts *o) {
    bool is_numbers = kind == EDO_OTLP_METRICS;
    aim->is_on = is_numbers ? !o->no_metrics : kind == EDO_OTLP_LOGS ? !o->no_logs : !o->no_traces;
    aim->protocol = o->protocol;
    aim->is_gzip = o->gzip;
    aim->timeout = aim_or_usual(o->timeout, timeout_usual);
    aim->retry_max = aim_or_usual(o->retry_max, retry_usual);
    aim->delay = aim_or_usual(is_numbers ? o->metrics_delay : o->delay,
                              is_numbers ? metrics_usual : delay_usual);
    aim->queue_max = o->queue_max > 0 ? o->queue_max : QUEUE_USUAL;
    aim->batch_max = o->batch_max > 0 ? o->batch_max : BATCH_USUAL;
}

static void aim_times_by_env(edoi_otlp_aim *aim, edo_otlp_kind kind) {
    bool is_logs = kind == EDO_OTLP_LOGS;
    if (kind == EDO_OTLP_METRICS) {
        (void)edoi_otlp_env("OTEL_METRIC_EXPORT_INTERVAL", edoi_otlp_read_ms, &aim->delay);
        return;
    }
    (void)edoi_otlp_env(is_logs ? "OTEL_BLRP_SCHEDULE_DELAY" : "OTEL_BSP_SCHEDULE_DELAY",
                        edoi_otlp_read_ms, &aim->delay);
    (void)edoi_otlp_env(is_logs ? "OTEL_BLRP_EXPORT_TIMEOUT" : "OTEL_BSP_EXPORT_TIMEOUT",
                        edoi_otlp_read_ms, &aim->retry_max);
    (void)edoi_otlp_env(is_logs ? "OTEL_BLRP_MAX_QUEUE_SIZE" : "OTEL_BSP_MAX_QUEUE_SIZE",
                        edoi_otlp_read_count, &aim->queue_max);
    (void)edoi_otlp_env(is_logs ? "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"
                                : "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                        edoi_otlp_read_count, &aim->batch_max);
}

static void aim_by_env(edoi_otlp_aim *aim, edo_otlp_kind kind) {
    static const char *const names[EDO_OTLP_KINDS] = { "OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER",
                                                       "OTEL_METRICS_EXPORTER" };
    exporter by = EXPORTER_OTLP;
    (void)edoi_otlp_env(names[kind], read_exporter, &by);
    if (by == EXPORTER_OTHER) edoi_otlp_env_warn_other(names[kind]);
    aim->is_on = by == EXPORTER_OTLP;
    if (!aim->is_on) return;
    (void)edoi_otlp_env_of(kind, "PROTOCOL", read_protocol, &aim->protocol, NULL);
    (void)edoi_otlp_env_of(kind, "COMPRESSION", read_gzip, &aim->is_gzip, NULL);
    (void)edoi_otlp_env_of(kind, "TIMEOUT", edoi_otlp_read_ms, &aim->timeout, NULL);
    (void)edoi_otlp_env_of(kind, "HEADERS", read_headers, &aim->headers, NULL);
    aim_times_by_env(aim, kind);
}

static int copy_headers(edo_headers *to, const edo_headers *from) {
    int err = 0;
    for (size_t i = 0; from && err == 0 && i < edo_headers_count(from); i++)
        err = edo_headers_add(to, edo_headers_at(from, i));
    return err;
}

/* ---- TLS ------------------------------------------------------------------------------------- */

/* Weak: NULL in a program without libedo-tls. */
#pragma weak edo_tls_client_new

static int aim_tls(edoi_otlp_aim *aim, edo_otlp_kind kind, const edo_otlp_opts *o) {
    const char *roots = NULL;
    bool is_grpc = aim->protocol == EDO_OTLP_GRPC;
    if (!aim->is_tls) return 0;
    if (!o->ignore_env)
        (void)edoi_otlp_env_of(kind, "CERTIFICATE", edoi_otlp_read_text, &roots, NULL);
    if (!roots && o->tls) {
        aim->tls = edo_rc_ref(o->tls);
        return 0;
    }
    if (!roots && !is_grpc) return 0; // the client over HTTP has the system's roots by itself
    if (!edo_tls_client_new)
        return edo_fail(-ENOTSUP, "OTLP over TLS: the program is not linked with libedo-tls");
    const edo_tls_client_opts opts = { .roots = roots, .alpn = is_grpc ? "h2" : NULL };
    return edo_tls_client_new(&aim->tls, &opts);
}

/* ---- All ------------------------------------------------------------------------------------- */

static int aim_read(edoi_otlp_aim *aim, edo_otlp_kind kind, const edo_otlp_opts *o) {
    edo_headers_init(&aim->headers);
    aim_by_opts(aim, kind, o);
    if (kind == EDO_OTLP_METRICS && !o->metrics) aim->is_on = false;
    if (!aim->is_on) return 0;
    int err = copy_headers(&aim->headers, o->headers);
    if (err == 0 && !o->ignore_env) aim_by_env(aim, kind);
    if (err == 0 && aim->is_on) err = aim_find(aim, kind, o);
    if (aim->batch_max > aim->queue_max) aim->batch_max = aim->queue_max;
    return err == 0 && aim->is_on ? aim_tls(aim, kind, o) : err;
}

/* The share of traces, by the sampler's name; -1: its argument gives the share. */
static bool read_sampler(void *to, const char *value) {
    static const struct {
        const char *name;
        double ratio;
    } samplers[] = { { "always_on", 1 }, { "always_off", 0 }, { "traceidratio", -1 } };
    edo_str name = edo_str_of(value);
    (void)edo_str_skip(&name, EDO_STR("parentbased_"));
    for (size_t i = 0; i < EDO_COUNT(samplers); i++) {
        if (!edo_str_equal(name, edo_str_of(samplers[i].name))) continue;
        *(double *)to = samplers[i].ratio;
        return true;
    }
    return false;
}

static double sampler_by_env(void) {
    double ratio = -1, share = 1;
    if (!edoi_otlp_env("OTEL_TRACES_SAMPLER", read_sampler, &ratio)) return -1;
    if (ratio >= 0) return ratio;
    (void)edoi_otlp_env("OTEL_TRACES_SAMPLER_ARG", edoi_otlp_read_ratio, &share);
    return share;
}

static bool opts_are_good(const edo_otlp_opts *o) {
    return edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) && o->protocol <= EDO_OTLP_GRPC &&
           o->timeout.ns >= 0 && o->retry_max.ns >= 0 && o->delay.ns >= 0 &&
           o->metrics_delay.ns >= 0;
}

static int settings_fill(edoi_otlp_settings *s, const edo_otlp_opts *o) {
    int err = 0;
    bool is_any = false;
    for (int kind = 0; err == 0 && kind < EDO_OTLP_KINDS; kind++) {
        err = aim_read(&s->of[kind], (edo_otlp_kind)kind, o);
        is_any = is_any || s->of[kind].is_on;
    }
    if (err < 0 || !is_any) return err;
    if (!o->ignore_env) edoi_otlp_env_warn_unread();
    if (!o->ignore_env) s->ratio = sampler_by_env();
    return edoi_otlp_resource(&s->resource, o);
}

int edoi_otlp_settings_read(edoi_otlp_settings *s, const edo_otlp_opts *o) {
    bool is_disabled = false;
    *s = (edoi_otlp_settings){ .ratio = -1,
                               .bytes_max = o->bytes_max > 0 ? o->bytes_max : BYTES_USUAL };
    if (!opts_are_good(o)) return edo_fail(-EINVAL, "edo_otlp_start(): an option");
    if (!o->ignore_env) (void)edoi_otlp_env("OTEL_SDK_DISABLED", edoi_otlp_read_bool, &is_disabled);
    int err = is_disabled ? 0 : settings_fill(s, o);
    if (err < 0) edoi_otlp_settings_deinit(s);
    return err;
}

void edoi_otlp_settings_deinit(edoi_otlp_settings *s) {
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++) {
        edoi_otlp_aim *aim = &s->of[kind];
        edo_buf_deinit(&aim->url);
        edo_headers_deinit(&aim->headers);
        edo_rc_unref(aim->tls);
    }
    edo_buf_deinit(&s->resource);
}
