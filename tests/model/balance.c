/* SPDX-License-Identifier: MIT */
/* Goal: a connection is closed once, after its last call, whoever removes, loses or leaves it; a
 * pick that waits misses neither an endpoint that connects, nor one that has rested, nor the
 * end. */
#include "model.h"

#include "base/lock.h"
#include "service/balance/set.h"

#include <errno.h>
#include <stdlib.h>

static edoi_balance_set *set;
static int closes_n, drops_n;
static int calls_n; /* plain: of a connection; written by its calls and read when it is closed */

static int connects(void *arg, const edo_endpoint *to, void **conn) {
    (void)arg, (void)to, (void)conn;
    return -ENOTSUP; // the model makes connections
}

static void closes(void *arg, void *conn) {
    (void)arg, (void)conn;
    MODEL_CHECK(calls_n == 0);
    closes_n++;
}

static void drops(void *arg) {
    (void)arg;
    drops_n++;
}

static const edo_balance_ops ops = { .connect = connects, .close = closes, .drop = drops };

/* ---- What is not part of it ------------------------------------------------------------------ */

int edoi_balance_counts_init(edoi_balance_counts *self, edo_metrics *m, const char *name) {
    (void)self, (void)m, (void)name;
    return 0;
}

void edoi_balance_counts_deinit(edoi_balance_counts *self) {
    (void)self;
}

void edoi_balance_count_endpoints(edoi_balance_counts *self,
                                  const size_t now[EDOI_ENDPOINT_PARTS]) {
    (void)self, (void)now;
}

void edoi_balance_count_ejection(edoi_balance_counts *self, edoi_eject_why why) {
    (void)self, (void)why;
}

/* ---- Parts of the models --------------------------------------------------------------------- */

static void begin(void) {
    const edo_balance_opts opts = {
        .load_decay = { 1000000000 },
        .panic_below = -1,
        .outlier = { .failures = 1, .rest = { 1000 }, .rest_max = { 1000 }, .rest_share = 1 }
    };
    MODEL_CHECK(edoi_balance_set_new(&set, &ops, NULL, &opts) == 0);
    set->is_made = true;
}

static edoi_member *add(void) {
    const edo_endpoint e = { .address = "a" };
    edoi_member *m;
    MODEL_CHECK(edoi_balance_set_add(set, &e, &m) == 0);
    return m;
}

/* As its task does. */
static edoi_balance_conn *connect_to(edoi_member *m) {
    edoi_balance_conn *c;
    MODEL_CHECK(edoi_balance_conn_new(&c, m) == 0);
    c->made = &calls_n;
    if (edoi_member_connected(m, c)) return c;
    edoi_balance_conn_drop(c);
    return NULL;
}

static void leave(edoi_member *m, edoi_balance_conn *c) {
    if (c) (void)edoi_balance_conn_leave(c, true);
    edoi_member_unref(m);
}

static void use(edoi_balance_conn *c, int result) {
    const edoi_call_end end = { .has_failed = result < 0,
                                .result = result,
                                .is_lost = result == -EPIPE };
    edoi_lock_acquire(&set->lock); // calls may be beside each other
    calls_n++;
    edoi_lock_release(&set->lock);
    edoi_lock_acquire(&set->lock);
    calls_n--;
    edoi_lock_release(&set->lock);
    edoi_balance_conn_done(c, &end);
}

static void call_if_ready(void *result) {
    edoi_balance_conn *c;
    int err = edoi_balance_set_pick(set, &c, &(edoi_pick){ .fail_fast = false });
    if (err == 0) use(c, *(int *)result);
}

static void call(void *arg) {
    edoi_balance_conn *c;
    (void)arg;
    int err = edoi_balance_set_await(set, &c, &(edoi_pick){ .fail_fast = false });
    MODEL_CHECK(err == 0);
    use(c, 0);
}

static void end(int closed) {
    edoi_balance_set_end(set, -ECONNABORTED);
    MODEL_CHECK(closes_n == closed && drops_n == 0);
    edoi_balance_set_unref(set);
    MODEL_CHECK(drops_n == 1);
}

static int fine = 0, lost = -EPIPE, failed = -EIO;

/* ---- Connections ----------------------------------------------------------------------------- */

static void removed_beside_calls(void) {
    begin();
    edoi_member *m = add();
    edoi_balance_conn *c = connect_to(m);
    edoi_model_start(call_if_ready, &fine);
    edoi_model_start(call_if_ready, &lost);
    edoi_balance_set_remove(set, "a", NULL);
    leave(m, c);
    edoi_model_wait();
    end(1);
}

static void lost_by_two_calls(void) {
    begin();
    edoi_member *m = add();
    edoi_balance_conn *c = connect_to(m);
    edoi_model_start(call_if_ready, &lost);
    call_if_ready(&lost);
    edoi_model_wait();
    leave(m, c);
    end(1);
}

static void connected_while_it_is_removed(void *m) {
    leave(m, connect_to(m));
}

static void removed_while_it_connects(void) {
    begin();
    edoi_model_start(connected_while_it_is_removed, add());
    edoi_balance_set_remove(set, "a", NULL);
    edoi_model_wait();
    end(1);
}

/* ---- Picks that wait ------------------------------------------------------------------------- */

static void connect_is_not_missed(void) {
    begin();
    edoi_member *m = add();
    edoi_model_start(call, NULL);
    edoi_balance_conn *c = connect_to(m);
    edoi_model_wait();
    edoi_balance_set_remove(set, "a", NULL);
    leave(m, c);
    end(1);
}

static void readmit(edoi_member *m) {
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    if (m->record.is_out) edoi_member_open(m);
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
}

static void rest_that_is_over_is_not_missed(void) {
    begin();
    edoi_member *m = add();
    edoi_balance_conn *c = connect_to(m);
    edoi_model_start(call, NULL);
    call_if_ready(&failed);
    readmit(m);
    edoi_model_wait();
    edoi_balance_set_remove(set, "a", NULL);
    leave(m, c);
    end(1);
}

static void wait_for_the_end(void *arg) {
    edoi_balance_conn *c;
    (void)arg;
    int err = edoi_balance_set_await(set, &c, &(edoi_pick){ .fail_fast = false });
    MODEL_CHECK(err == -ECONNABORTED);
}

static void end_is_not_missed(void) {
    begin();
    edoi_model_start(wait_for_the_end, NULL);
    edoi_balance_set_end(set, -ECONNABORTED);
    edoi_model_wait();
    edoi_balance_set_unref(set);
    MODEL_CHECK(drops_n == 1);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(removed_beside_calls),
        MODEL(lost_by_two_calls),
        MODEL(removed_while_it_connects),
        MODEL(connect_is_not_missed),
        MODEL(rest_that_is_over_is_not_missed),
        MODEL(end_is_not_missed),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
