/* SPDX-License-Identifier: MIT */
/* What docs/book/cpp.md shows, as C++17: options, ownership, exceptions at the border, locks, machines,
 * descriptions. Prints the first failed check and ends. */
#include <edo/async.h>
#include <edo/edo.h>
#include <edo/json.h>
#include <edo/log.h>
#include <edo/streams.h>
#include <edo/value.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);          \
            std::abort();                                                                          \
        }                                                                                          \
    } while (0)

namespace {

/* ---- Ownership ------------------------------------------------------------------------------- */

struct closes {
    void operator()(edo_stream *s) const {
        edo_close(s);
    }
};
using stream = std::unique_ptr<edo_stream, closes>;

int greet_each_other() {
    edo_stream *ends[2];
    int err = edo_duplex(&ends[0], &ends[1], 64);
    if (err < 0) return err;
    stream ours(ends[0]), theirs(ends[1]); // closed on every way out, also after a cancellation
    char text[5];
    err = edo_write_all(ours.get(), "hello", sizeof text);
    if (err < 0) return err;
    return edo_read_exact(theirs.get(), text, sizeof text);
}

/* ---- Brackets -------------------------------------------------------------------------------- */

int fetch_slowly(void *) {
    return edo_sleep(edo_hours(1));
}

int fetch_within(edo_duration limit) {
    edo::deadline d(limit);
    return d.end(fetch_slowly(nullptr)); // -ECANCELED of this deadline becomes -ETIMEDOUT
}

std::string fetch_beside(const char *name) {
    edo::scope s;
    (void)edo_scope_spawn(&s, fetch_slowly, nullptr);
    if (!name) throw std::invalid_argument("no name"); // the child is cancelled, and has ended
    return s.end(0) == 0 ? name : "";
}

/* ---- Exceptions ------------------------------------------------------------------------------ */

struct failure : std::runtime_error {
    int code;
    explicit failure(int err) : std::runtime_error(edo_strerror(err)), code(err) {}
};

/* A failed call throws; anything else is its result. */
int must(int result) {
    if (result < 0) throw failure(result);
    return result;
}

struct order {
    std::vector<int> prices;
    int sum = 0;
};

void add_up(order &o) {
    for (int price : o.prices) {
        must(edo_sleep(edo_ms(1)));
        o.sum += must(price);
    }
}

/* edo calls this one, so no exception leaves it. */
int add_up_task(void *arg) noexcept {
    try {
        add_up(*static_cast<order *>(arg));
        return 0;
    } catch (const failure &f) {
        return f.code;
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    }
}

/* ---- Locks ----------------------------------------------------------------------------------- */

class counter {
  public:
    int add(int n) {
        int err = edo_mutex_lock(&lock_); // waits as a task, not as a thread
        if (err < 0) return err;
        n_ += n;
        edo_mutex_unlock(&lock_);
        return n_;
    }

  private:
    edo_mutex lock_ = EDO_MUTEX_INIT;
    int n_ = 0;
};

/* ---- Machines -------------------------------------------------------------------------------- */

EDO_ASYNC(ticker, std::vector<int> *ticks; int left; edo_sleep_future nap;) {
    EDO_BEGIN;
    while (self->left-- > 0) {
        EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
        self->ticks->push_back(self->left);
    }
    EDO_END;
}

int tick(std::vector<int> *ticks) {
    ticker t{};
    t.ticks = ticks;
    t.left = 3;
    return edo_await(ticker_init(&t));
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

struct todo {
    int64_t id;
    edo_str title;
    bool done;
};
EDO_DESCRIBE(todo, EDO_FIELD(todo, id), EDO_FIELD(todo, title, .min_len = 1, .max_len = 80),
             EDO_FIELD(todo, done, .optional = true))

std::string as_json(const todo &t) {
    edo_buf out{};
    int err = edo_json_encode(&out, &t, &todo_desc);
    std::string text(err == 0 ? out.ptr : "", err == 0 ? out.len : 0);
    edo_buf_deinit(&out);
    return text;
}

/* ---- All of it ------------------------------------------------------------------------------- */

int several_at_once() {
    edo_sleep_future nap;
    edo_ready_future ready;
    return edo_select(edo_sleep_init(&nap, edo_s(1)), edo_ready_init(&ready, 7)); // 1: the second
}

int both_at_once() {
    edo_sleep_future nap, longer;
    return edo_join(edo_sleep_init(&nap, edo_ms(1)), edo_sleep_init(&longer, edo_ms(2)));
}

int start_named(order *o) {
    edo_spawn_opts opts{};
    opts.name = "adds up";
    return edo_task_join(edo_spawn_with(add_up_task, o, &opts));
}

int all(void *) {
    CHECK(greet_each_other() >= 0);
    CHECK(fetch_within(edo_ms(5)) == -ETIMEDOUT);
    try {
        (void)fetch_beside(nullptr);
        CHECK(false);
    } catch (const std::invalid_argument &) {
        CHECK(fetch_beside("slow") == "slow");
    }
    order o, wrong;
    o.prices = { 1, 2, 3 };
    wrong.prices = { 1, -ERANGE };
    CHECK(edo_task_join(edo_spawn(add_up_task, &o)) == 0 && o.sum == 6);
    CHECK(start_named(&wrong) == -ERANGE && wrong.sum == 1);
    std::vector<int> ticks;
    CHECK(tick(&ticks) == 0 && ticks.size() == 3);
    counter counts;
    CHECK(counts.add(1) == 1 && counts.add(1) == 2);
    todo t{};
    t.id = 7;
    t.title = EDO_STR("water the plants");
    CHECK(as_json(t) == "{\"id\":7,\"title\":\"water the plants\",\"done\":false}");
    CHECK(several_at_once() == 1 && both_at_once() == 0);
    edo_info_kv("all done", EDO_KV("id", t.id), EDO_KV("done", t.done));
    return 0;
}

} // namespace

int main() {
    edo_runtime_opts opts{};
    opts.start_paused = true; // a clock that jumps, as nothing here waits for anybody else
    int status = edo_main_with(all, nullptr, &opts);
    if (status == 0) (void)std::puts("ok");
    return status;
}
