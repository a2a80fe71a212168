/* SPDX-License-Identifier: MIT */
/* Goal: a cache in front of a source that is slow, fails and is away keeps what edo/cache.h says:
 * one load of a key at a time, no value that is too old or was removed, errors for those only who
 * waited for them, nobody cancelled by others, its bounds, and its memory.
 * Method: callers of one host share a cache whose loads ask a source at another one; some give up
 * early, some set, remove and clear. Faults by the seed. Each value says which load has made it and
 * when; each call compares what it gets with what had happened when it began. */
#include "inside.h"
#include "seeds.h"

#include <edo/cache.h>
#include <edo/edo.h>

#include <errno.h>
#include <string.h>

#define CALLERS   10
#define KEYS      12
#define VALUE     UINT64_C(0x76616c7565)
#define RESULT    7 /* of a load of the first key */
#define ROUNDS    100
#define VALUE_MAX 1500 /* bytes that a value counts as */

static const edo_duration load_most = EDO_S(3), slack = EDO_MS(50), calls_apart = EDO_MS(300);

/* What a load has come to. */
typedef enum ending { END_VALUE, END_NOTHING, END_MISSING, END_TROUBLE, END_LATE, ENDS } ending;

/* What is kept. `nth` counts loads, sets and removals of all keys. */
typedef struct value {
    uint64_t magic, nth;
    struct bench *in;
    int key;
    size_t bytes;
    edo_instant made_at;
} value;

/* What has happened to a key. */
typedef struct history {
    uint64_t epoch;         /* how often it was set or removed */
    uint64_t barrier;       /* the last time: what is older is returned to no later call */
    uint64_t newest;        /* what the last load has made, likewise */
    int loading_n;          /* loads of this epoch under way */
    edo_instant last[ENDS]; /* when a load has come to that; 0: never */
} history;

typedef struct bench {
    edo_sim *sim;
    verdict *v;
    double loss;
    edo_cache *cache;
    edo_cache_opts opts;
    bool is_apart; /* loads may be tasks of their own */
    uint64_t nth, chance;
    int values_n, orders_n, loading_n;
    history keys[KEYS];
} bench;

/* The arg of a load, which may outlive its caller. */
typedef struct order {
    bench *in;
    uint64_t epoch; /* of the key when the call began */
} order;

static edo_duration time_of(const bench *b) {
    return edo_sim_now(b->sim);
}

static bool is_calm(const bench *b) {
    return time_of(b).ns > edo_sim_calm(b->sim).ns + edo_s(1).ns;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void value_deinit(void *self) {
    value *val = self;
    val->in->values_n--;
    val->magic = 0;
}

static value *value_new(bench *b, int key, uint64_t nth) {
    value *val = edo_rc_new(sizeof *val, value_deinit);
    if (!val) return NULL;
    *val = (value){ .magic = VALUE, .nth = nth, .in = b, .key = key };
    val->bytes = chance_below(&b->chance, VALUE_MAX);
    val->made_at = edo_now();
    b->values_n++;
    return val;
}

static size_t value_bytes(const void *val) {
    return ((const value *)val)->bytes;
}

static void order_deinit(void *self) {
    ((order *)self)->in->orders_n--;
}

static order *order_new(bench *b, int key) {
    order *o = edo_rc_new(sizeof *o, order_deinit);
    if (!o) return NULL;
    *o = (order){ b, b->keys[key].epoch };
    b->orders_n++;
    return o;
}

/* The cache has its bounds, and nobody else keeps values but calls and loads under way. */
static void look(bench *b) {
    const edo_cache_stats s = edo_cache_get_stats(b->cache);
    if (s.entries > b->opts.entries_max) verdict_add(b->v, "%zu entries", s.entries);
    if (s.bytes > b->opts.bytes_max) verdict_add(b->v, "%zu bytes", s.bytes);
    if (b->values_n > (int)s.entries + 2 * CALLERS + b->loading_n)
        verdict_add(b->v, "%d values for %zu entries", b->values_n, s.entries);
}

/* ---- Loads ----------------------------------------------------------------------------------- */

/* The source says what becomes of a load. */
static int ask_source(uint64_t key, uint64_t *reply) {
    edo_stream *s = NULL;
    EDO_DEADLINE(patience, load_most);
    int err = edo_tcp_connect(&s, "source:80", NULL);
    if (err >= 0) err = edo_write_all(s, &key, sizeof key);
    if (err >= 0) err = edo_read_exact(s, reply, sizeof *reply);
    edo_close(s);
    return edo_deadline_end(&patience, err < 0 ? err : 0);
}

static int load_end(bench *b, const order *o, int key, ending how, value *val) {
    static const int codes[ENDS] = {
        [END_MISSING] = -ENOENT, [END_TROUBLE] = -EIO, [END_LATE] = -ECANCELED
    };
    history *h = &b->keys[key];
    h->last[how] = edo_now();
    if (val && o->epoch == h->epoch) h->newest = val->nth;
    return codes[how] < 0 ? codes[how] : RESULT + key;
}

static int load(void **out, edo_str name, void *arg) {
    const order *o = arg;
    bench *b = o->in;
    const int key = name.ptr[0] - 'a';
    history *h = &b->keys[key];
    const uint64_t nth = ++b->nth, epoch = o->epoch;
    uint64_t reply = 0;
    if (epoch == h->epoch && ++h->loading_n > 1)
        verdict_add(b->v, "%d loads of %c at once", h->loading_n, name.ptr[0]);
    b->loading_n++;
    look(b);
    int err = ask_source((uint64_t)key, &reply);
    b->loading_n--;
    if (epoch == h->epoch) h->loading_n--;
    if (err == -ECANCELED && b->is_apart && edo_deadline_left().ns == 0)
        return load_end(b, o, key, END_LATE, NULL);
    if (err == -ECANCELED) return err;
    edo_trail_clear();
    if (err < 0 || reply >= END_LATE) return load_end(b, o, key, END_TROUBLE, NULL);
    value *val = reply == END_VALUE ? value_new(b, key, nth) : NULL;
    *out = val;
    return load_end(b, o, key, (ending)reply, val);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

typedef struct caller {
    bench *in;
    uint64_t chance;
    bool is_done;
} caller;

/* What was known of a key when a call began. */
typedef struct call {
    bench *in;
    int key;
    uint64_t barrier, newest;
    edo_instant from;
    bool is_hurried; /* it has a limit of its own */
} call;

static call call_begin(bench *b, int key, bool is_hurried) {
    const history *h = &b->keys[key];
    return (call){ b, key, h->barrier, h->newest, edo_now(), is_hurried };
}

/* Has a load of the call's key come to that since so long before the call? */
static bool has_ended(const call *c, ending how, edo_duration before) {
    const edo_instant last = c->in->keys[c->key].last[how];
    return last.ns > 0 && last.ns >= c->from.ns - before.ns;
}

/* An old value is returned at once while the next one is loaded, or since a load has failed. */
static bool may_be_old(const call *c, int64_t old_ns) {
    const edo_cache_opts *o = &c->in->opts;
    if (old_ns <= o->stale_while.ns) return true;
    if (old_ns > o->stale_if_error.ns) return false;
    if (o->waiters_max > 0 || o->loads_max > 0) return true; // a refusal is a failure, too
    return has_ended(c, END_TROUBLE, edo_ns(o->error_pause.ns + slack.ns)) ||
           has_ended(c, END_LATE, edo_ns(o->error_pause.ns + slack.ns)) ||
           has_ended(c, END_MISSING, edo_ns(o->error_pause.ns + slack.ns));
}

static void check_value(const call *c, const value *val, int result, bool has_to_be_fresh) {
    const bench *b = c->in;
    const int64_t old_ns = c->from.ns - val->made_at.ns - b->opts.ttl.ns - slack.ns;
    if (val->magic != VALUE || val->key != c->key || result != RESULT + c->key)
        verdict_add(b->v, "the value of key %d, with %d, for key %d", val->key, result, c->key);
    if (val->nth < c->barrier)
        verdict_add(b->v, "key %d: value %d, removed by %d", c->key, (int)val->nth,
                    (int)c->barrier);
    if (val->nth < c->newest)
        verdict_add(b->v, "key %d: value %d, and %d was there", c->key, (int)val->nth,
                    (int)c->newest);
    if (old_ns > 0 && (has_to_be_fresh || !may_be_old(c, old_ns)))
        verdict_add(b->v, "key %d: value %d is %d ms over its time", c->key, (int)val->nth,
                    (int)(old_ns / 1000000));
}

/* A failure is that of a load that has ended since the call began; or one that is kept. */
static void check_failure(const call *c, int err) {
    const bench *b = c->in;
    bool is_known = false;
    if (err == -ECANCELED) is_known = c->is_hurried;
    if (err == -EIO) is_known = has_ended(c, END_TROUBLE, edo_ns(0));
    if (err == -ENOENT) is_known = has_ended(c, END_MISSING, b->opts.negative_ttl);
    if (err == -ETIMEDOUT) is_known = c->is_hurried || has_ended(c, END_LATE, edo_ns(0));
    if (err == -EDO_EOVERLOADED) is_known = b->opts.waiters_max > 0 || b->opts.loads_max > 0;
    if (!is_known) verdict_add(b->v, "key %d: nobody knows %d", c->key, err);
}

/* Holds what it has got for a while: it does not change. */
static int hold(caller *c, value *val, const call *of) {
    int err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_ms(200)));
    if (val->magic != VALUE || val->key != of->key)
        verdict_add(c->in->v, "key %d: its value has changed", of->key);
    return err;
}

static int get_or_load(caller *c, int key, bool is_hurried) {
    bench *b = c->in;
    void *got = NULL;
    const char name = (char)('a' + key);
    order *o = order_new(b, key);
    if (!o) return -ENOMEM;
    const call began = call_begin(b, key, is_hurried);
    int result = edo_cache_get_or_load(b->cache, &got, (edo_str){ &name, 1 }, load, o);
    const int64_t ns = edo_instant_since(edo_now(), began.from).ns;
    edo_rc_unref(o);
    look(b);
    if (ns > CALLERS * load_most.ns) verdict_add(b->v, "key %d: %d ms", key, (int)(ns / 1000000));
    if (result < 0) {
        check_failure(&began, result);
        return result;
    }
    if (!got) {
        if (!has_ended(&began, END_NOTHING, edo_ns(0)))
            verdict_add(b->v, "key %d: nothing was kept", key);
        return 0;
    }
    check_value(&began, got, result, false);
    int err = hold(c, got, &began);
    edo_rc_unref(got);
    return err;
}

static void get_only(caller *c, int key) {
    bench *b = c->in;
    void *got = NULL;
    const char name = (char)('a' + key);
    const call began = call_begin(b, key, false);
    int result = edo_cache_get(b->cache, &got, (edo_str){ &name, 1 });
    if (result < 0 && result != -ENOENT) verdict_add(b->v, "key %d: a get has %d", key, result);
    if (result >= 0) check_value(&began, got, result, true);
    if (result >= 0) edo_rc_unref(got);
}

/* From now on nobody gets what is there, nor what loads under way make. */
static uint64_t history_cut(bench *b, int key) {
    history *h = &b->keys[key];
    h->epoch++;
    h->loading_n = 0;
    h->barrier = h->newest = ++b->nth;
    return h->barrier;
}

/* What is set has the result 0, so only a get sees it before it is removed again. */
static void set(caller *c, int key) {
    bench *b = c->in;
    void *got = NULL;
    const char name = (char)('a' + key);
    value *val = value_new(b, key, history_cut(b, key));
    if (!val) return;
    int err = edo_cache_set(b->cache, (edo_str){ &name, 1 }, val);
    if (err < 0) verdict_add(b->v, "key %d is not set: %d", key, err);
    look(b);
    int result = edo_cache_get(b->cache, &got, (edo_str){ &name, 1 });
    if (result == 0 && got != val) verdict_add(b->v, "key %d: another value than was set", key);
    if (result == 0) edo_rc_unref(got);
    edo_rc_unref(val);
    (void)history_cut(b, key);
    (void)edo_cache_remove(b->cache, (edo_str){ &name, 1 });
}

static void change(caller *c, int key) {
    bench *b = c->in;
    const char name = (char)('a' + key);
    switch (chance_below(&c->chance, 8)) {
    case 0:
        for (int i = 0; i < KEYS; i++) (void)history_cut(b, i);
        edo_cache_clear(b->cache);
        break;
    case 1:
    case 2: set(c, key); break;
    case 3:
    case 4:
        (void)history_cut(b, key);
        (void)edo_cache_remove(b->cache, (edo_str){ &name, 1 });
        break;
    default: get_only(c, key);
    }
    look(b);
}

/* Some keys are asked for by all. */
static int key_by_chance(caller *c) {
    return (int)chance_below(&c->chance, chance_below(&c->chance, 3) > 0 ? 3 : KEYS);
}

static int call_one(caller *c) {
    const int key = key_by_chance(c);
    int err;
    if (chance_below(&c->chance, 6) == 0) {
        change(c, key);
        return 0;
    }
    if (chance_below(&c->chance, 4) > 0) return get_or_load(c, key, false);
    EDO_DEADLINE(patience, chance_between(&c->chance, edo_ms(1), edo_ms(400)));
    err = get_or_load(c, key, true);
    return edo_deadline_end(&patience, err);
}

/* After the faults each key has a value that was loaded since. */
static int recover(caller *c) {
    const uint64_t nth = c->in->nth;
    int err = 0;
    for (int key = 0, rounds = 0; key < KEYS && err == 0; rounds++) {
        const char name = (char)('a' + key);
        void *got = NULL;
        if (rounds == ROUNDS * KEYS) verdict_add(c->in->v, "key %d: no new value", key);
        if (rounds == ROUNDS * KEYS) break;
        order *o = order_new(c->in, key);
        if (!o) return -ENOMEM;
        const call began = call_begin(c->in, key, false);
        int result = edo_cache_get_or_load(c->in->cache, &got, (edo_str){ &name, 1 }, load, o);
        edo_rc_unref(o);
        if (result >= 0 && got) check_value(&began, got, result, false);
        if (result < 0) check_failure(&began, result);
        if (result >= 0 && got && ((value *)got)->nth > nth) key++;
        if (result >= 0) edo_rc_unref(got);
        edo_trail_clear();
        err = edo_sleep(edo_ms(200));
    }
    return err;
}

static int caller_run(void *arg) {
    caller *c = arg;
    int err = 0;
    while (err == 0 && !is_calm(c->in)) {
        (void)call_one(c);
        edo_trail_clear();
        err = edo_sleep(chance_between(&c->chance, edo_ms(1), calls_apart));
    }
    return err < 0 ? err : recover(c);
}

/* ---- The host of the cache ------------------------------------------------------------------- */

typedef struct app {
    bench *in;
    caller callers[CALLERS];
} app;

static int app_run(void *arg) {
    app *a = arg;
    bench *b = a->in;
    int err = edo_cache_new(&b->cache, &b->opts);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    for (int i = 0; i < CALLERS; i++) edo_scope_spawn(&all, caller_run, &a->callers[i]);
    err = edo_scope_end(&all, 0);
    edo_cache_unref(b->cache); // loads in tasks of their own may still be under way
    int slept = edo_sleep(edo_ns(load_most.ns + slack.ns));
    if (b->values_n > 0 || b->orders_n > 0 || b->loading_n > 0)
        verdict_add(b->v, "%d values, %d args, %d loads at the end", b->values_n, b->orders_n,
                    b->loading_n);
    return err < 0 ? err : slept;
}

/* ---- The source ------------------------------------------------------------------------------ */

typedef struct asked {
    bench *in;
    edo_stream *stream;
} asked;

/* Before the end of the faults it fails now and then by itself. */
static uint64_t source_reply(bench *b) {
    if (is_calm(b)) return END_VALUE;
    const uint32_t luck = chance_below(&b->chance, 16);
    return luck < 2 ? END_TROUBLE : luck < 4 ? END_MISSING : luck < 5 ? END_NOTHING : END_VALUE;
}

static int asked_turn(asked *a) {
    uint64_t key;
    bench *b = a->in;
    int err = edo_read_exact(a->stream, &key, sizeof key);
    if (err < 0) return err;
    const uint64_t reply = source_reply(b);
    const bool is_slow = chance_below(&b->chance, 6) == 0;
    err = edo_sleep(is_slow ? chance_between(&b->chance, edo_ms(100), edo_ms(2000))
                            : chance_between(&b->chance, edo_ms(0), edo_ms(40)));
    return err < 0 ? err : edo_write_all(a->stream, &reply, sizeof reply);
}

static int asked_run(void *arg) {
    asked *a = arg;
    EDO_DEADLINE(silence, edo_s(10));
    (void)edo_deadline_end(&silence, asked_turn(a));
    edo_trail_clear();
    edo_close(a->stream);
    free(a);
    return 0;
}

static int source_run(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    while (err == 0) {
        edo_stream *s;
        err = edo_accept(l, &s);
        if (err < 0) break;
        asked *a = malloc(sizeof *a);
        assert_non_null(a);
        *a = (asked){ arg, s };
        err = edo_scope_spawn(&all, asked_run, a);
        if (err < 0) {
            edo_close(s);
            free(a);
        }
    }
    edo_listener_close(l);
    edo_scope_cancel(&all);
    err = edo_scope_end(&all, err);
    return err == -ECANCELED ? 0 : err;
}

/* ---- The world ------------------------------------------------------------------------------- */

/* Zero, as the default, with half of the seeds. */
static edo_duration maybe(uint64_t *chance, int least_ms, int most_ms) {
    const edo_duration d = chance_between(chance, edo_ms(least_ms), edo_ms(most_ms));
    return chance_below(chance, 2) ? d : edo_ns(0);
}

static void bench_init(bench *b, uint64_t seed, verdict *v) {
    uint64_t chance = chance_seed(seed + 4000000);
    b->v = v;
    b->loss = chance_loss(&chance);
    b->opts = (edo_cache_opts){ .name = "values",
                                .entries_max = 2 + chance_below(&chance, KEYS),
                                .bytes_max = 3 * VALUE_MAX + chance_below(&chance, 10000),
                                .bytes_of = value_bytes,
                                .ttl = chance_between(&chance, edo_ms(100), edo_s(4)),
                                .no_jitter = chance_below(&chance, 2) == 0,
                                .negative_ttl = maybe(&chance, 100, 1000),
                                .stale_while = maybe(&chance, 100, 1000),
                                .stale_if_error = maybe(&chance, 100, 6000),
                                .early = chance_below(&chance, 2) ? 0 : 1,
                                .error_pause = chance_between(&chance, edo_ms(1), edo_ms(1500)),
                                .load_timeout = chance_between(&chance, edo_ms(500), edo_s(4)),
                                .detached = chance_below(&chance, 3) == 0,
                                .arg_ref = edo_rc_ref,
                                .arg_unref = edo_rc_unref };
    if (chance_below(&chance, 4) == 0) b->opts.waiters_max = 1 + chance_below(&chance, 4);
    if (chance_below(&chance, 4) == 0) b->opts.loads_max = 1 + chance_below(&chance, 4);
    b->is_apart = b->opts.detached || b->opts.early > 0 || b->opts.stale_while.ns > 0;
    b->chance = chance_next(&chance);
}

static void play(uint64_t seed, verdict *v) {
    const edo_sim_chaos_opts faults = { .until = edo_s(15), .longest = edo_s(10) };
    app a = { .in = calloc(1, sizeof(bench)) };
    bench *b = a.in;
    assert_non_null(b);
    bench_init(b, seed, v);
    for (int i = 0; i < CALLERS; i++)
        a.callers[i] = (caller){ .in = b, .chance = chance_next(&b->chance) };
    b->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = b->loss });
    assert_non_null(b->sim);
    int err = edo_sim_host(b->sim, "source", source_run, b);
    if (err == 0) err = edo_sim_client(b->sim, "app", app_run, &a);
    if (err == 0) err = edo_sim_chaos(b->sim, &faults);
    if (err == 0) err = edo_sim_run(b->sim, edo_minutes(20));
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(b->sim);
    free(b);
}

static void values_are_loaded_once_and_not_too_old(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_loaded_once_and_not_too_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
