/* SPDX-License-Identifier: MIT */
/* web/health/report.c: prints the health as JSON. A check that has passed has a latency, another
 * one a message; the other member is null. */
#include "web/health/health.h"

#include <edo/json.h>

#include <errno.h>

#define NS_PER_US 1000
#define NS_PER_S  INT64_C(1000000000)

static int report_put_text(edo_json_writer *j, edo_str name, const char *text) {
    int err = edo_json_writer_name(j, name);
    if (err < 0) return err;
    return text ? edo_json_writer_string(j, edo_str_of(text)) : edo_json_writer_null(j);
}

static int report_put_time(edo_json_writer *j, edo_str name, time_t t) {
    char text[32];
    struct tm utc;
    bool is_time = gmtime_r(&t, &utc) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return report_put_text(j, name, is_time ? text : NULL);
}

static int put_latency(edo_json_writer *j, const edoi_dependency *d) {
    int err = edo_json_writer_name(j, EDO_STR("latency_ms"));
    if (err < 0) return err;
    if (d->last.outcome < 0) return edo_json_writer_null(j);
    int64_t us = d->last.latency_ns / NS_PER_US;
    return edo_json_writer_double(j, (double)us / 1000);
}

/* Returns the message, or the text of the code if the message was cut within a character, and so is
 * no UTF-8. */
static const char *message_of(const edoi_dependency *d) {
    if (d->last.outcome == 0) return NULL;
    return edo_str_is_utf8(edo_str_of(d->last.message)) ? d->last.message
                                                        : edo_strerror(d->last.outcome);
}

static int put_dependency(edo_json_writer *j, const edoi_dependency *d) {
    int err = edo_json_writer_begin_object(j);
    if (err == 0) err = report_put_text(j, EDO_STR("name"), d->name);
    if (err == 0) err = report_put_text(j, EDO_STR("status"), d->is_up ? "healthy" : "unhealthy");
    if (err == 0) err = put_latency(j, d);
    if (err == 0) err = report_put_text(j, EDO_STR("message"), message_of(d));
    return err < 0 ? err : edo_json_writer_end_object(j);
}

static int put_uptime(edo_json_writer *j, const edo_health *h) {
    int err = edo_json_writer_name(j, EDO_STR("uptime_s"));
    int64_t ns = edo_instant_since(edo_now(), h->born).ns;
    return err < 0 ? err : edo_json_writer_int(j, ns / NS_PER_S);
}

int edoi_health_print(const edo_health *h, edo_buf *json) {
    static const char *const names[] = { [EDO_HEALTH_HEALTHY] = "healthy",
                                         [EDO_HEALTH_DEGRADED] = "degraded",
                                         [EDO_HEALTH_UNHEALTHY] = "unhealthy" };
    edo_json_writer j;
    int err = edo_json_writer_init(&j, json, NULL);
    if (err == 0) err = edo_json_writer_begin_object(&j);
    if (err == 0) err = report_put_text(&j, EDO_STR("status"), names[h->state]);
    if (err == 0) err = report_put_text(&j, EDO_STR("version"), h->version);
    if (err == 0 && *h->instance) err = report_put_text(&j, EDO_STR("instance"), h->instance);
    if (err == 0) err = put_uptime(&j, h);
    if (err == 0) err = report_put_time(&j, EDO_STR("since"), h->since);
    if (err == 0) err = edo_json_writer_name(&j, EDO_STR("dependencies"));
    if (err == 0) err = edo_json_writer_begin_array(&j);
    for (const edoi_dependency *d = h->first; d && err == 0; d = d->next)
        err = put_dependency(&j, d);
    if (err == 0) err = edo_json_writer_end_array(&j);
    return err < 0 ? err : edo_json_writer_end_object(&j);
}
