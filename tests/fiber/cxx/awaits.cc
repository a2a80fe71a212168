// SPDX-License-Identifier: MIT
// awaits.cc: a fiber waits inside a handler, or while it unwinds, and others on its worker throw and catch
// meanwhile; on one thread, and as one that migrates from worker to worker.
#include <edo/edo.h>

#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

std::atomic<int> failures;

void check(bool ok, const char *what) {
    if (ok) return;
    std::printf("FAILED: %s\n", what);
    failures++;
}

// How a fiber waits: by a yield, or so that it goes on elsewhere.
struct wait {
    virtual void pass() = 0;
    virtual ~wait() = default;
};

std::string current() {
    if (!std::current_exception()) return "none";
    try {
        throw;
    } catch (const std::exception &e) {
        return e.what();
    } catch (...) {
        return "something else";
    }
}

struct waits_when_destroyed {
    wait &w;
    const std::string &name;
    ~waits_when_destroyed() {
        check(std::uncaught_exceptions() == 1, "one exception is on its way here");
        w.pass();
        check(std::uncaught_exceptions() == 1, "and still is after a wait");
        check(current() == name, "the outer one is still handled");
        w.pass();
    }
};

// A handler that waits, throws again, and a nested one that is thrown and caught meanwhile.
void throw_and_wait(wait &w, const std::string &name) {
    check(current() == "none", "nothing is handled outside of a handler");
    try {
        try {
            throw std::runtime_error(name);
        } catch (const std::exception &e) {
            w.pass();
            check(current() == name, "the handled exception is the fiber's own");
            check(std::uncaught_exceptions() == 0, "none is on its way");
            try {
                waits_when_destroyed inner = { w, name };
                throw std::logic_error(name + " inside");
            } catch (const std::logic_error &inner) {
                w.pass();
                check(current() == name + " inside", "the inner one is handled");
            }
            check(current() == name, "the outer one is handled again");
            w.pass();
            throw;
        }
    } catch (const std::runtime_error &e) {
        check(e.what() == name, "what is thrown again is the fiber's own");
        w.pass();
    }
    check(!std::current_exception(), "none is left behind");
    check(std::uncaught_exceptions() == 0, "and none is on its way");
}

// ---- On one thread -------------------------------------------------------------------------------

struct yields : wait {
    void pass() override { check(edo_yield() == 0, "a yield is not cut short"); }
};

int take_turns(void *arg) {
    yields w;
    for (int turn = 0; turn < 100; turn++)
        throw_and_wait(w, "of fiber " + std::to_string(*static_cast<int *>(arg)));
    return 0;
}

int many_in_turn(void *) {
    static int numbers[10];
    edo_task *tasks[10];
    for (int i = 0; i < 10; i++) {
        numbers[i] = i;
        tasks[i] = edo_spawn(take_turns, &numbers[i]);
    }
    int err = 0;
    for (edo_task *t : tasks)
        if (edo_task_join(t) < 0) err = -1;
    return err;
}

// ---- From worker to worker -----------------------------------------------------------------------

const int MOVES = 30;

// Two that stay on their workers wake the traveller in turn.
struct road {
    edo_sem arrived = EDO_SEM_INIT(0), go = EDO_SEM_INIT(0);
    edo_sem turns[2] = { EDO_SEM_INIT(1), EDO_SEM_INIT(0) };
    std::atomic<bool> over{ false };
    std::atomic<int> moves{ 0 };
};

EDOI_OPAQUE pthread_t this_thread() {
    EDOI_COMPILER_BARRIER();
    return pthread_self();
}

struct travels : wait {
    road &r;
    pthread_t thread = this_thread();
    explicit travels(road &on) : r(on) {}
    void pass() override {
        edo_sem_release(&r.arrived, 1);
        check(edo_sem_acquire(&r.go, 1) == 0, "it is woken");
        if (!pthread_equal(thread, this_thread())) r.moves++;
        thread = this_thread();
    }
};

int travel(void *arg) {
    road &r = *static_cast<road *>(arg);
    travels w(r);
    for (int turn = 0; r.moves < MOVES && turn < 2000; turn++) throw_and_wait(w, "of the traveller");
    r.over = true;
    edo_sem_release(&r.arrived, 2);
    return 0;
}

struct anchor {
    road *on;
    int at;
};

int pull(void *arg) {
    const anchor &self = *static_cast<anchor *>(arg);
    road &r = *self.on;
    int err = 0;
    while (err == 0) {
        err = edo_sem_acquire(&r.turns[self.at], 1);
        try {
            throw std::runtime_error("of an anchor");
        } catch (const std::exception &) {
            if (err == 0) err = edo_sem_acquire(&r.arrived, 1);
            // its worker lets go of it meanwhile: else it would be run there
            if (err == 0 && !r.over) err = edo_sleep(edo_ms(1));
            check(current() == "of an anchor", "an anchor's exception is its own");
            edo_sem_release(&r.go, 1);
        }
        edo_sem_release(&r.turns[!self.at], 1);
        if (r.over) break;
    }
    return err;
}

// Throws all the time, wherever the traveller comes by.
int throw_only(void *arg) {
    road &r = *static_cast<road *>(arg);
    while (!r.over) {
        try {
            throw 1;
        } catch (int) {
            if (edo_sleep(edo_us(200)) < 0) break;
        }
    }
    return 0;
}

int go_on_journey(void *arg) {
    road &r = *static_cast<road *>(arg);
    static anchor anchors[2];
    for (int i = 0; i < 2; i++) anchors[i] = { &r, i };
    edo_spawn_opts spread = {}, migrate = {};
    spread.spread = true;
    migrate.migrate = true;
    edo_task *tasks[] = {
        edo_spawn_with(pull, &anchors[0], &spread),   edo_spawn_with(pull, &anchors[1], &spread),
        edo_spawn_with(throw_only, &r, &spread),      edo_spawn_with(throw_only, &r, &spread),
        edo_spawn_with(travel, &r, &migrate),
    };
    int err = 0;
    for (edo_task *t : tasks)
        if (edo_task_join(t) < 0) err = -1;
    return err;
}

void choose_with_flags() {
    edo_ready_future one, two;
    check(edo_select_with(EDO_SELECT_BIASED, edo_ready_init(&one, 1), edo_ready_init(&two, 2)) == 0,
          "biased, the first wins");
    check(edo_future_result(&one.base) == 1, "with its result");
    check(edo_join_with(EDO_JOIN_FAIL_FAST, edo_ready_init(&one, 1), edo_ready_init(&two, 2)) == 0,
          "none fails");
}

} // namespace

int main() {
    choose_with_flags();
    edo_runtime *rt = nullptr;
    edo_runtime_opts current = {};
    current.flavor = EDO_RUNTIME_CURRENT;
    check(edo_runtime_new(&rt, &current) == 0, "a runtime on one thread");
    check(edo_run(rt, many_in_turn, nullptr) == 0, "all end");
    edo_runtime_free(rt);

    edo_runtime_opts multi = {};
    multi.flavor = EDO_RUNTIME_MULTI;
    multi.workers = 2;
    check(edo_runtime_new(&rt, &multi) == 0, "a runtime on two");
    road r;
    check(edo_run(rt, go_on_journey, &r) == 0, "the journey ends");
    check(r.moves >= MOVES, "it has moved");
    edo_runtime_free(rt);
    if (failures == 0) std::puts("ok: exceptions across waits, also of one that migrates");
    return failures != 0;
}
