/* SPDX-License-Identifier: MIT */
/* tests/growth/chat.c: n members of a room of edo-chat, who leave it; there are no connections. */
#include "growth.h"

#include "message.h"
#include "room/directory.h"
#include "room/member.h"
#include "room/room.h"

#include <stdlib.h>

typedef struct crowd {
    uint32_t n;
    member *members;
    seat *seats;
    subscriber **subscribers;
    directory directory;
} crowd;

static void arrive(crowd *self, uint32_t i) {
    member *who = &self->members[i];
    *who = (member){ .mailbox = NULL };
    self->seats[i] = (seat){ .member = who };
    GROWTH_CHECK(directory_arrive(&self->directory, who) == 0);
    room *lobby = directory_open_room(&self->directory, &(name){ "general" });
    subscriber *s = self->subscribers[i] = room_subscribe(lobby, 0, NULL);
    GROWTH_CHECK(s);
    edo_broadcast_fall_behind(s->news); // it receives nothing, and no announcement waits for it
    directory_seat(&self->directory, &self->seats[i], lobby);
}

/* Leaves as a client does whose connection is gone. */
static void leave(crowd *self, uint32_t i) {
    member *who = &self->members[i];
    room *from = self->seats[i].room;
    subscriber_free(self->subscribers[i]);
    directory_seat(&self->directory, &self->seats[i], NULL);
    directory_depart(&self->directory, who);
    GROWTH_CHECK(room_announce(from, message_new(who->id, "* %s left", who->name.text)) == 0);
    directory_close_room(&self->directory, from);
}

static int leave_body(void *arg) {
    crowd *self = arg;
    GROWTH_CHECK(directory_init(&self->directory, 50, NULL) == 0);
    for (growth_order order = IN_ORDER; order < ORDERS; order++) {
        for (uint32_t i = 0; i < self->n; i++) arrive(self, i);
        GROWTH_CHECK(self->directory.lobby->members_n == self->n);
        growth_begin();
        for (uint32_t i = 0; i < self->n; i++) leave(self, growth_at(order, i, self->n));
        growth_end(growth_order_names[order]);
        GROWTH_CHECK(self->directory.lobby->members_n == 0 && !self->directory.people);
    }
    directory_deinit(&self->directory);
    return 0;
}

static void chat_leave(const void *arg, uint32_t n) {
    (void)arg;
    crowd self = { .n = n,
                   .members = growth_alloc(n, sizeof(member)),
                   .seats = growth_alloc(n, sizeof(seat)),
                   .subscribers = growth_alloc(n, sizeof(subscriber *)) };
    growth_inside(leave_body, &self);
    free(self.members);
    free(self.seats);
    free(self.subscribers);
}

const growth_case growth_chat[] = {
    { .name = "chat_leave", .run = chat_leave },
    { .name = NULL },
};
