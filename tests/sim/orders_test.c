/* SPDX-License-Identifier: MIT */
/* Goal: the example `orders` loses no order and is paid for each once, whatever happens to it, to
 * its partner, to the disks of both, and on the ways between them and customers.
 * Method: both programs at hosts of a world, with customers who ask until they know how their
 * orders have ended; faults by the seed. A program that fails is started again, as a service is.
 * Then the books of both are compared with what customers were told. */
#include "inside.h"
#include "orders_hosts.h"
#include "seeds.h"

#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/sqlite.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define CUSTOMERS   3
#define ORDERS_EACH 4
#define ORDERS      (CUSTOMERS * ORDERS_EACH)
#define PATIENCE    edo_s(12) /* of a customer with one request */

typedef struct wish {
    int64_t item;
    int32_t n;
} wish;
EDO_DESCRIBE(wish, EDO_FIELD(wish, item), EDO_FIELD(wish, n))

/* An order, as customers and the database have it. */
typedef struct entry {
    char key[32], state[16];
    int64_t item, n, amount;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, key), EDO_FIELD(entry, state), EDO_FIELD(entry, item),
             EDO_FIELD(entry, n), EDO_FIELD(entry, amount))

typedef struct page {
    entry order;
} page;
EDO_DESCRIBE(page, EDO_FIELD_OF(page, order, entry_desc))

typedef struct purchase {
    char key[32];
    wish wish;
    bool is_acked;
    char end[16]; /* the state that the customer was told; "": it has not ended */
} purchase;

typedef struct customer {
    verdict *v;
    uint64_t chance;
    purchase all[ORDERS_EACH];
} customer;

/* ---- Customers ------------------------------------------------------------------------------- */

static bool is_end(const char *state) {
    return strcmp(state, "paid") == 0 || strcmp(state, "undone") == 0 ||
           strcmp(state, "sold_out") == 0;
}

/* What has been said of an order is the order's, and an end that was known when the request was
 * sent stays: of two requests at once one may be told what was before. */
static void purchase_note(purchase *p, const entry *e, bool had_ended, verdict *v) {
    p->is_acked = true;
    if (strcmp(e->key, p->key) != 0 || e->item != p->wish.item || e->n != p->wish.n)
        verdict_add(v, "%s: the reply is about %s, %d of %d", p->key, e->key, (int)e->n,
                    (int)e->item);
    if (p->end[0] && (had_ended || is_end(e->state)) && strcmp(p->end, e->state) != 0)
        verdict_add(v, "%s was %s, and is %s now", p->key, p->end, e->state);
    if (is_end(e->state)) memcpy(p->end, e->state, sizeof p->end);
}

static int place(purchase *p, verdict *v) {
    const bool had_ended = p->end[0];
    edo_headers headers;
    edo_http_response *res = NULL;
    edo_headers_init(&headers);
    int err = edo_headers_append_named(&headers, EDO_STR("idempotency-key"), edo_str_of(p->key));
    const edo_fetch_opts opts = {
        .headers = &headers, .json = &p->wish, .json_desc = &wish_desc, .any_status = true
    };
    if (err == 0) err = edo_fetch(&res, EDO_STR("http://shop:8080/orders"), &opts);
    edo_headers_deinit(&headers);
    if (err < 0 || !res) return err;
    const int status = (int)res->status;
    entry e = { .n = 0 };
    const bool is_told = status == 201 || status == 202 || status == 402 || status == 409;
    if (is_told) err = edo_http_response_json(res, &e, &entry_desc, 4096);
    if (is_told && err == 0) purchase_note(p, &e, had_ended, v);
    if (!is_told && status < 500 && status != 408)
        verdict_add(v, "%s is refused: %d", p->key, status);
    edo_http_response_free(res);
    return err;
}

static int look_for(purchase *p, verdict *v) {
    const bool had_ended = p->end[0];
    char url[96];
    edo_http_response *res;
    page seen = { .order = { .n = 0 } };
    (void)snprintf(url, sizeof url, "http://shop:8080/orders/%s", p->key);
    int err = edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .any_status = true });
    if (err < 0) return err;
    const int status = (int)res->status;
    if (status == 200) err = edo_http_response_json(res, &seen, &page_desc, 4096);
    if (status == 200 && err == 0) purchase_note(p, &seen.order, had_ended, v);
    if (status == 404) verdict_add(v, "%s was accepted, and is lost", p->key);
    edo_http_response_free(res);
    return err;
}

/* One request, whose failure says nothing. */
static void ask(customer *c, purchase *p) {
    const edo_instant start = edo_now();
    EDO_DEADLINE(patience, PATIENCE);
    int err = p->is_acked && chance_below(&c->chance, 2) ? look_for(p, c->v) : place(p, c->v);
    (void)edo_deadline_end(&patience, err);
    edo_trail_clear();
    if (ms_since(start) > PATIENCE.ns / 1000000 + 10)
        verdict_add(c->v, "%s: a request took %d ms", p->key, (int)ms_since(start));
}

typedef struct copy {
    customer *of;
    purchase *p;
} copy;

static int ask_again(void *arg) {
    copy *c = arg;
    int err = place(c->p, c->of->v);
    edo_trail_clear();
    return err == -ECANCELED ? err : 0;
}

/* The request is sent twice at once, as by somebody who has no patience. */
static void ask_twice(customer *c, purchase *p) {
    copy again = { c, p };
    EDO_DEADLINE(patience, PATIENCE);
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, ask_again, &again);
    edo_scope_spawn(&both, ask_again, &again);
    (void)edo_deadline_end(&patience, edo_scope_end(&both, 0));
    edo_trail_clear();
}

static int customer_run(void *arg) {
    customer *c = arg;
    int err = 0;
    for (int i = 0; i < ORDERS_EACH; i++) {
        purchase *p = &c->all[i];
        err = edo_sleep(chance_between(&c->chance, edo_ms(0), edo_s(6)));
        if (err == 0 && chance_below(&c->chance, 4) == 0) ask_twice(c, p);
        while (err == 0 && !p->end[0]) {
            ask(c, p);
            err = edo_sleep(chance_between(&c->chance, edo_ms(100), edo_ms(1500)));
        }
        if (err < 0) return err;
    }
    for (int i = 0; i < ORDERS_EACH; i++) ask(c, &c->all[i]); // an end stays
    return 0;
}

/* ---- The books ------------------------------------------------------------------------------- */

typedef struct count {
    int64_t n;
} count;
EDO_DESCRIBE(count, EDO_FIELD(count, n))

typedef struct books {
    const char *file;
    verdict *v;
    edo_duration wait; /* for the last fault to be over */
    struct {
        entry *list;
        size_t n;
    } orders;
    count sold, stock;
} books;

typedef struct entries {
    entry *list;
    size_t n;
} entries;
EDO_DESCRIBE(entries, EDO_FIELD_LIST_OF(entries, list, n, entry_desc, .max_len = 1000))

static int await_no_errand(const books *b, edo_sqlite *db) {
    count left = { .n = 1 };
    int err = 0;
    for (int i = 0; i < 120 && err == 0 && left.n > 0; i++) {
        err = edo_sleep(edo_s(1));
        if (err == 0)
            err = edo_sqlite_query_one(db, &left, &count_desc, "select count(*) as n from outbox",
                                       EDO_SQL_NONE);
    }
    if (left.n > 0) verdict_add(b->v, "%d orders do not end", (int)left.n);
    return err;
}

static int books_read(void *arg) {
    books *b = arg;
    edo_sqlite *db;
    entries all = { .n = 0 };
    int err = edo_sleep(b->wait);
    if (err < 0) return err;
    err = edo_sqlite_open(&db, b->file, NULL);
    if (err < 0) return err;
    err = await_no_errand(b, db);
    if (err == 0)
        err = edo_sqlite_query_all(db, &all, &entries_desc, NULL,
                                   "select key, state, item, n, amount from orders", EDO_SQL_NONE);
    if (err == 0)
        err = edo_sqlite_query_one(
            db, &b->sold, &count_desc,
            "select coalesce(sum(n), 0) as n from orders where state = 'paid'", EDO_SQL_NONE);
    if (err == 0)
        err = edo_sqlite_query_one(db, &b->stock, &count_desc, "select sum(stock) as n from item",
                                   EDO_SQL_NONE);
    b->orders.list = all.list, b->orders.n = all.n;
    edo_sqlite_close(db);
    return err;
}

static const entry *books_find(const books *b, const char *key) {
    for (size_t i = 0; i < b->orders.n; i++)
        if (strcmp(b->orders.list[i].key, key) == 0) return &b->orders.list[i];
    return NULL;
}

/* What the partner has written of one key. */
typedef struct account {
    int taken, returned, declined;
    long long amount;
    bool is_late; /* taken after it was returned */
} account;

static account ledger_read(const char *file, const char *key) {
    account a = { .taken = 0 };
    char word[16], name[64];
    long long amount;
    FILE *f = fopen(file, "re");
    assert_non_null(f);
    while (fscanf(f, "%15s %63s %lld", word, name, &amount) == 3) {
        if (strcmp(name, key) != 0) continue;
        if (strcmp(word, "taken") == 0) a.taken++, a.amount += amount, a.is_late = a.returned > 0;
        a.returned += strcmp(word, "returned") == 0;
        a.declined += strcmp(word, "declined") == 0;
    }
    (void)fclose(f);
    return a;
}

static void check_purchase(const books *b, const char *ledger, const purchase *p) {
    const entry *e = books_find(b, p->key);
    const account a = ledger_read(ledger, p->key);
    const bool is_kept = a.taken > a.returned;
    if (!e) {
        verdict_add(b->v, "%s is lost", p->key);
        return;
    }
    if (strcmp(e->state, p->end) != 0)
        verdict_add(b->v, "%s was %s, and is %s in the end", p->key, p->end, e->state);
    if (a.taken > 1 || a.returned > 1 || a.declined > 1 || a.is_late)
        verdict_add(b->v, "%s: the money was taken %d times, returned %d times", p->key, a.taken,
                    a.returned);
    if (strcmp(e->state, "paid") == 0 && (!is_kept || a.returned || a.amount != e->amount))
        verdict_add(b->v, "%s is paid, without its money", p->key);
    if (strcmp(e->state, "paid") != 0 && is_kept)
        verdict_add(b->v, "%s is %s, and its money is kept", p->key, e->state);
}

/* ---- The world ------------------------------------------------------------------------------- */

/* A host's program whose end is noted. */
typedef struct program {
    edo_task_fn *fn;
    void *arg;
    bool has_ended;
} program;

static int program_run(void *arg) {
    program *p = arg;
    int err = 0;
    p->has_ended = false;
    while (err == 0) {
        err = p->fn(p->arg);
        if (err >= 0 || err == -ECANCELED) break;
        edo_trail_clear();
        err = edo_sleep(edo_s(1));
    }
    p->has_ended = true;
    return err == -ECANCELED ? 0 : err;
}

typedef struct market {
    edo_sim *sim;
    verdict *v;
    char folder[64], shop_disk[72], partner_disk[80], file[96], ledger[96];
    orders_site site;
    char *partner_args[4];
    program shop, partner;
    customer customers[CUSTOMERS];
    books books;
} market;

static const char *const customers[CUSTOMERS] = { "ann", "bob", "cleo" };

static void market_init(market *m, uint64_t seed, verdict *v) {
    *m = (market){ .v = v };
    files_make(m->folder);
    (void)snprintf(m->shop_disk, sizeof m->shop_disk, "%s/shop", m->folder);
    (void)snprintf(m->partner_disk, sizeof m->partner_disk, "%s/partner", m->folder);
    (void)snprintf(m->file, sizeof m->file, "%s/shop.db", m->shop_disk);
    (void)snprintf(m->ledger, sizeof m->ledger, "%s/ledger", m->partner_disk);
    assert_int_equal(mkdir(m->shop_disk, 0700), 0);
    assert_int_equal(mkdir(m->partner_disk, 0700), 0);
    m->site = (orders_site){ m->file, "http://partner:8081", "0.0.0.0:8080" };
    m->partner_args[0] = (char *)(uintptr_t) "partner";
    m->partner_args[1] = m->ledger;
    m->partner_args[2] = (char *)(uintptr_t) "0.0.0.0:8081";
    m->shop = (program){ .fn = orders_on_sqlite_run, .arg = &m->site };
    m->partner = (program){ .fn = partner_run, .arg = m->partner_args };
    m->books = (books){ .file = m->file, .v = v };
    uint64_t chance = chance_seed(seed + 1000000);
    for (int i = 0; i < CUSTOMERS; i++) {
        customer *c = &m->customers[i];
        c->v = v;
        c->chance = chance_next(&chance);
        for (int n = 0; n < ORDERS_EACH; n++) {
            purchase *p = &c->all[n];
            (void)snprintf(p->key, sizeof p->key, "%s-%d", customers[i], n);
            p->wish = (wish){ .item = 1 + (int64_t)chance_below(&chance, 3),
                              .n = 1 + (int32_t)chance_below(&chance, 2) };
        }
    }
}

static int market_open(market *m) {
    static const char *const hosts[] = { "shop", "shop", "partner" };
    const edo_sim_chaos_opts faults = { .hosts = hosts,
                                        .hosts_n = EDO_COUNT(hosts),
                                        .until = edo_s(20) };
    int err = edo_sim_host(m->sim, "partner", program_run, &m->partner);
    if (err == 0) err = edo_sim_host(m->sim, "shop", program_run, &m->shop);
    if (err == 0) err = edo_sim_disk(m->sim, "shop", m->shop_disk);
    if (err == 0) err = edo_sim_disk(m->sim, "partner", m->partner_disk);
    for (int i = 0; i < CUSTOMERS && err == 0; i++)
        err = edo_sim_client(m->sim, customers[i], customer_run, &m->customers[i]);
    return err < 0 ? err : edo_sim_chaos(m->sim, &faults);
}

static int rest(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(1));
}

/* Both programs end by SIGTERM: no handler waits for ever. */
static int market_end(market *m) {
    const edo_duration now = edo_sim_now(m->sim);
    int err = edo_sim_signal(m->sim, "shop", SIGTERM, now);
    if (err == 0) err = edo_sim_signal(m->sim, "partner", SIGTERM, now);
    if (err == 0) err = edo_sim_client(m->sim, "rests", rest, NULL);
    if (err == 0) err = edo_sim_run(m->sim, edo_minutes(5));
    if (!m->shop.has_ended) verdict_add(m->v, "the shop does not end");
    if (!m->partner.has_ended) verdict_add(m->v, "the partner does not end");
    return err;
}

static void market_check(market *m) {
    for (int i = 0; i < CUSTOMERS; i++)
        for (int n = 0; n < ORDERS_EACH; n++)
            check_purchase(&m->books, m->ledger, &m->customers[i].all[n]);
    if (m->books.orders.n != ORDERS) verdict_add(m->v, "there are %zu orders", m->books.orders.n);
    if (m->books.stock.n + m->books.sold.n != 204)
        verdict_add(m->v, "%d pieces are there, %d are sold", (int)m->books.stock.n,
                    (int)m->books.sold.n);
}

static void play(uint64_t seed, verdict *v) {
    uint64_t chance = chance_seed(seed);
    market *m = malloc(sizeof *m);
    assert_non_null(m);
    market_init(m, seed, v);
    m->sim = edo_sim_new(&(edo_sim_opts){ .seed = seed, .link.loss = chance_loss(&chance) });
    assert_non_null(m->sim);
    int err = market_open(m);
    if (err == 0) err = edo_sim_run(m->sim, edo_minutes(10));
    m->books.wait = edo_ns(edo_sim_calm(m->sim).ns + edo_s(1).ns - edo_sim_now(m->sim).ns);
    if (err == 0) err = edo_sim_client(m->sim, "auditor", books_read, &m->books);
    if (err == 0) err = edo_sim_run(m->sim, edo_minutes(5));
    if (err == 0) market_check(m);
    if (err == 0) err = market_end(m);
    if (err < 0) {
        char why[256];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        verdict_add(v, "%s", why);
    }
    edo_sim_free(m->sim);
    free(m->books.orders.list);
    files_free(m->folder);
    free(m);
}

static void no_order_is_lost_nor_paid_twice(void **state) {
    (void)state;
    assert_int_equal(run_seeds(play, SEEDS_USUAL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_is_lost_nor_paid_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
