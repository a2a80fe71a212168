/* SPDX-License-Identifier: MIT */
/* pubsub.h: messages to all clients that subscribe a channel. All with the store's lock. */
#ifndef MINI_REDIS_PUBSUB_H
#define MINI_REDIS_PUBSUB_H

#include "client.h"

int pubsub_add(client *c, edo_str channel); // -ENOMEM
void pubsub_remove(client *c, edo_str channel);

void pubsub_remove_all(client *c);

/* Removes a channel of the client, and writes its name; false: it has none. */
bool pubsub_remove_any(client *c, output *reply);

/* Returns how many clients were told. A client with too many messages is disconnected. */
int pubsub_send(edo_str channel, edo_str message);

#endif
