/* SPDX-License-Identifier: MIT */
/* service/balance/service_form.c: a balance as a service.
 *
 * With a key it is picked by the call, which knows the request: that makes the service ready, too,
 * with the caller's permit.
 *
 * inv. 1: the word of a permit is a connection with a lease, or an error of a pick, marked by
 *         bit 0. The service inside is made ready with the caller's permit; it is one for each
 *         permit, so all share the slots below this service's. */
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "service/balance/maglev.h"
#include "service/balance/set.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "service/own_wait.h"

#include <edo/task.h>

#include <errno.h>

#define LEVELS 8 // of the services that are made, without an option

/* How services are made: `arg` of the balance. */
typedef struct maker {
    edo_make_service_fn *make;
    void *arg;
    void (*drop)(void *arg);
    edo_balance_check_fn *check; /* NULL: connections are not checked */
    void *check_arg;
    uint32_t level;   /* of the service */
    const char *kind; /* of its requests; NULL: any */
} maker;

typedef struct service_form {
    edo_service base;
    edo_balance *balance;    /* a reference; NULL: it could not be made */
    edo_balance_key_fn *key; /* NULL: none */
    void *key_arg;
    edo_hold_fn *hold; /* NULL: none */
    void *hold_arg;
    edo_outcome_fn *outcome; /* NULL: by the result alone */
    void *outcome_arg;
    bool fail_fast;
} service_form;

static service_form *service_form_of(edo_service *base) {
    return (service_form *)(void *)base;
}

/* ---- Its connections are services ------------------------------------------------------------ */

static int maker_connect(void *arg, const edo_endpoint *to, void **conn) {
    const maker *self = arg;
    edo_service *made = NULL;
    int err = self->make(self->arg, &made, to);
    if (err >= 0 && (!made || made->level >= self->level)) {
        edo_service_unref(made);
        err = -EINVAL;
    } else if (err >= 0 && (err = edoi_kind_check("the balance", self->kind, made)) < 0) {
        edo_service_unref(made);
    }
    if (err < 0) return err;
    *conn = made;
    return 0;
}

static int maker_check(void *arg, void *conn) {
    const maker *self = arg;
    return self->check(self->check_arg, conn);
}

/* Is a failure of ready the caller's own? Then the service is as it was. */
static bool is_callers(int err) {
    return err == -ECANCELED || err == -EAGAIN || err == -ENOMEM;
}

/* That is for its ready to say. After a call the next pick asks it. The bracket around this
 * function is for those of programs: a service may be asked here. */
static bool maker_is_lost(void *arg, void *conn, int result) {
    edo_permit permit = EDO_PERMIT_INIT;
    (void)arg, (void)result;
    edo_no_await_end();
    int err = edo_service_try_ready(conn, &permit);
    edo_permit_release(&permit);
    edo_no_await_begin();
    return err < 0 && !is_callers(err);
}

static void maker_close(void *arg, void *conn) {
    (void)arg;
    edo_service_unref(conn);
}

static void maker_drop(void *arg) {
    maker *self = arg;
    if (self->drop) self->drop(self->arg);
    edoi_free(self);
}

/* A lease ends without a call; `is_lost`: the service will not recover. */
static void conn_release(edoi_balance_conn *c, bool is_lost) {
    edoi_balance_conn_done(c, &(edoi_call_end){ .began_ns = EDOI_NO_CALL, .is_lost = is_lost });
}

/* Its service, which was picked at `at_ns`, has not become ready. If a limit around that has passed
 * it counts as a call that has failed: one that hangs fails in no other way. But not if that was
 * over before, or a layer has waited for a place of its own. */
static void conn_unready(edoi_balance_conn *c, int err, int64_t at_ns) {
    if (err != -ECANCELED || edoi_own_wait_was_cut(err) || !edoi_result_has_failed(err)) {
        conn_release(c, !is_callers(err));
        return;
    }
    edoi_balance_conn_done(
        c, &(edoi_call_end){ .began_ns = at_ns, .has_failed = true, .result = err });
}

/* ---- Ready and call -------------------------------------------------------------------------- */

/* Returns 1: none is ready, and it must not wait. */
static int service_form_pick(const service_form *self, edoi_balance_conn **out, edoi_pick *pick,
                             bool no_wait) {
    edoi_balance_set *set = self->balance->set;
    if (!no_wait) return edoi_balance_set_await(set, out, pick);
    return edoi_balance_set_pick(set, out, pick);
}

static int service_form_ready(edo_service *base, edo_permit *permit) {
    const service_form *self = service_form_of(base);
    uintptr_t *word = edo_permit_word(permit, base);
    edoi_pick pick = { .fail_fast = self->fail_fast };
    if (self->key) return 0;
    for (;;) {
        edoi_balance_conn *c;
        int err = service_form_pick(self, &c, &pick, permit->no_wait);
        if (err > 0) return -EAGAIN;
        if (err == -ECANCELED) return err;
        if (err < 0) {
            *word = (uintptr_t)-err << 1 | 1;
            return 0;
        }
        edoi_own_wait_begin();
        err = edo_service_ready(c->made, permit);
        if (err == 0) {
            EDO_INV("service_form inv. 1", ((uintptr_t)c & 1) == 0);
            *word = (uintptr_t)c;
            return 0;
        }
        conn_unready(c, err, pick.at_ns);
        if (is_callers(err)) return err;
    }
}

/* A call that has returned, and whose response goes on. */
typedef struct held_call {
    edoi_balance_conn *c;
    edoi_call_end end;
} held_call;

static void held_call_done(void *arg) {
    held_call *h = arg;
    edoi_balance_conn_done(h->c, &h->end);
    edoi_free(h);
}

/* Does the response go on? Then the lease ends with it; without memory for that it ends now. */
static bool conn_is_held(const service_form *self, edoi_balance_conn *c, const edoi_call_end *end,
                         void *request, void *response) {
    held_call *h = self->hold && end->result >= 0 ? edoi_alloc(sizeof *h) : NULL;
    if (!h) return false;
    *h = (held_call){ .c = c, .end = *end };
    if (self->hold(self->hold_arg, request, response, (edo_held){ held_call_done, h })) return true;
    edoi_free(h);
    return false;
}

/* Sets `end` to what the call says about its endpoint. A limit of time that has passed says that it
 * has hung, whatever the program thinks of the result; unless nothing has got there yet. */
static void call_judge(const service_form *self, edoi_call_end *end, const void *request,
                       const void *response) {
    if (edoi_own_wait_was_cut(end->result)) {
        end->began_ns = EDOI_NO_CALL;
        return;
    }
    end->has_failed = edoi_result_has_failed(end->result);
    if (!self->outcome || end->result == -ECANCELED) return;
    edo_call_outcome outcome =
        edoi_outcome_by(self->outcome, self->outcome_arg, request, response, end->result);
    end->has_failed = outcome == EDO_CALL_FAILED;
    if (outcome == EDO_CALL_IGNORED && !edoi_outcome_is_refusal(end->result))
        end->began_ns = EDOI_NO_CALL;
}

/* Calls the service of a connection, which was made ready. */
static int conn_call(const service_form *self, edoi_balance_conn *c, edo_permit *permit,
                     void *request, void *response) {
    edoi_call_end end = { .began_ns = edoi_balance_set_time(c->of->set) };
    edoi_attempts_note(edoi_attempts_here(), c->of->hash);
    edoi_own_wait_begin();
    int result = edo_service_call(c->made, permit, request, response);
    end.result = result;
    call_judge(self, &end, request, response);
    if (!conn_is_held(self, c, &end, request, response)) edoi_balance_conn_done(c, &end);
    return result;
}

/* Picks for the key of a request. */
static int service_form_call_key(const service_form *self, edo_permit *permit, void *request,
                                 void *response) {
    edo_no_await_begin();
    edo_str key = self->key(self->key_arg, request);
    edo_no_await_end();
    edoi_pick pick = { .fail_fast = self->fail_fast,
                       .has_hash = true,
                       .hash = edoi_maglev_hash(key) };
    for (;;) {
        edoi_balance_conn *c;
        int err = edoi_balance_set_await(self->balance->set, &c, &pick);
        if (err < 0) return err;
        edoi_own_wait_begin();
        err = edo_service_ready(c->made, permit);
        if (err == 0) return conn_call(self, c, permit, request, response);
        conn_unready(c, err, pick.at_ns);
        if (is_callers(err)) return err;
    }
}

static int service_form_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const service_form *self = service_form_of(base);
    if (self->key) return service_form_call_key(self, permit, request, response);
    uintptr_t word = *edo_permit_word(permit, base);
    if (word & 1) return -(int)(word >> 1);
    return conn_call(self, (edoi_balance_conn *)word, permit, request, response);
}

static void service_form_release(edo_service *base, edo_permit *permit) {
    uintptr_t word = *edo_permit_word(permit, base);
    if (service_form_of(base)->key || word & 1) return;
    edoi_balance_conn *c = (edoi_balance_conn *)word;
    edo_service_release(c->made, permit);
    conn_release(c, false);
}

static void service_form_deinit(edo_service *base) {
    edo_balance_unref(service_form_of(base)->balance);
}

static const edo_service_ops service_form_ops = { .name = "edo_balance_service_new",
                                                  .ready = service_form_ready,
                                                  .call = service_form_call,
                                                  .release = service_form_release,
                                                  .deinit = service_form_deinit };

/* ---- Making ---------------------------------------------------------------------------------- */

static void service_form_set(service_form *self, const edo_balance_opts *opts) {
    self->fail_fast = opts->fail_fast;
    self->key = opts->key;
    self->key_arg = opts->key_arg;
    self->hold = opts->hold;
    self->hold_arg = opts->hold_arg;
    self->outcome = opts->outcome;
    self->outcome_arg = opts->outcome_arg;
    self->base.kind = opts->request_kind;
}

static int service_form_make(edo_service **out, maker *m, const edo_balance_opts *opts) {
    edo_service *base;
    int err = edo_service_new(&base, sizeof(service_form), &service_form_ops, NULL);
    if (err < 0) return err;
    service_form_set(service_form_of(base), opts);
    err = edo_service_set_levels(base, opts->levels ? opts->levels : LEVELS);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts->hold);
    if (err == 0) err = edoi_kind_by(base, (edoi_any_fn *)opts->outcome);
    if (err < 0) {
        edo_service_unref(base);
        return err;
    }
    m->check = opts->check;
    m->check_arg = opts->check_arg;
    m->level = base->level;
    m->kind = base->kind;
    *out = base;
    return 0;
}

static const edo_balance_ops maker_ops = {
    .connect = maker_connect, .is_lost = maker_is_lost, .close = maker_close, .drop = maker_drop
};
static const edo_balance_ops maker_checking_ops = { .connect = maker_connect,
                                                    .is_lost = maker_is_lost,
                                                    .close = maker_close,
                                                    .check = maker_check,
                                                    .drop = maker_drop };

int edo_balance_service_new(edo_service **out, edo_seq *source, edo_make_service_fn *make,
                            void *arg, void (*drop)(void *arg), const edo_balance_opts *opts) {
    static const edo_balance_opts defaults = { 0 };
    edo_service *base = NULL;
    maker *m = edoi_alloc(sizeof *m);
    if (!opts) opts = &defaults;
    if (m) *m = (maker){ .make = make, .arg = arg, .drop = drop };
    int err = m ? service_form_make(&base, m, opts) : -ENOMEM;
    if (err < 0) {
        edo_seq_free(source);
        edoi_free(m);
        return err;
    }
    err = edo_balance_new(&service_form_of(base)->balance, source,
                          m->check ? &maker_checking_ops : &maker_ops, m, opts);
    if (err < 0) {
        edo_service_unref(base);
        edoi_free(m);
        return err;
    }
    *out = base;
    return 0;
}

edo_balance *edo_balance_of(edo_service *svc) {
    while (svc && svc->ops != &service_form_ops) svc = svc->inner;
    return svc ? service_form_of(svc)->balance : NULL;
}
