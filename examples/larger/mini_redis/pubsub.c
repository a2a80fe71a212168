/* SPDX-License-Identifier: MIT */
#include "pubsub.h"

#include <errno.h>
#include <stdlib.h>

typedef struct subscription {
    struct subscription *next;
    client *who;
    size_t len;
    char channel[];
} subscription;

static subscription *subscriptions; // few enough to look at all of them

static bool is_to(const subscription *s, edo_str channel) {
    return edo_str_equal((edo_str){ s->channel, s->len }, channel);
}

/* The link to a subscription of this client; `channel` is NULL: to any. */
static subscription **find(const client *c, const edo_str *channel) {
    subscription **at = &subscriptions;
    while (*at && ((*at)->who != c || (channel && !is_to(*at, *channel)))) at = &(*at)->next;
    return at;
}

static void drop(subscription **at) {
    subscription *s = *at;
    *at = s->next;
    s->who->channels--;
    free(s);
}

int pubsub_add(client *c, edo_str channel) {
    if (*find(c, &channel)) return 0;
    subscription *s = malloc(sizeof *s + channel.len);
    if (!s) return -ENOMEM;
    *s = (subscription){ .next = subscriptions, .who = c, .len = channel.len };
    memcpy(s->channel, channel.ptr, channel.len);
    subscriptions = s;
    c->channels++;
    return 0;
}

void pubsub_remove(client *c, edo_str channel) {
    subscription **at = find(c, &channel);
    if (*at) drop(at);
}

void pubsub_remove_all(client *c) {
    while (c->channels > 0) drop(find(c, NULL));
}

bool pubsub_remove_any(client *c, output *reply) {
    subscription **at = find(c, NULL);
    if (!*at) return false;
    put_word(reply, (edo_str){ (*at)->channel, (*at)->len });
    drop(at);
    return true;
}

int pubsub_send(edo_str channel, edo_str message) {
    int told = 0;
    if (channel.len + message.len > MESSAGES_MAX) return -EMSGSIZE;
    for (subscription *s = subscriptions; s; s = s->next) {
        if (!is_to(s, channel)) continue;
        output *to = &s->who->messages;
        if (to->err < 0) continue; // it is being disconnected
        if (to->buf.len + channel.len + message.len > MESSAGES_MAX) to->err = -EMSGSIZE;
        put_int(to, '*', 3);
        put_word(to, EDO_STR("message"));
        put_word(to, channel);
        put_word(to, message);
        if (to->err < 0) edo_close(edo_stream_ref(s->who->peer));
        edo_notify_one(&s->who->told);
        told++;
    }
    return told;
}
