/* SPDX-License-Identifier: MIT */
/* otlp/settings/resource.c: see resource.h. What comes later replaces what came before: the
 * process, the options, the environment. */
#include "otlp/settings/resource.h"
#include "base/memory/alloc.h"
#include "otlp/encode/attr.h"
#include "otlp/settings/env.h"
#include "otlp/settings/pairs.h"

#include <edo/arena.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ATTR      1u
#define ATTRS_MAX 128u
#define VERSION                                                                                    \
    EDOI_TEXT(EDO_VERSION_MAJOR) "." EDOI_TEXT(EDO_VERSION_MINOR) "." EDOI_TEXT(EDO_VERSION_PATCH)

typedef struct resource {
    edo_arena arena; /* of the texts */
    edo_kv at[ATTRS_MAX];
    uint32_t n;
} resource;

static edo_kv *resource_find(resource *r, edo_str name) {
    for (uint32_t i = 0; i < r->n; i++)
        if (edo_str_equal(edo_str_of(r->at[i].key), name)) return &r->at[i];
    return NULL;
}

/* What there is no room for is left out. */
static int resource_set(void *arg, edo_str name, edo_str value) {
    resource *r = arg;
    edo_kv *kv = resource_find(r, name);
    if (!kv && r->n == ATTRS_MAX) return 0;
    const char *key = edo_arena_copy(&r->arena, name.ptr, name.len);
    const char *text = edo_arena_copy(&r->arena, value.ptr, value.len);
    if (!key || !text) return -ENOMEM;
    if (!kv) kv = &r->at[r->n++];
    *kv = EDO_KV_STR(key, text, value.len);
    return 0;
}

static int resource_set_text(resource *r, const char *name, const char *value) {
    return value ? resource_set(r, edo_str_of(name), edo_str_of(value)) : 0;
}

static int set_process(resource *r) {
    char text[300];
    (void)snprintf(text, sizeof text, "unknown_service:%s", program_invocation_short_name);
    int err = resource_set_text(r, "service.name", text);
    if (err == 0 && gethostname(text, sizeof text) == 0) {
        text[sizeof text - 1] = '\0';
        err = resource_set_text(r, "host.name", text);
    }
    if (err == 0) err = resource_set_text(r, "telemetry.sdk.name", "edo");
    if (err == 0) err = resource_set_text(r, "telemetry.sdk.language", "c");
    if (err == 0) err = resource_set_text(r, "telemetry.sdk.version", VERSION);
    if (err == 0) r->at[r->n++] = EDO_KV("process.pid", getpid());
    return err;
}

static int set_opts(resource *r, const edo_otlp_opts *o) {
    int err = 0;
    if (o->attributes) err = edoi_otlp_pairs(edo_str_of(o->attributes), resource_set, r);
    if (err == 0) err = resource_set_text(r, "service.name", o->service_name);
    if (err == 0) err = resource_set_text(r, "service.version", o->service_version);
    return err;
}

static int check_pair(void *arg, edo_str name, edo_str value) {
    (void)arg, (void)name, (void)value;
    return 0;
}

static int set_env(resource *r) {
    const char *list = getenv("OTEL_RESOURCE_ATTRIBUTES"), *name = getenv("OTEL_SERVICE_NAME");
    int err = list ? edoi_otlp_pairs(edo_str_of(list), check_pair, NULL) : 0;
    if (err == -EINVAL) edoi_otlp_env_warn("OTEL_RESOURCE_ATTRIBUTES");
    if (err == 0 && list) err = edoi_otlp_pairs(edo_str_of(list), resource_set, r);
    if (err == -EINVAL) err = 0;
    if (err == 0 && name && name[0]) err = resource_set_text(r, "service.name", name);
    return err;
}

static void put_resource(edoi_otlp_out *out, const void *arg) {
    const resource *r = arg;
    for (uint32_t i = 0; i < r->n; i++) edoi_otlp_put_attr(out, ATTR, &r->at[i]);
}

static int resource_print(const resource *r, edo_buf *out) {
    size_t n = edoi_otlp_count(put_resource, r);
    int err = edo_buf_reserve(out, n);
    if (err < 0) return err;
    put_resource(&(edoi_otlp_out){ .to = out->ptr + out->len }, r);
    out->len += n;
    return 0;
}

int edoi_otlp_resource(edo_buf *out, const edo_otlp_opts *o) {
    resource *r = edoi_calloc(1, sizeof *r);
    if (!r) return -ENOMEM;
    int err = set_process(r);
    if (err == 0) err = set_opts(r, o);
    if (err == 0 && !o->ignore_env) err = set_env(r);
    if (err == 0) err = resource_print(r, out);
    edo_arena_deinit(&r->arena);
    edoi_free(r);
    return err;
}
