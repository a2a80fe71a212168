/* SPDX-License-Identifier: MIT */
/* Goal: every text of docs/book/misuse.md is printed when its contract is broken, with the file of
 * the program that broke it, and the program ends there.
 * Method: each breach in a child of its own, whose standard error is read. The script beside this
 * file checks that no text of the page is missing here. */
#include <edo/edo.h>
#include <edo/slab.h>
#include <edo/streams.h>

#include <stdlib.h>
#include <string.h>

#include "breaches.h"

static edo_notify bell = EDO_NOTIFY_INIT;

/* ---- Futures --------------------------------------------------------------------------------- */

static int moves(void *arg) {
    (void)arg;
    edo_notify_wait_future here, there;
    (void)edo_poll_once(edo_notify_wait_init(&here, &bell));
    there = here;
    return (int)edo_poll_once(&there.base);
}

static int asks_too_early(void *arg) {
    (void)arg;
    edo_ready_future f;
    return edo_future_result(edo_ready_init(&f, 0));
}

static int polls_twice(void *arg) {
    (void)arg;
    edo_ready_future f;
    (void)edo_poll_once(edo_ready_init(&f, 0));
    return (int)edo_poll_once(&f.base);
}

/* ---- A future that no _init has made --------------------------------------------------------- */

static int awaits_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return edo_await(&f.base);
}

static int polls_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return (int)edo_poll_once(&f.base);
}

static int polls_garbage(void *arg) {
    (void)arg;
    edo_notify_wait_future f;
    memset(&f, 0xa5, sizeof f);
    return (int)edo_poll_once(&f.base);
}

static int drops_unmade(void *arg) {
    (void)arg;
    static edo_notify_wait_future f;
    edo_drop(&f.base);
    return 0;
}

static int selects_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f, unmade = { 0 };
    return edo_select(edo_notify_wait_init(&f, &bell), &unmade.base);
}

static int joins_unmade(void *arg) {
    (void)arg;
    edo_ready_future f;
    edo_notify_wait_future unmade = { 0 };
    return edo_join(edo_ready_init(&f, 0), &unmade.base);
}

static int boxes_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return edo_boxed_new(&f.base) != NULL;
}

static int spawns_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return edo_task_join(edo_spawn_future(&f.base));
}

static int spawns_unmade_with_options(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return edo_spawn_future_detached_with(&f.base, NULL);
}

static int limits_unmade(void *arg) {
    (void)arg;
    edo_notify_wait_future f = { 0 };
    return edo_timeout(&f.base, edo_ms(1));
}

/* ---- No future at all, and one future twice -------------------------------------------------- */

static int awaits_null(void *arg) {
    int err = edo_await(arg);
    return err < 0 ? err : 1; // not a tail call, which would leave the stack
}

static int boxes_null(void *arg) {
    return edo_boxed_new(arg) != NULL;
}

static int limits_null(void *arg) {
    int err = edo_timeout(arg, edo_ms(1));
    return err < 0 ? err : 1;
}

EDO_ASYNC(lent, edo_future *inner;) {
    EDO_BEGIN;
    EDO_AWAIT_PTR(self->inner);
    EDO_END;
}

static int awaits_ptr_to_null(void *arg) {
    lent f = { .inner = arg };
    return edo_await(lent_init(&f));
}

static int selects_one_twice(void *arg) {
    (void)arg;
    edo_notify_wait_future f;
    edo_future *wait = edo_notify_wait_init(&f, &bell);
    return edo_select(wait, wait);
}

static int joins_one_twice(void *arg) {
    (void)arg;
    edo_ready_future f, other;
    edo_future *ready = edo_ready_init(&f, 0);
    return edo_join(ready, edo_ready_init(&other, 0), ready);
}

static edo_polled just_ready_poll(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)cx;
    return EDO_READY;
}

static int is_ready_without_finish(void *arg) {
    static const edo_future_ops ops = { .poll = just_ready_poll,
                                        .name = "mine",
                                        .size = sizeof(edo_future) };
    edo_future f;
    (void)arg;
    return edo_await(edo_future_init(&f, &ops));
}

static edo_polled forget_waker(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    (void)result;
    return EDO_PENDING;
}

static int keeps_no_waker(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, forget_waker, arg));
}

static int selects_unsafe(void *arg) {
    (void)arg;
    edo_read_exact_future f;
    char byte;
    edo_stream *near_end, *far_end;
    if (edo_duplex(&near_end, &far_end, 1) < 0) abort();
    return edo_select(edo_read_exact_init(&f, near_end, &byte, 1));
}

static int boxes_polled(void *arg) {
    (void)arg;
    edo_notify_wait_future f;
    (void)edo_poll_once(edo_notify_wait_init(&f, &bell));
    return edo_boxed_new(&f.base) != NULL;
}

static int spawns_polled(void *arg) {
    (void)arg;
    edo_notify_wait_future f;
    (void)edo_poll_once(edo_notify_wait_init(&f, &bell));
    return edo_task_join(edo_spawn_future(&f.base));
}

/* ---- State machines -------------------------------------------------------------------------- */

EDO_ASYNC(outside, edo_yield_future *elsewhere;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_yield_init(self->elsewhere));
    EDO_END;
}

static int awaits_outside(void *arg) {
    (void)arg;
    static edo_yield_future elsewhere;
    outside f = { .elsewhere = &elsewhere };
    return edo_await(outside_init(&f));
}

/* Runs a function where there is no stack to suspend. */
EDO_ASYNC(machine, edo_task_fn *fn;) {
    EDO_BEGIN;
    EDO_RETURN(self->fn(NULL));
    EDO_END;
}

static int in_machine(edo_task_fn *fn) {
    machine m = { .fn = fn };
    return edo_task_join(edo_spawn_future(machine_init(&m)));
}

static int sleep_a_while(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

static int open_scope(void *arg) {
    (void)arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    return edo_scope_end(&s, 0);
}

static int begin_deadline(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    return edo_deadline_end(&d, 0);
}

static int awaits_in_machine(void *arg) {
    (void)arg;
    return in_machine(sleep_a_while);
}

static int scope_in_machine(void *arg) {
    (void)arg;
    return in_machine(open_scope);
}

static int open_block(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    edo_cancel_block b;
    int err = edo_cancel_new(&t);
    if (err < 0) return err;
    edo_cancel_begin(&b, t);
    return edo_cancel_end(&b, 0);
}

static int block_in_machine(void *arg) {
    (void)arg;
    return in_machine(open_block);
}

static int deadline_in_machine(void *arg) {
    (void)arg;
    return in_machine(begin_deadline);
}

/* ---- Awaiting -------------------------------------------------------------------------------- */

static edo_polled sleep_in_poll(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = sleep_a_while(arg);
    return EDO_READY;
}

static int awaits_in_poll(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, sleep_in_poll, arg));
}

static int awaits_in_bracket(void *arg) {
    edo_no_await_begin();
    int err = sleep_a_while(arg);
    edo_no_await_end();
    return err;
}

static int begins_scope_in_bracket(void *arg) {
    edo_scope s;
    edo_no_await_begin();
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, sleep_a_while, arg);
    int err = edo_scope_end(&s, 0);
    edo_no_await_end();
    return err;
}

static bool awaits_and_changes(void *arg, void *value) {
    (void)value;
    return sleep_a_while(arg) == 0;
}

static int awaits_in_modify(void *arg) {
    edo_watch_tx *tx;
    int err = edo_watch_new(&tx, NULL, 0, NULL, NULL);
    if (err < 0) return err;
    err = edo_watch_modify(tx, awaits_and_changes, arg);
    edo_watch_tx_unref(tx);
    return err;
}

static edo_watch_tx *changed;

static bool changes_its_channel(void *arg, void *value) {
    return edo_watch_replace(changed, arg, value) == 0;
}

static int changes_in_modify(void *arg) {
    int err = edo_watch_new(&changed, NULL, 0, NULL, NULL);
    if (err < 0) return err;
    err = edo_watch_modify(changed, changes_its_channel, arg);
    edo_watch_tx_unref(changed);
    return err;
}

static int leaves_bracket(void *arg) {
    (void)arg;
    edo_no_await_begin();
    return 0;
}

static edo_polled pends_in_bracket(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    edo_no_await_begin();
    *result = 0;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static edo_polled ends_in_bracket(void *arg, edo_cx *cx, int *result) {
    (void)arg, (void)cx;
    edo_no_await_begin();
    *result = 0;
    return EDO_READY;
}

static int spawns_who_pends_in_bracket(void *arg) {
    edo_poll_fn_future f;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, pends_in_bracket, arg)));
}

static int spawns_who_ends_in_bracket(void *arg) {
    edo_poll_fn_future f;
    return edo_task_join(edo_spawn_future(edo_poll_fn_init(&f, ends_in_bracket, arg)));
}

static int awaits_who_pends_in_bracket(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, pends_in_bracket, arg));
}

static int ends_no_bracket(void *arg) {
    (void)arg;
    edo_no_await_end();
    return 0;
}

/* ---- Scopes, deadlines, shields -------------------------------------------------------------- */

static edo_scope one, two;

static int leaves_scope(void *arg) {
    (void)arg;
    edo_scope_begin(&one, NULL);
    return 0;
}

static int crosses_scopes(void *arg) {
    (void)arg;
    edo_scope_begin(&one, NULL);
    edo_scope_begin(&two, NULL);
    return edo_scope_end(&one, 0);
}

static int spawns_into_ended_scope(void *arg) {
    edo_scope_begin(&one, NULL);
    int err = edo_scope_end(&one, 0);
    if (err == 0) err = edo_scope_spawn(&one, crosses_scopes, arg);
    return err;
}

/* Of a token that stays to the end. */
static void begin_block(edo_cancel_block *b) {
    edo_cancel_token *t;
    if (edo_cancel_new(&t) == 0) edo_cancel_begin(b, t);
}

static int leaves_block(void *arg) {
    static edo_cancel_block b;
    (void)arg;
    begin_block(&b);
    return 0;
}

static int crosses_blocks(void *arg) {
    (void)arg;
    edo_cancel_block b;
    begin_block(&b);
    edo_scope_begin(&one, NULL);
    return edo_cancel_end(&b, 0);
}

static int ends_block_in_shield(void *arg) {
    (void)arg;
    edo_cancel_block b;
    begin_block(&b);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    int err = edo_cancel_end(&b, 0);
    return edo_shield_end(&sh, err);
}

static int leaves_deadline(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    (void)d;
    return 0;
}

static int ends_deadline_twice(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    int err = edo_deadline_end(&d, 0);
    return edo_deadline_end(&d, err);
}

static int leaves_shield(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    (void)sh;
    return 0;
}

static int ends_shield_twice(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    (void)edo_shield_end(&sh, 0);
    return edo_shield_end(&sh, 0);
}

static int ends_deadline_in_scope(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    edo_scope_begin(&one, NULL);
    int err = edo_deadline_end(&d, 0);
    edo_scope_end(&one, 0);
    return err;
}

static int ends_deadline_in_shield(void *arg) {
    (void)arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    int err = edo_deadline_end(&d, 0);
    return edo_shield_end(&sh, err);
}

static int ends_shield_in_scope(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    edo_scope_begin(&one, NULL);
    (void)edo_shield_end(&sh, 0);
    return edo_scope_end(&one, 0);
}

static int ends_shield_in_deadline(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    (void)edo_shield_end(&sh, 0);
    return edo_deadline_end(&d, 0);
}

static int ends_scope_in_shield(void *arg) {
    (void)arg;
    edo_scope_begin(&one, NULL);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    int err = edo_scope_end(&one, 0);
    return edo_shield_end(&sh, err);
}

static int begins_scope_of_the_future(void *arg) {
    (void)arg;
    edo_scope_opts opts = { .reserved = { 0, 0, 1 } };
    edo_scope_begin(&one, &opts);
    return edo_scope_end(&one, 0);
}

/* ---- Tasks and runtimes ---------------------------------------------------------------------- */

static int wait_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static int wait_for(void *arg) {
    return edo_task_wait((edo_task *)arg);
}

static int waits_twice(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(wait_for_bell, NULL);
    edo_task *first = edo_spawn(wait_for, t);
    int err = edo_yield();
    err = err < 0 ? err : edo_task_wait(t);
    return err < 0 ? err : edo_task_join(first);
}

static int blocks_in_task(void *arg) {
    (void)arg;
    edo_ready_future f;
    return edo_block_on(edo_runtime_current(), edo_ready_init(&f, 0));
}

static int enters_in_task(void *arg) {
    (void)arg;
    return edo_runtime_enter(edo_runtime_current());
}

static int leaves_unentered(void *arg) {
    (void)arg;
    edo_runtime *other;
    int err = edo_runtime_new(&other, NULL);
    if (err == 0) edo_runtime_leave(other);
    return err;
}

static int shuts_down_in_task(void *arg) {
    (void)arg;
    return edo_runtime_shutdown(edo_runtime_current(), edo_s(1));
}

static int block_and_shut_down(void *arg) {
    return edo_block_in_place(shuts_down_in_task, arg);
}

static int shuts_down_in_place(void *arg) {
    (void)arg;
    return in_machine(block_and_shut_down);
}

static int shuts_down_in_job(void *arg) {
    return edo_blocking(shuts_down_in_task, arg);
}

static int shuts_down_in_thread(void *arg) {
    edo_thread *t;
    int err = edo_thread_start(&t, shuts_down_in_task, arg, NULL);
    return err < 0 ? err : edo_thread_join(t);
}

static int shuts_another_down(void *arg) {
    (void)arg;
    edo_runtime *other;
    int err = edo_runtime_new(&other, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    if (err < 0) return err;
    err = edo_runtime_shutdown(other, edo_s(1));
    edo_runtime_unref(other);
    return err;
}

/* ---- Channels and locks ---------------------------------------------------------------------- */

static int receive(void *arg) {
    return edo_mpsc_recv((edo_mpsc_rx *)arg, NULL);
}

static int receives_twice(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, 0, 1, NULL);
    if (err < 0) return err;
    edo_task *t = edo_spawn(receive, rx);
    err = edo_yield();
    err = err < 0 ? err : receive(rx);
    return err < 0 ? err : edo_task_join(t);
}

static int sends_permit_twice(void *arg) {
    (void)arg;
    edo_mpsc_permit used = { NULL };
    edo_mpsc_permit_send(&used, NULL);
    return 0;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

typedef struct pools {
    edo_slab *a, *b;
    char *object;
} pools;

static void ignore_reset(void *arg, void *object) {
    (void)arg;
    (void)object;
}

static pools make_pools(void) {
    pools p;
    const edo_slab_opts kept = { .name = "kept", .reset = ignore_reset };
    if (edo_slab_new(&p.a, 64, &kept) < 0 || edo_slab_new(&p.b, 64, NULL) < 0) abort();
    p.object = edo_slab_get(p.a);
    if (!p.object) abort();
    memset(p.object, 1, 64);
    return p;
}

static int puts_twice(void *arg) {
    (void)arg;
    pools p = make_pools();
    edo_slab_put(p.a, p.object);
    edo_slab_put(p.a, p.object);
    return 0;
}

static int puts_elsewhere(void *arg) {
    (void)arg;
    pools p = make_pools();
    edo_slab_put(p.b, p.object);
    return 0;
}

/* Into a slab with a function, whose free objects are not poisoned: the sanitizer would be
 * faster. */
static int writes_after_put(void *arg) {
    (void)arg;
    pools p = make_pools();
    edo_slab_put(p.a, p.object);
    p.object[63] = 2;
    return edo_slab_get(p.a) != NULL;
}

static int frees_while_out(void *arg) {
    (void)arg;
    pools p = make_pools();
    edo_slab_free(p.a);
    return 0;
}

static int sets_half_allocator(void *arg) {
    (void)arg;
    const edo_allocator half = { .arg = NULL };
    return edo_set_allocator(&half);
}

/* ---- The table ------------------------------------------------------------------------------- */

#ifndef EDOI_TSAN
static int leaves_timer(void *arg) {
    (void)arg;
    edo_sleep_future f;
    return (int)edo_poll_once(edo_sleep_init(&f, edo_s(60)));
}
#endif

static const breach rows[] = {
    { "was moved after its first poll", moves },
    { "a future was polled after it was ready or dropped", polls_twice },
    { "the result of a future that is not finished, or was dropped, is asked", asks_too_early },
    { "returned ready without edo_future_finish()", is_ready_without_finish },
    { "returned pending and kept no waker: nothing can ever wake it", keeps_no_waker },
    { "a future is used that no _init has made", awaits_unmade },
    { "a future is used that no _init has made", polls_unmade },
    { "a future is used that no _init has made", polls_garbage },
    { "a future is used that no _init has made", drops_unmade },
    { "a future is used that no _init has made", selects_unmade },
    { "a future is used that no _init has made", joins_unmade },
    { "a future is used that no _init has made", boxes_unmade },
    { "a future is used that no _init has made", spawns_unmade },
    { "a future is used that no _init has made", spawns_unmade_with_options },
    { "a future is used that no _init has made", limits_unmade },
    { "a future is used that is NULL", awaits_null },
    { "a future is used that is NULL", boxes_null },
    { "a future is used that is NULL", limits_null },
    { "EDO_AWAIT_PTR of a pointer that is NULL", awaits_ptr_to_null },
    { "one future is two branches of a select or join", selects_one_twice },
    { "one future is two branches of a select or join", joins_one_twice },
    { "a future that is not cancel-safe cannot be a branch of select", selects_unsafe },
    { "only a future that has not been polled can be boxed", boxes_polled },
    { "only a future that has not been polled can be spawned", spawns_polled },
    { "EDO_AWAIT of a future outside the frame: keep a pointer to it in the frame and use "
      "EDO_AWAIT_PTR",
      awaits_outside },
    { "an await inside a poll function or a state machine: use EDO_AWAIT there",
      awaits_in_machine },
    { "a scope in a state machine: spawn a fiber that holds it", scope_in_machine },
    { "a token's block in a state machine: use edo_cancel_run() there", block_in_machine },
    { "deadlines and shields belong to fibers: use edo_timeout() in a state machine",
      deadline_in_machine },
    { "an await inside a poll function", awaits_in_poll },
    { "an await between edo_no_await_begin() and its end", awaits_in_bracket },
    { "an await between edo_no_await_begin() and its end", awaits_in_modify },
    { "a scope between edo_no_await_begin() and its end", begins_scope_in_bracket },
    { "the function of an edo_watch_modify() changes the same channel", changes_in_modify },
    { "a poll ended between edo_no_await_begin() and its end", awaits_who_pends_in_bracket },
    { "edo_no_await_end() without its begin", ends_no_bracket },
    { "scopes are ended in reverse order, by who began them", crosses_scopes },
    { "a child is spawned into a scope that has ended", spawns_into_ended_scope },
    { "deadlines are ended in reverse order, each once", ends_deadline_twice },
    { "shields are ended in reverse order, each once", ends_shield_twice },
    { "a deadline is ended while a scope, token or shield begun in it is open",
      ends_deadline_in_scope },
    { "a deadline is ended while a scope, token or shield begun in it is open",
      ends_deadline_in_shield },
    { "a shield is ended while a scope, token or deadline begun in it is open",
      ends_shield_in_scope },
    { "a shield is ended while a scope, token or deadline begun in it is open",
      ends_shield_in_deadline },
    { "tokens' blocks and scopes are ended in reverse order, each once", crosses_blocks },
    { "a token's block is ended while a deadline or shield begun in it is open",
      ends_block_in_shield },
    { "a scope is ended while a shield begun in it is open", ends_scope_in_shield },
    { "the reserved fields of a scope's options must be 0", begins_scope_of_the_future },
    { "two wait for the end of one task: share its result another way", waits_twice },
    { "edo_block_on() inside a task: await instead", blocks_in_task },
    { "a runtime is entered outside tasks, and not too often", enters_in_task },
    { "runtimes are left in reverse order", leaves_unentered },
    { "a runtime cannot be shut down by one of its tasks", shuts_down_in_task },
    { "a runtime cannot be shut down by one of its tasks", shuts_down_in_place },
    { "a runtime cannot be shut down in a task or poll of another one", shuts_another_down },
    { "a runtime cannot be shut down by one of its jobs or threads", shuts_down_in_job },
    { "a runtime cannot be shut down by one of its jobs or threads", shuts_down_in_thread },
    { "two receives wait on one receiver", receives_twice },
    { "this permit was used or released already", sends_permit_twice },
    { "edo_slab_put of an object that was put before", puts_twice },
    { "edo_slab_put of an object that is not of this slab", puts_elsewhere },
    { "an object of a slab was written to after it was put", writes_after_put },
    { "edo_slab_free with objects still out", frees_while_out },
    { "an allocator has alloc, realloc and free", sets_half_allocator },
};

/* Found when the function that broke the contract has ended. */
static const breach found_late[] = {
    { "a poll ended between edo_no_await_begin() and its end", spawns_who_pends_in_bracket },
    { "a poll ended between edo_no_await_begin() and its end", spawns_who_ends_in_bracket },
    { "edo_no_await_begin() without its end", leaves_bracket },
    { "a scope on this stack was left without edo_scope_end()", leaves_scope },
    { "a deadline was begun and not ended", leaves_deadline },
    { "a shield was begun and not ended", leaves_shield },
    { "a token's block on this stack was left without edo_cancel_end()", leaves_block },
#ifndef EDOI_TSAN // whose build does not record timers
    { "a timer on this stack was begun, and neither ended nor dropped", leaves_timer },
#endif
};

static void each_breach_is_named(void **state) {
    (void)state;
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_test.c:");
    assert_each_is_named(found_late, EDO_COUNT(found_late), HAS_ENDED);
}

int main(void) {
#ifdef EDO_DEBUG
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0; // a release build returns -EDO_EMISUSE
#endif
}
