/* SPDX-License-Identifier: MIT */
/* own_layer.c: two layers of one's own: one that counts and times calls, also those that are
 * cancelled, as a function; and one with a reservation, as operations. */
#include <edo/edo.h>
#include <edo/service.h>

#include <errno.h>
#include <stdio.h>

/* ---- A layer that is a function -------------------------------------------------------------- */

typedef struct numbers {
    int ok, failed, cancelled;
    int64_t ms;
} numbers;

static int count(void *arg, edo_next *next, void *request, void *response) {
    numbers *n = arg;
    edo_instant start = edo_now();
    int result = edo_layer_next(next, request, response);
    n->ms += edo_instant_since(edo_now(), start).ns / 1000000;
    *(result >= 0 ? &n->ok : result == -ECANCELED ? &n->cancelled : &n->failed) += 1;
    return result; // nothing else to do on a cancellation: the call has just failed
}

/* ---- A layer that reserves ------------------------------------------------------------------- */

/* Lends one of two pens for each call. */
typedef struct pens {
    edo_service base;
    bool lent[2];
    edo_notify back;
} pens;

static int pens_ready(edo_service *self, edo_permit *permit) {
    pens *p = (pens *)(void *)self;
    int err;
    while (p->lent[0] && p->lent[1]) {
        if (permit->no_wait) return -EAGAIN;
        if ((err = edo_notify_wait(&p->back)) < 0) return err; // cancelled: nothing was taken
    }
    uintptr_t pen = p->lent[0] ? 1 : 0;
    p->lent[pen] = true;
    *edo_permit_word(permit, self) = pen;
    err = edo_service_ready(self->inner, permit);
    if (err < 0) self->ops->release(self, permit);
    return err;
}

static void pens_release(edo_service *self, edo_permit *permit) {
    pens *p = (pens *)(void *)self;
    p->lent[*edo_permit_word(permit, self)] = false;
    edo_notify_one(&p->back);
}

static int pens_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    int result = edo_service_call(self->inner, permit, request, response);
    pens_release(self, permit);
    return result;
}

static int pens_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = {
        .name = "pens", .ready = pens_ready, .call = pens_call, .release = pens_release
    };
    (void)layer;
    return edo_service_new(out, sizeof(pens), &ops, inner); // zeros are two pens at home
}

/* ---- Both around a service ------------------------------------------------------------------- */

static int write_letter(void *arg, void *request, void *response) {
    (void)arg;
    int err = edo_sleep(edo_ms(*(int *)request));
    if (err == 0) *(int *)response = *(int *)request / 10;
    return err;
}

typedef struct letter {
    edo_service *svc;
    int ms, lines;
} letter;

static int order(void *arg) {
    letter *l = arg;
    return edo_service_oneshot(l->svc, &l->ms, &l->lines);
}

static int root(void *arg) {
    numbers n = { .ok = 0 };
    edo_service *svc = arg;
    edo_stack stack;
    int err = edo_service_from_fn(&svc, write_letter, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_layer_from_fn(count, &n));
    edo_stack_push(&stack, edo_layer_make(pens_wrap, NULL, 0));
    err = edo_stack_build(&svc, &stack, svc);
    edo_stack_deinit(&stack);
    if (err < 0) return err;

    letter letters[] = { { svc, 100, 0 }, { svc, 200, 0 }, { svc, 300, 0 }, { svc, 5000, 0 } };
    edo_instant start = edo_now();
    EDO_SCOPE(s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    for (size_t i = 0; i < 3; i++) edo_scope_spawn(&s, order, &letters[i]);
    edo_task *last = edo_scope_spawn_handle(&s, order, &letters[3]);
    err = edo_sleep(edo_ms(1000));
    edo_task_cancel(last); // in the middle of its call
    edo_task_unref(last);
    (void)edo_scope_end(&s, 0);
    printf("%d written, %d cancelled, two at a time: %lld ms of calls in %lld ms\n", n.ok,
           n.cancelled, (long long)n.ms,
           (long long)(edo_instant_since(edo_now(), start).ns / 1000000));
    letter one_more = { svc, 10, 0 };
    if (err == 0) err = order(&one_more); // both pens are back
    printf("one more: %d line\n", one_more.lines);
    edo_service_unref(svc);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
