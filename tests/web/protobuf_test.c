/* SPDX-License-Identifier: MIT */
/* Goal: a described struct comes as a protobuf message, and goes as one; what is none of its type,
 * or too much, is refused with a status that says so.
 * Method: a server on one thread, clients that send bytes. */
#include "web_server.h"

#include <edo/protobuf.h>

typedef struct order_item {
    edo_str name;
    uint64_t large[32]; // a message that is short, and a struct that is not
} order_item;
EDO_DESCRIBE(order_item, EDO_FIELD(order_item, name, .number = 1, .optional = true))

typedef struct order {
    edo_str name;
    uint8_t age;
    order_item *items;
    size_t items_n;
    edo_str unknown;
} order;
EDO_DESCRIBE(order, EDO_FIELD(order, name, .number = 1, .optional = true),
             EDO_FIELD(order, age, .number = 2, .optional = true, .max = 120),
             EDO_FIELD_LIST_OF(order, items, items_n, order_item_desc, .number = 3,
                               .optional = true),
             EDO_FIELD(order, unknown, .wire = EDO_WIRE_REST, .skip = true))

static int returns_it(edo_web *w) {
    order o;
    int err = edo_web_protobuf(w, &o, &order_desc);
    return err < 0 ? err : edo_web_reply_protobuf(w, EDO_STATUS_CREATED, &o, &order_desc);
}

/* A type that was set before stands, and what cannot be written is a failure. */
static int says_its_type(edo_web *w) {
    const order o = { .name = EDO_STR("Bob") };
    EDO_TEST_OK(edo_web_set_header(w, "content-type", "application/x-protobuf"));
    return edo_web_reply_protobuf(w, EDO_STATUS_OK, &o, &order_desc);
}

static int is_not_utf8(edo_web *w) {
    const order o = { .name = EDO_STR("\xff") };
    return edo_web_reply_protobuf(w, EDO_STATUS_OK, &o, &order_desc);
}

#define PROTOBUF "application/protobuf"

typedef struct row {
    const char *line, *type, *body, *status, *wanted;
} row;

static int goes_through(void *arg) {
    static const row rows[] = {
        { "PUT /orders", PROTOBUF,
          "\x0a\x03"
          "Ann\x10\x09",
          " 201 ",
          "\r\n\r\n\x0a\x03"
          "Ann\x10\x09" },
        { "PUT /orders", "application/x-protobuf; a=b", "\x10\x09", " 201 ",
          "content-type: " PROTOBUF "\r\n" },
        { "PUT /orders", "Application/Vnd.Google.Protobuf", "", " 201 ", "content-length: 0\r\n" },
        // what has no field goes on
        { "PUT /orders", PROTOBUF, "\x28\x07\x10\x09", " 201 ", "\r\n\r\n\x10\x09\x28\x07" },
        { "PUT /orders", "application/json", "{}", " 415 ", "not " PROTOBUF },
        { "PUT /orders", NULL, "\x10\x09", " 415 ", "not " PROTOBUF },
        { "PUT /orders", PROTOBUF,
          "\x0a\x03"
          "An",
          " 422 ", "the message is cut off" },
        { "PUT /orders", PROTOBUF, "\x0a\x01\xff", " 422 ", "\\\"name\\\" must be UTF-8" },
        { "PUT /orders", PROTOBUF, "\x10\x79", " 422 ", "\\\"age\\\" must be at most 120" },
        { "PUT /orders", PROTOBUF,
          "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
          "123456789 123456789 1",
          " 413 ", "too long" },
        { "GET /own", NULL, NULL, " 200 ", "content-type: application/x-protobuf\r\n" },
        { "GET /bad", NULL, NULL, " 500 ", "\"status\":500" },
    };
    web_served s = { .opts = { .body_max = 100 } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_router_put(r, "/orders", returns_it);
    edo_router_get(r, "/own", says_its_type);
    edo_router_get(r, "/bad", is_not_utf8);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        web_ask(&s, &h, rows[i].line, rows[i].type, rows[i].body);
        bool good = has(&h, rows[i].status) && has(&h, rows[i].wanted);
        if (!good) (void)fprintf(stderr, "row %zu:\n%s\n", i, h.text);
        CHECK(good);
    }
    return web_end(&s);
}

static void struct_comes_and_goes_as_a_message(void **state) {
    (void)state;
    assert_int_equal(inside(goes_through, NULL), 0);
}

/* Five bytes of the message are a struct of 272: more than a message of its length may take, if the
 * server lets bodies take as much. */
static int takes_memory(void *arg) {
    static const size_t decoded_max[] = { 1 << 20, 0 };
    static const char *const why[] = { "more memory than allowed for its length",
                                       "would take too much memory" };
    static char body[3001];
    (void)arg;
    for (size_t i = 0; i + 5 < sizeof body; i += 5) memcpy(body + i, "\x1a\x03\x0a\x01x", 5);
    for (size_t i = 0; i < EDO_COUNT(why); i++) {
        web_served s = { .opts = { .body_max = 4000, .decoded_max = decoded_max[i] } };
        edo_router *r = edo_router_new();
        heard h;
        edo_router_put(r, "/orders", returns_it);
        web_begin(&s, r);
        web_ask(&s, &h, "PUT /orders", PROTOBUF, body);
        CHECK(has(&h, " 413 ") && has(&h, why[i]));
        CHECK_EQ(web_end(&s), 0);
    }
    return 0;
}

static void memory_of_a_message_is_bounded(void **state) {
    (void)state;
    assert_int_equal(inside(takes_memory, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(struct_comes_and_goes_as_a_message),
        cmocka_unit_test(memory_of_a_message_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
