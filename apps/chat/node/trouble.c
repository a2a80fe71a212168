/* SPDX-License-Identifier: MIT */
/* trouble.c: see trouble.h. */
#include "node/trouble.h"

#include <edo/json.h>

typedef struct state_news {
    const char *type;
    bool store, nodes;
} state_news;
EDO_DESCRIBE(state_news, EDO_FIELD(state_news, type), EDO_FIELD(state_news, store),
             EDO_FIELD(state_news, nodes))

/* It is back at once. Returns whether that is news. */
static bool trouble_look_at(atomic_bool *told, unsigned *looks_n, bool is_away) {
    *looks_n = !is_away ? 0 : *looks_n < TROUBLE_LOOKS ? *looks_n + 1 : *looks_n;
    bool is = *looks_n == TROUBLE_LOOKS;
    return atomic_exchange(told, is) != is;
}

bool trouble_look(trouble *self, bool is_store_away, bool are_nodes_away) {
    bool is_news = trouble_look_at(&self->is_store_away, &self->store_n, is_store_away);
    is_news |= trouble_look_at(&self->are_nodes_away, &self->nodes_n, are_nodes_away);
    self->changes_n += is_news; // before anybody is posted it
    return is_news;
}

static bool trouble_is_any(const trouble *self) {
    return atomic_load(&self->is_store_away) || atomic_load(&self->are_nodes_away);
}

message *trouble_frame(const trouble *self) {
    const state_news news = { .type = "state",
                              .store = !atomic_load(&self->is_store_away),
                              .nodes = !atomic_load(&self->are_nodes_away) };
    return message_json(&news, &state_news_desc);
}

int trouble_send(const trouble *self, page_socket *to) {
    unsigned seen;
    bool is_told = false;
    int err = 0;
    do {
        seen = atomic_load(&self->changes_n); // before what is away is looked at
        is_told |= trouble_is_any(self);
        if (is_told) err = page_socket_send(to, trouble_frame(self));
    } while (err == 0 && atomic_load(&self->changes_n) != seen);
    return err;
}
