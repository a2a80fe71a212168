/* SPDX-License-Identifier: MIT */
/* messages: an order as a protobuf message, back, as JSON, through a program that knows less of it,
 * one that says what it is, and one that is broken.
 *
 *     protoc --edo_opt=times --edo_out=. shop.proto */
#include "shop.edo.h"

#include <edo/protobuf_known.h>

#include <stdio.h>

static int write_order(edo_buf *out) {
    shop_v1_item items[] = {
        { .name = EDO_STR("tea"), .size = SHOP_V1_SIZE_LARGE, .cents = 350 },
        { .name = EDO_STR("cake"), .cents = 420 },
    };
    shop_v1_order_labels_entry labels[] = { { EDO_STR("milk"), EDO_STR("oat") } };
    const shop_v1_order order = { .id = 7,
                                  .items = items,
                                  .items_n = EDO_COUNT(items),
                                  .labels = labels,
                                  .labels_n = EDO_COUNT(labels),
                                  .payment = SHOP_V1_ORDER_PAYMENT_VOUCHER,
                                  .voucher = 500,
                                  .table = 0,
                                  .has_table = true,
                                  .placed = { .s = 1714979289 },
                                  .has_placed = true };
    return edo_protobuf_encode(out, &order, &shop_v1_order_desc);
}

static int total(const shop_v1_order *order) {
    int cents = 0;
    for (size_t i = 0; i < order->items_n; i++) cents += order->items[i].cents;
    return order->payment == SHOP_V1_ORDER_PAYMENT_VOUCHER ? cents - order->voucher : cents;
}

static int read_order(edo_str message, edo_arena *arena) {
    shop_v1_order order;
    edo_buf json = { 0 };
    int err = edo_protobuf_decode(&order, &shop_v1_order_desc, message, arena);
    if (err == 0) err = edo_protobuf_json_encode(&json, &order, &shop_v1_order_desc, NULL);
    if (err == 0) {
        printf("order %lld: %zu items, %d cents to pay\n", (long long)order.id, order.items_n,
               total(&order));
        printf("%.*s\n", (int)json.len, json.ptr);
    }
    edo_buf_deinit(&json);
    return err;
}

/* A program of last year knows an id and nothing else. */
typedef struct old_order {
    int64_t id;
    edo_str unknown;
} old_order;
EDO_DESCRIBE(old_order, EDO_FIELD(old_order, id, .number = 1, .optional = true),
             EDO_FIELD(old_order, unknown, .wire = EDO_WIRE_REST, .skip = true))

static int renumber(edo_buf *out, edo_str message, edo_arena *arena) {
    old_order order;
    int err = edo_protobuf_decode(&order, &old_order_desc, message, arena);
    if (err < 0) return err;
    order.id = 8;
    return edo_protobuf_encode(out, &order, &old_order_desc);
}

/* A message that says what it is: for a queue that has some of several types. */
static int send_item(const shop_v1_item *item, edo_arena *arena) {
    google_protobuf_any any;
    shop_v1_item got;
    int err = edo_protobuf_any_pack(&any, "shop.v1.Item", item, &shop_v1_item_desc, arena);
    if (err == 0 && edo_protobuf_any_is(&any, "shop.v1.Item"))
        err = edo_protobuf_any_unpack(&got, &shop_v1_item_desc, &any, "shop.v1.Item", arena);
    if (err == 0) printf("%s: %.*s\n", any.type_url.ptr, (int)got.name.len, got.name.ptr);
    return err;
}

int main(void) {
    edo_arena arena = { 0 };
    edo_buf message = { 0 }, again = { 0 };
    int err = write_order(&message);
    edo_str bytes = { message.ptr, message.len };
    printf("a message of %zu bytes\n", bytes.len);
    if (err == 0) err = read_order(bytes, &arena);
    if (err == 0) err = renumber(&again, bytes, &arena);
    if (err == 0) err = read_order((edo_str){ again.ptr, again.len }, &arena);
    if (err == 0) err = send_item(&(shop_v1_item){ .name = EDO_STR("tea") }, &arena);
    if (err == 0) {
        bytes.len = 10; // the rest is lost on the way
        err = read_order(bytes, &arena);
        edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    }
    edo_buf_deinit(&message);
    edo_buf_deinit(&again);
    edo_arena_deinit(&arena);
    return err == -EDO_EPROTOBUF ? 0 : 1;
}
