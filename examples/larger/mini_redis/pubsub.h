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

/* Returns how many clients were told; -EMSGSIZE, and none was: the message alone is over
 * MESSAGES_MAX. A client that has not taken earlier messages, and would have to keep more than
 * MESSAGES_MAX with this one, is disconnected. */
int pubsub_send(edo_str channel, edo_str message);

#endif
