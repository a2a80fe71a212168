/* SPDX-License-Identifier: MIT */
/* order.c: what an order looks like as a row, and as JSON. */
#include "order.h"

EDO_DESCRIBE_ENUM(order_state, EDO_UNIT(ORDER_PLACED, "placed"), EDO_UNIT(ORDER_PAID, "paid"),
                  EDO_UNIT(ORDER_UNDOING, "undoing"), EDO_UNIT(ORDER_UNDONE, "undone"),
                  EDO_UNIT(ORDER_SOLD_OUT, "sold_out"))
EDO_DESCRIBE_SHARED(order, EDO_FIELD(order, key), EDO_FIELD(order, item), EDO_FIELD(order, n),
                    EDO_FIELD(order, amount), EDO_FIELD_OF(order, state, order_state_desc),
                    EDO_FIELD(order, age, .optional = true))

edo_str order_state_name(order_state s) {
    const edo_field *f = edo_desc_variant(&order_state_desc, &s, sizeof s);
    return (edo_str){ f->key + 2, f->name_len };
}
