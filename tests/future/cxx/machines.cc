/* SPDX-License-Identifier: MIT */
/* State machines of edo/async.h as C++17: loops, cleanup in every way, shared storage, awaits by pointer, the
 * long form with its frame apart, polled by hand and as tasks. Prints the first failed check and ends. */
#include "machines.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);          \
            std::abort();                                                                          \
        }                                                                                          \
    } while (0)

/* ---- Loops ----------------------------------------------------------------------------------- */

EDO_ASYNC(ticker, int left; int ticks; edo_sleep_future nap;) {
    EDO_BEGIN;
    while (self->left-- > 0) {
        EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
        self->ticks++;
    }
    EDO_RETURN(self->ticks);
    EDO_END;
}
EDO_FRAME_MAX(ticker, 96);

/* Awaits in nested loops and blocks, with plain locals between them. */
EDO_ASYNC(table, int rows, columns; int row, column; int sum; edo_yield_future yield;) {
    EDO_BEGIN;
    for (self->row = 0; self->row < self->rows; self->row++) {
        for (self->column = 0; self->column < self->columns; self->column++) {
            if ((self->row + self->column) % 2 == 0) {
                EDO_AWAIT(edo_yield_init(&self->yield));
            } else {
                EDO_AWAIT(edo_yield_init(&self->yield));
                continue;
            }
            {
                int cell = self->row * self->columns + self->column;
                self->sum += cell;
            }
        }
    }
    EDO_RETURN(self->sum);
    EDO_END;
}

EDO_ASYNC(runs_to_its_end, edo_ready_future one;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_ready_init(&self->one, 3));
    EDO_END; // result 0
}

/* ---- Failure and cleanup --------------------------------------------------------------------- */

static int cleanups;

EDO_ASYNC(owner, int fail; char *owned; EDO_ONE_OF(edo_ready_future ready; edo_sleep_future nap;
                                                   ticker inner;);) {
    EDO_BEGIN;
    self->owned = static_cast<char *>(std::malloc(10));
    EDO_TRY_AWAIT(edo_ready_init(&self->ready, self->fail));
    self->inner.left = 2;
    self->inner.ticks = 0;
    EDO_TRY_AWAIT(ticker_init(&self->inner));
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(5)));
    EDO_RETURN(7);
    EDO_CLEANUP;
    std::free(self->owned);
    cleanups++;
    EDO_END;
}

/* ---- Elsewhere ------------------------------------------------------------------------------- */

EDO_ASYNC(by_pointer, edo_future *boxed; int result;) {
    EDO_BEGIN;
    EDO_AWAIT_PTR(self->boxed);
    self->result = self->boxed->result;
    EDO_CLEANUP;
    edo_drop(self->boxed); // a box is freed by its awaiter
    EDO_END;
}

/* The frame and the prototype are in machines.h. */
EDO_ASYNC_BODY(, lent) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_ready_init(&self->ready, self->value));
    EDO_RETURN(edo_result(&self->ready) * 2);
    EDO_END;
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static void drop_at_each_await() {
    for (int polls = 0; polls <= 4; polls++) {
        edo_cx cx{};
        cx.waker = edo_waker_noop();
        cx.budget = EDO_BUDGET;
        owner o{};
        cleanups = 0;
        edo_future *f = owner_init(&o);
        for (int i = 0; i < polls && !edo_future_is_over(f); i++) (void)edo_poll(f, &cx);
        edo_drop(f); // may be over: the naps need a runtime
        CHECK(cleanups == 1);
        edo_drop(f);
        CHECK(cleanups == 1);
    }
}

static int as_tasks(void *arg) {
    (void)arg;
    ticker t{};
    t.left = 3;
    CHECK(edo_await(ticker_init(&t)) == 3);
    table cells{};
    cells.rows = 3;
    cells.columns = 4;
    CHECK(edo_task_join(edo_spawn_future(table_init(&cells))) == 0 + 2 + 5 + 7 + 8 + 10);
    runs_to_its_end end{};
    CHECK(edo_await(runs_to_its_end_init(&end)) == 0);
    owner o{};
    cleanups = 0;
    CHECK(edo_task_join(edo_spawn_future(owner_init(&o))) == 7);
    o = owner{};
    o.fail = -EIO;
    CHECK(edo_await(owner_init(&o)) == -EIO);
    o = owner{};
    edo_task *task = edo_spawn_future(owner_init(&o));
    CHECK(edo_sleep(edo_ms(1)) == 0); // it is in its first nap
    edo_task_cancel(task);
    CHECK(edo_task_join(task) == -ECANCELED);
    CHECK(cleanups == 3);
    edo_ready_future ready;
    by_pointer p{};
    p.boxed = edo_boxed_new(edo_ready_init(&ready, 5));
    CHECK(p.boxed);
    CHECK(edo_await(by_pointer_init(&p)) == 0 && p.result == 5);
    lent l{};
    l.value = 21;
    CHECK(edo_await(lent_init(&l)) == 42);
    return 0;
}

int main() {
    drop_at_each_await();
    edo_runtime_opts opts{};
    opts.start_paused = true;
    int status = edo_main_with(as_tasks, nullptr, &opts);
    if (status == 0) (void)std::puts("ok");
    return status;
}
