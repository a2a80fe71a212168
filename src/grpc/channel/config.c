/* SPDX-License-Identifier: MIT */
/* grpc/channel/config.c: see config.h. */
#include "grpc/channel/config.h"

#include <edo/error.h>
#include <edo/grpc.h>
#include <edo/json.h>

#include <string.h>

/* ---- The text -------------------------------------------------------------------------------- */

typedef struct config_name {
    edo_str service, method;
} config_name;
EDO_DESCRIBE(config_name, EDO_FIELD(config_name, service, .optional = true),
             EDO_FIELD(config_name, method, .optional = true))

typedef struct config_retry {
    uint32_t attempts;
    edo_str pause, pause_max;
    double multiplier;
    edo_str *codes;
    size_t codes_n;
} config_retry;
EDO_DESCRIBE(config_retry, EDO_FIELD(config_retry, attempts, EDO_AS("maxAttempts"), .min = 2),
             EDO_FIELD(config_retry, pause, EDO_AS("initialBackoff")),
             EDO_FIELD(config_retry, pause_max, EDO_AS("maxBackoff")),
             EDO_FIELD(config_retry, multiplier, EDO_AS("backoffMultiplier")),
             EDO_FIELD_LIST(config_retry, codes, codes_n, EDO_AS("retryableStatusCodes")))

typedef struct config_hedging {
    uint32_t attempts;
    edo_str delay;
    edo_str *codes;
    size_t codes_n;
} config_hedging;
EDO_DESCRIBE(config_hedging, EDO_FIELD(config_hedging, attempts, EDO_AS("maxAttempts"), .min = 2),
             EDO_FIELD(config_hedging, delay, EDO_AS("hedgingDelay"), .optional = true),
             EDO_FIELD_LIST(config_hedging, codes, codes_n, EDO_AS("nonFatalStatusCodes"),
                            .optional = true))

typedef struct config_method {
    config_name *names;
    size_t names_n;
    edo_str timeout;
    bool wait_for_ready;
    config_retry *retry;
    config_hedging *hedging;
} config_method;
EDO_DESCRIBE(config_method,
             EDO_FIELD_LIST_OF(config_method, names, names_n, config_name_desc, EDO_AS("name"),
                               .optional = true),
             EDO_FIELD(config_method, timeout, .optional = true),
             EDO_FIELD(config_method, wait_for_ready, EDO_AS("waitForReady"), .optional = true),
             EDO_FIELD_PTR_OF(config_method, retry, config_retry_desc, EDO_AS("retryPolicy"),
                              .optional = true),
             EDO_FIELD_PTR_OF(config_method, hedging, config_hedging_desc, EDO_AS("hedgingPolicy"),
                              .optional = true))

typedef struct config_throttle {
    double tokens_max, token_ratio;
} config_throttle;
EDO_DESCRIBE(config_throttle, EDO_FIELD(config_throttle, tokens_max, EDO_AS("maxTokens")),
             EDO_FIELD(config_throttle, token_ratio, EDO_AS("tokenRatio")))

typedef struct config_health {
    edo_str service;
    bool has_service;
} config_health;
EDO_DESCRIBE(config_health, EDO_FIELD(config_health, service, EDO_AS("serviceName"),
                                      .optional = true, EDO_HAS(config_health, has_service)))

typedef struct config_balance_opts {
    bool shuffles;
} config_balance_opts;
EDO_DESCRIBE(config_balance_opts, EDO_FIELD(config_balance_opts, shuffles,
                                            EDO_AS("shuffleAddressList"), .optional = true))

/* One member alone, by which the kind is told; neither: a kind that is not known. */
typedef struct config_balance {
    config_balance_opts *round_robin, *pick_first;
} config_balance;
EDO_DESCRIBE(config_balance,
             EDO_FIELD_PTR_OF(config_balance, round_robin, config_balance_opts_desc,
                              .optional = true),
             EDO_FIELD_PTR_OF(config_balance, pick_first, config_balance_opts_desc,
                              .optional = true))

typedef struct config_all {
    config_balance *balances;
    size_t balances_n;
    config_method *methods;
    size_t methods_n;
    config_throttle *throttle;
    config_health *health;
} config_all;
EDO_DESCRIBE(config_all,
             EDO_FIELD_LIST_OF(config_all, balances, balances_n, config_balance_desc,
                               EDO_AS("loadBalancingConfig"), .optional = true),
             EDO_FIELD_LIST_OF(config_all, methods, methods_n, config_method_desc,
                               EDO_AS("methodConfig"), .optional = true),
             EDO_FIELD_PTR_OF(config_all, throttle, config_throttle_desc, EDO_AS("retryThrottling"),
                              .optional = true),
             EDO_FIELD_PTR_OF(config_all, health, config_health_desc, EDO_AS("healthCheckConfig"),
                              .optional = true))

/* ---- Rows ------------------------------------------------------------------------------------ */

struct edoi_grpc_config_row {
    edo_str service, method; /* no bytes: any */
    edoi_grpc_policy policy;
};

#define SECONDS_DIGITS 9u

/* Takes up to `most` digits off the text. Returns how many; `*out` is the number that they are. */
static size_t duration_digits(edo_str *text, size_t most, int64_t *out) {
    size_t n = 0;
    for (*out = 0; n < most && text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9'; n++) {
        *out = *out * 10 + (text->ptr[0] - '0');
        text->ptr++;
        text->len--;
    }
    return n;
}

/* "1.5s", as JSON has google.protobuf.Duration; not negative. */
static int config_duration(edo_duration *out, edo_str text) {
    const edo_str whole = text;
    int64_t seconds, part = 0;
    bool is_good = duration_digits(&text, SECONDS_DIGITS, &seconds) > 0;
    if (is_good && text.len > 1 && text.ptr[0] == '.') {
        text.ptr++;
        text.len--;
        size_t n = duration_digits(&text, 9, &part);
        for (; n < 9; n++) part *= 10;
    }
    *out = edo_ns(seconds * 1000000000 + part);
    if (is_good && edo_str_equal(text, EDO_STR("s"))) return 0;
    return edo_fail(-EINVAL, "no duration: \"%.*s\"", (int)whole.len, whole.ptr);
}

static int config_codes(uint32_t *out, const edo_str *names, size_t n) {
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        edo_grpc_status s = EDO_GRPC_CANCELLED;
        while (s <= EDO_GRPC_UNAUTHENTICATED &&
               !edo_str_equal(names[i], edo_str_of(edo_grpc_status_name(s))))
            s = (edo_grpc_status)((int)s + 1);
        if (s > EDO_GRPC_UNAUTHENTICATED)
            return edo_fail(-EINVAL, "no status: \"%.*s\"", (int)names[i].len, names[i].ptr);
        *out |= 1u << s;
    }
    return 0;
}

static int config_retry_of(edoi_grpc_policy *out, const config_retry *r) {
    out->attempts = r->attempts < EDOI_GRPC_ATTEMPTS_MAX ? r->attempts : EDOI_GRPC_ATTEMPTS_MAX;
    out->multiplier = r->multiplier;
    int err = config_duration(&out->pause, r->pause);
    if (err == 0) err = config_duration(&out->pause_max, r->pause_max);
    if (err == 0) err = config_codes(&out->codes, r->codes, r->codes_n);
    if (err == 0 && out->codes == 0)
        err = edo_fail(-EINVAL, "retryPolicy without retryableStatusCodes");
    bool is_good = out->pause.ns > 0 && out->pause_max.ns > 0 && r->multiplier > 0;
    return err == 0 && !is_good ? edo_fail(-EINVAL, "retryPolicy with pauses of nothing") : err;
}

static int config_hedging_of(edoi_grpc_policy *out, const config_hedging *h) {
    out->hedges = h->attempts < EDOI_GRPC_ATTEMPTS_MAX ? h->attempts : EDOI_GRPC_ATTEMPTS_MAX;
    int err = h->delay.len > 0 ? config_duration(&out->hedge_delay, h->delay) : 0;
    return err < 0 ? err : config_codes(&out->codes, h->codes, h->codes_n);
}

static int config_policy_of(edoi_grpc_policy *out, const config_method *m) {
    *out = (edoi_grpc_policy){ .timeout = edo_ns(-1), .attempts = 1 };
    out->wait_for_ready = m->wait_for_ready;
    int err = m->timeout.len > 0 ? config_duration(&out->timeout, m->timeout) : 0;
    if (err == 0 && m->retry && m->hedging)
        err = edo_fail(-EINVAL, "methodConfig with retryPolicy and hedgingPolicy");
    if (err == 0 && m->retry) err = config_retry_of(out, m->retry);
    return err == 0 && m->hedging ? config_hedging_of(out, m->hedging) : err;
}

static int config_add_rows(edoi_grpc_config *out, const config_method *m) {
    edoi_grpc_policy policy;
    int err = config_policy_of(&policy, m);
    if (err == 0 && m->hedging) out->hedges = true;
    for (size_t i = 0; i < m->names_n && err == 0; i++) {
        struct edoi_grpc_config_row *row = &out->rows[out->rows_n++];
        *row = (struct edoi_grpc_config_row){ .policy = policy };
        row->service = m->names[i].service;
        row->method = m->names[i].method;
        if (row->method.len > 0 && row->service.len == 0)
            err = edo_fail(-EINVAL, "methodConfig with a method without a service");
    }
    return err;
}

static int config_throttle_of(edoi_grpc_config *out, const config_throttle *t) {
    if (!(t->tokens_max >= 1 && t->tokens_max <= 1000 && t->token_ratio > 0))
        return edo_fail(-EINVAL, "retryThrottling out of its range");
    const edo_retry_budget_opts opts = { .kind = EDO_RETRY_BUDGET_THROTTLE,
                                         .tokens_max = (uint32_t)t->tokens_max,
                                         .token_ratio = t->token_ratio };
    return edo_retry_budget_new(&out->budget, &opts);
}

/* The first kind that is known counts. */
static int config_balance_of(edoi_grpc_config *out, const config_balance *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const config_balance *b = &all[i];
        if (!b->round_robin && !b->pick_first) continue;
        out->has_balance = true;
        out->balance = b->pick_first ? EDO_BALANCE_PICK_FIRST : EDO_BALANCE_ROUND_ROBIN;
        out->shuffles = b->pick_first && b->pick_first->shuffles;
        return 0;
    }
    if (n == 0) return 0;
    return edo_fail(-EINVAL, "loadBalancingConfig without round_robin and pick_first");
}

int edoi_grpc_config_parse(edoi_grpc_config *out, edo_str text, edo_arena *arena) {
    config_all all;
    size_t n = 0;
    *out = (edoi_grpc_config){ .rows = NULL };
    int err =
        edo_json_decode_with(&all, &config_all_desc, text, &(edo_json_opts){ .arena = arena });
    if (err < 0) return err;
    if (all.health && all.health->has_service)
        out->health = all.health->service.len > 0 ? all.health->service : EDO_STR("");
    for (size_t i = 0; i < all.methods_n; i++) n += all.methods[i].names_n;
    out->rows = edo_arena_alloc(arena, n * sizeof *out->rows);
    if (!out->rows) return -ENOMEM;
    err = config_balance_of(out, all.balances, all.balances_n);
    for (size_t i = 0; i < all.methods_n && err == 0; i++)
        err = config_add_rows(out, &all.methods[i]);
    return err == 0 && all.throttle ? config_throttle_of(out, all.throttle) : err;
}

void edoi_grpc_config_deinit(edoi_grpc_config *self) {
    edo_retry_budget_unref(self->budget);
}

/* ---- The look -------------------------------------------------------------------------------- */

/* How near is the row: 0, not at all; 1, any; 2, the service; 3, the method. */
static int row_fits(const struct edoi_grpc_config_row *row, edo_str service, edo_str method) {
    if (row->service.len == 0) return 1;
    if (!edo_str_equal(row->service, service)) return 0;
    if (row->method.len == 0) return 2;
    return edo_str_equal(row->method, method) ? 3 : 0;
}

const edoi_grpc_policy *edoi_grpc_config_find(const edoi_grpc_config *self, edo_str path) {
    const edoi_grpc_policy *best = NULL;
    int nearest = 0;
    size_t slash = 1;
    while (slash < path.len && path.ptr[slash] != '/') slash++;
    if (slash >= path.len) return NULL;
    const edo_str service = { path.ptr + 1, slash - 1 };
    const edo_str method = { path.ptr + slash + 1, path.len - slash - 1 };
    for (size_t i = 0; i < self->rows_n; i++) {
        int fits = row_fits(&self->rows[i], service, method);
        if (fits <= nearest) continue;
        nearest = fits;
        best = &self->rows[i].policy;
    }
    return best;
}
