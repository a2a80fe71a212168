/* SPDX-License-Identifier: MIT */
/* service/layers/retry_budget.c: how many retries all calls together may make.
 *
 * WINDOW: `slots` is a ring; the slot of now is `now_slot % SLOTS`, counted in slots since the
 * budget was made. A slot that is entered is cleared, and so are those passed over while idle: so
 * the sum is over the last `ttl`, up to the slot that is under way. */
#include <edo/retry_layer.h>

#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "metrics/registry.h"
#include "service/layers/retry_budget.h"

#include <errno.h>
#include <string.h>

#define SLOTS   10
#define DEPOSIT 1000

struct edo_retry_budget {
    edoi_lock lock; /* a leaf; guards all that is not const */
    edo_retry_budget_kind kind;
    uint64_t allowed, refused; /* withdrawals */
    /* WINDOW */
    int64_t slots[SLOTS], now_slot;
    int64_t slot_ns, start_ns;          /* const */
    int64_t deposit, withdraw, reserve; /* const */
    /* CONCURRENT */
    uint32_t active, retrying, retries_min; /* the last: const */
    double share;                           /* const */
    /* THROTTLE, in thousandths of a token; const but `tokens` */
    uint32_t tokens, tokens_max, token_add;
};

/* ---- Making ---------------------------------------------------------------------------------- */

/* The options with their defaults; -EINVAL. */
static int retry_budget_complete(edo_retry_budget_opts *o) {
    bool is_window = o->kind == EDO_RETRY_BUDGET_WINDOW;
    if (o->kind > EDO_RETRY_BUDGET_THROTTLE) return -EINVAL;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (o->ttl.ns == 0) o->ttl = edo_s(10);
    if (o->ttl.ns < edo_s(1).ns || o->ttl.ns > edo_s(60).ns) return -EINVAL;
    if (o->share == 0) o->share = 0.2;
    if (!(o->share >= 0.001 && o->share <= (is_window ? 1000 : 1))) return -EINVAL;
    if (o->retries_min == 0) o->retries_min = is_window ? 10 : 3;
    if (o->retries_min > 1000000) return -EINVAL;
    if (o->no_min) o->retries_min = 0;
    if (o->tokens_max == 0) o->tokens_max = 10;
    if (o->tokens_max > 1000) return -EINVAL;
    if (o->token_ratio == 0) o->token_ratio = 0.1;
    return o->token_ratio >= 0.001 && o->token_ratio <= 1000 ? 0 : -EINVAL;
}

static void set_window(edo_retry_budget *b, const edo_retry_budget_opts *o) {
    b->deposit = o->no_share ? 0 : DEPOSIT;
    b->withdraw = o->no_share ? 1 : (int64_t)(DEPOSIT / o->share + 0.5);
    int64_t ttl_ms = o->ttl.ns / 1000000; // not always whole seconds
    b->reserve = o->retries_min * ttl_ms / 1000 * b->withdraw;
    b->slot_ns = o->ttl.ns / SLOTS;
    b->start_ns = edo_now().ns;
}

int edo_retry_budget_new(edo_retry_budget **self, const edo_retry_budget_opts *opts) {
    edo_retry_budget_opts o = { .kind = EDO_RETRY_BUDGET_WINDOW };
    if (opts) o = *opts;
    int err = retry_budget_complete(&o);
    if (err < 0) return err;
    edo_retry_budget *b = edo_rc_new(sizeof *b, NULL);
    if (!b) return -ENOMEM;
    memset(b, 0, sizeof *b);
    b->kind = o.kind;
    b->share = o.no_share ? 0 : o.share;
    b->retries_min = o.retries_min;
    b->tokens = b->tokens_max = o.tokens_max * 1000;
    b->token_add = (uint32_t)(o.token_ratio * 1000 + 0.5);
    set_window(b, &o);
    *self = b;
    return 0;
}

edo_retry_budget *edo_retry_budget_ref(edo_retry_budget *self) {
    return edo_rc_ref(self);
}

void edo_retry_budget_unref(edo_retry_budget *self) {
    edo_rc_unref(self);
}

/* ---- The window; with the lock held ---------------------------------------------------------- */

/* Clears the slots that have begun since the last call. */
static void expire(edo_retry_budget *b, int64_t now_ns) {
    int64_t slot = (now_ns - b->start_ns) / b->slot_ns;
    if (slot - b->now_slot > SLOTS) b->now_slot = slot - SLOTS;
    while (b->now_slot < slot) b->slots[++b->now_slot % SLOTS] = 0;
}

static int64_t window_sum(const edo_retry_budget *b) {
    int64_t sum = b->reserve;
    for (size_t i = 0; i < SLOTS; i++) sum += b->slots[i];
    return sum;
}

static bool window_withdraw(edo_retry_budget *b) {
    if (window_sum(b) < b->withdraw) return false;
    b->slots[b->now_slot % SLOTS] -= b->withdraw;
    return true;
}

/* ---- The other two; with the lock held ------------------------------------------------------- */

static bool concurrent_withdraw(edo_retry_budget *b) {
    double by_share = b->share * b->active;
    if (b->retrying >= b->retries_min && b->retrying >= by_share) return false;
    b->retrying++;
    b->active++;
    return true;
}

/* False: no such attempt is under way; below 0 the counts would allow all retries, or none. */
static bool concurrent_done(edo_retry_budget *b, bool is_retry) {
    if (b->active == 0 || (is_retry && b->retrying == 0)) return false;
    b->active--;
    b->retrying -= is_retry;
    return true;
}

/* The tokens after one more failure. */
static uint32_t tokens_after(const edo_retry_budget *b) {
    return b->tokens < 1000 ? 0 : b->tokens - 1000;
}

static void throttle_note(edo_retry_budget *b, edo_attempt_outcome outcome) {
    uint32_t room = b->tokens_max - b->tokens;
    if (outcome == EDO_ATTEMPT_SUCCEEDED) b->tokens += b->token_add < room ? b->token_add : room;
    if (outcome == EDO_ATTEMPT_FAILED) b->tokens = tokens_after(b);
}

/* `has_failed`: a failure that is noted if another attempt follows it. */
static bool throttle_withdraw(edo_retry_budget *b, bool has_failed) {
    const uint32_t tokens = has_failed ? tokens_after(b) : b->tokens;
    if (tokens <= b->tokens_max / 2) return false;
    b->tokens = tokens;
    return true;
}

/* ---- Operations ------------------------------------------------------------------------------ */

void edo_retry_budget_deposit(edo_retry_budget *self) {
    int64_t now_ns = self->kind == EDO_RETRY_BUDGET_WINDOW ? edo_now().ns : 0;
    edoi_lock_acquire(&self->lock);
    if (self->kind == EDO_RETRY_BUDGET_WINDOW) {
        expire(self, now_ns);
        self->slots[self->now_slot % SLOTS] += self->deposit;
    } else {
        self->active++;
    }
    edoi_lock_release(&self->lock);
}

/* `has_failed`: see throttle_withdraw(). */
static bool budget_withdraw(edo_retry_budget *self, bool has_failed) {
    int64_t now_ns = self->kind == EDO_RETRY_BUDGET_WINDOW ? edo_now().ns : 0;
    bool allowed = false;
    edoi_lock_acquire(&self->lock);
    switch (self->kind) {
    case EDO_RETRY_BUDGET_WINDOW:
        expire(self, now_ns);
        allowed = window_withdraw(self);
        break;
    case EDO_RETRY_BUDGET_CONCURRENT: allowed = concurrent_withdraw(self); break;
    case EDO_RETRY_BUDGET_THROTTLE: allowed = throttle_withdraw(self, has_failed); break;
    }
    if (allowed)
        self->allowed++;
    else
        self->refused++;
    edoi_lock_release(&self->lock);
    return allowed;
}

bool edo_retry_budget_withdraw(edo_retry_budget *self) {
    return budget_withdraw(self, false);
}

void edo_retry_budget_done(edo_retry_budget *self, bool is_retry, edo_attempt_outcome outcome) {
    bool has_begun = true;
    if (self->kind == EDO_RETRY_BUDGET_WINDOW) return;
    edoi_lock_acquire(&self->lock);
    if (self->kind == EDO_RETRY_BUDGET_CONCURRENT) {
        has_begun = concurrent_done(self, is_retry);
    } else {
        throttle_note(self, outcome);
    }
    edoi_lock_release(&self->lock);
    (void)EDO_MISUSE(!has_begun, "an attempt ended that this budget has not seen begin: "
                                 "edo_retry_budget_deposit() or a withdrawal comes before each");
}

/* ---- One call -------------------------------------------------------------------------------- */

void edoi_retry_account_open(edoi_retry_account *self, edo_retry_budget *budget,
                             edoi_attempts *series) {
    *self = (edoi_retry_account){ .budget = budget };
    if (!budget) return;
    self->is_inner = edoi_attempts_set_budget(series, budget);
    if (!self->is_inner) edo_retry_budget_deposit(budget);
}

/* The end of an attempt of an inner call. How its last one ends is noted by the attempt around it;
 * a failure that another attempt follows is seen here alone. */
static void account_done_inside(edoi_retry_account *self, bool is_retry,
                                edo_attempt_outcome outcome) {
    edo_retry_budget *b = self->budget;
    if (self->has_failed) edo_retry_budget_done(b, false, EDO_ATTEMPT_FAILED);
    self->has_failed = b->kind == EDO_RETRY_BUDGET_THROTTLE && outcome == EDO_ATTEMPT_FAILED;
    if (is_retry && b->kind == EDO_RETRY_BUDGET_CONCURRENT) edo_retry_budget_done(b, true, outcome);
}

void edoi_retry_account_done(edoi_retry_account *self, bool is_retry, edo_attempt_outcome outcome) {
    if (!self->budget) return;
    if (self->is_inner)
        account_done_inside(self, is_retry, outcome);
    else
        edo_retry_budget_done(self->budget, is_retry, outcome);
}

bool edoi_retry_account_withdraw(edoi_retry_account *self) {
    if (!self->budget) return true;
    if (!budget_withdraw(self->budget, self->has_failed)) return false;
    self->has_failed = false;
    return true;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

/* With the lock held. */
static uint64_t concurrent_left(const edo_retry_budget *b) {
    const double by_share = b->share * b->active;
    const double most = by_share > b->retries_min ? by_share : b->retries_min;
    return most > b->retrying ? (uint64_t)(most - b->retrying) : 0;
}

/* With the lock held. Each retry that fails takes a token. */
static uint64_t throttle_left(const edo_retry_budget *b) {
    const uint32_t half = b->tokens_max / 2;
    return b->tokens > half ? (b->tokens - half + 999) / 1000 : 0;
}

/* With the lock held. */
static uint64_t retry_budget_left(edo_retry_budget *b, int64_t now_ns) {
    if (b->kind == EDO_RETRY_BUDGET_CONCURRENT) return concurrent_left(b);
    if (b->kind == EDO_RETRY_BUDGET_THROTTLE) return throttle_left(b);
    expire(b, now_ns);
    const int64_t sum = window_sum(b);
    return sum > 0 ? (uint64_t)(sum / b->withdraw) : 0;
}

edo_retry_budget_stats edo_retry_budget_get_stats(edo_retry_budget *self) {
    const int64_t now_ns = self->kind == EDO_RETRY_BUDGET_WINDOW ? edo_now().ns : 0;
    edoi_lock_acquire(&self->lock);
    const edo_retry_budget_stats stats = { .allowed = self->allowed,
                                           .refused = self->refused,
                                           .left = retry_budget_left(self, now_ns) };
    edoi_lock_release(&self->lock);
    return stats;
}

/* ---- As metrics ------------------------------------------------------------------------------ */

typedef struct seen_budget {
    edoi_kept kept; /* first */
    edo_retry_budget *budget;
    size_t name_bytes;
    char name[];
} seen_budget;

static edo_str seen_budget_name(const seen_budget *b) {
    return (edo_str){ b->name, b->name_bytes };
}

static void ask_retries(void *arg, edo_metrics_sink *to) {
    const seen_budget *b = arg;
    const edo_retry_budget_stats now = edo_retry_budget_get_stats(b->budget);
    const edo_str name = seen_budget_name(b);
    edo_metrics_emit(to, (double)now.allowed, (const edo_str[]){ name, EDO_STR("allowed") });
    edo_metrics_emit(to, (double)now.refused, (const edo_str[]){ name, EDO_STR("refused") });
}

static void ask_left(void *arg, edo_metrics_sink *to) {
    const seen_budget *b = arg;
    const edo_retry_budget_stats now = edo_retry_budget_get_stats(b->budget);
    edo_metrics_emit(to, (double)now.left, (const edo_str[]){ seen_budget_name(b) });
}

static void seen_budget_give_back(edoi_kept *kept) {
    seen_budget *b = (seen_budget *)(void *)kept;
    edo_retry_budget_unref(b->budget);
    edoi_free(b);
}

static int seen_budget_new(seen_budget **out, edo_retry_budget *budget, const char *name) {
    const edo_str text = edo_str_of(name);
    if (text.len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
    if (!edo_str_is_utf8(text)) return -EILSEQ;
    seen_budget *b = edoi_alloc(sizeof *b + text.len);
    if (!b) return -ENOMEM;
    *b = (seen_budget){ .kept.give_back = seen_budget_give_back,
                        .budget = edo_retry_budget_ref(budget),
                        .name_bytes = text.len };
    memcpy(b->name, text.ptr, text.len);
    *out = b;
    return 0;
}

int edo_metrics_add_retry_budget(edo_metrics *m, edo_retry_budget *budget, const char *name) {
    const edo_metric_opts retries = { .help = "Retries, by what the budget said.",
                                      .labels = "budget result" };
    const edo_metric_opts left = { .help = "Retries that the budget would allow now.",
                                   .labels = "budget" };
    const edoi_metric_wanted counter = {
        .type = EDOI_COUNTER, .is_asked = true, .name = "edo.retry_budget.retries", .opts = &retries
    };
    const edoi_metric_wanted gauge = {
        .type = EDOI_GAUGE, .is_asked = true, .name = "edo.retry_budget.left", .opts = &left
    };
    seen_budget *b;
    int err = seen_budget_new(&b, budget, name);
    if (err < 0) return err;
    edoi_metrics_keep(m, &b->kept); // before the sources that point to it, which stay on failure
    err = edoi_metric_ask(m, &counter, ask_retries, b);
    return err < 0 ? err : edoi_metric_ask(m, &gauge, ask_left, b);
}
