/* SPDX-License-Identifier: MIT */
/* sim/net/watch.c: see watch.h. */
#include "sim/net/watch.h"

#include "base/assert.h"

#include <errno.h>

/* Events that say how to report. */
#define WATCH_HOW ((uint32_t)(EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE))

struct edoi_siminterest {
    edoi_siminterest *next; /* of the socket */
    edoi_siminterest *ready_next, *ready_prev;
    edoi_simsock *sock;
    edoi_simset *set;
    uint64_t data;
    uint32_t events;
    int fd; /* const: with the file it is the key */
    bool is_queued;
};

struct edoi_simset {
    edoi_table_link link;
    edoi_simset *next; /* of the node */
    edoi_simnode *node;
    edoi_siminterest *ready, *ready_last;
    int epfd;
};

/* ---- Sets ------------------------------------------------------------------------------------ */

typedef struct watch_key {
    uint32_t node;
    int epfd;
} watch_key;

static bool watch_has_key(edoi_table_link *l, const void *key) {
    const edoi_simset *set = (const edoi_simset *)(void *)l;
    const watch_key *k = key;
    return set->epfd == k->epfd && set->node->id == k->node;
}

static uint64_t watch_hash(const edoi_simnet *net, const watch_key *k) {
    return edoi_siphash13(&net->secret, k, sizeof *k);
}

static edoi_simset *watch_find(const edoi_simnode *node, int epfd) {
    watch_key k = { .node = node->id, .epfd = epfd };
    return (edoi_simset *)(void *)edoi_table_find(&node->net->sets, watch_hash(node->net, &k),
                                                  watch_has_key, &k);
}

static edoi_simset *watch_get(edoi_simnode *node, int epfd) {
    watch_key k = { .node = node->id, .epfd = epfd };
    edoi_simset *set = watch_find(node, epfd);
    if (set) return set;
    set = (edoi_simset *)edoi_calloc(1, sizeof *set);
    if (!set) return NULL;
    set->node = node;
    set->epfd = epfd;
    set->next = node->sets;
    node->sets = set;
    edoi_simtable_add(&node->net->sets, &set->link, watch_hash(node->net, &k));
    return set;
}

static void watch_queue(edoi_siminterest *i) {
    edoi_simset *set = i->set;
    if (i->is_queued) return;
    i->is_queued = true;
    i->ready_next = NULL;
    i->ready_prev = set->ready_last;
    if (set->ready_last) {
        set->ready_last->ready_next = i;
    } else {
        set->ready = i;
    }
    set->ready_last = i;
}

static void watch_unqueue(edoi_siminterest *i) {
    edoi_simset *set = i->set;
    if (!i->is_queued) return;
    i->is_queued = false;
    if (i->ready_prev) {
        i->ready_prev->ready_next = i->ready_next;
    } else {
        set->ready = i->ready_next;
    }
    if (i->ready_next) {
        i->ready_next->ready_prev = i->ready_prev;
    } else {
        set->ready_last = i->ready_prev;
    }
}

/* ---- Interests ------------------------------------------------------------------------------- */

/* What the interest would report now. */
static uint32_t watch_mask(const edoi_siminterest *i) {
    uint32_t asked = i->events & ~WATCH_HOW;
    return asked ? i->sock->ops->mask(i->sock) & asked : 0; // none: EPOLLONESHOT was used up
}

static edoi_siminterest **watch_place(edoi_simsock *s, const edoi_simset *set, int fd) {
    edoi_siminterest **at = &s->interests;
    while (*at && ((*at)->set != set || (*at)->fd != fd)) at = &(*at)->next;
    return at;
}

static void watch_end(edoi_siminterest **at) {
    edoi_siminterest *i = *at;
    *at = i->next;
    watch_unqueue(i);
    edoi_free(i);
}

static void watch_set(edoi_siminterest *i, const struct epoll_event *event) {
    i->events = event->events | EPOLLERR | EPOLLHUP;
    i->data = event->data.u64;
    if (watch_mask(i)) watch_queue(i);
}

static int watch_add(edoi_simnode *node, int epfd, int fd, edoi_simsock *s,
                     const struct epoll_event *event) {
    edoi_simset *set = watch_get(node, epfd);
    if (!set) return -ENOMEM;
    if (*watch_place(s, set, fd)) return -EEXIST;
    edoi_siminterest *i = (edoi_siminterest *)edoi_alloc(sizeof *i);
    if (!i) return -ENOMEM;
    *i = (edoi_siminterest){ .next = s->interests, .sock = s, .set = set, .fd = fd };
    s->interests = i;
    watch_set(i, event);
    return 0;
}

int edoi_simwatch_change(edoi_simsock *s, int epfd, int op, int fd,
                         const struct epoll_event *event) {
    if (op == EPOLL_CTL_ADD) return watch_add(s->node, epfd, fd, s, event);
    if (op != EPOLL_CTL_MOD && op != EPOLL_CTL_DEL) return -EINVAL;
    const edoi_simset *set = watch_find(s->node, epfd);
    edoi_siminterest **at = set ? watch_place(s, set, fd) : NULL;
    if (!at || !*at) return -ENOENT;
    if (op == EPOLL_CTL_DEL) {
        watch_end(at);
    } else {
        watch_set(*at, event);
    }
    return 0;
}

void edoi_simwatch_wake(edoi_simsock *s, uint32_t what) {
    for (edoi_siminterest *i = s->interests; i; i = i->next) {
        uint32_t asked = i->events & ~WATCH_HOW;
        if (asked && (what == EDOI_SIM_WAKE_ALL || what & asked)) watch_queue(i);
    }
}

void edoi_simwatch_forget(edoi_simsock *s) {
    while (s->interests) watch_end(&s->interests);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* Takes from the front what is not ready any more: false: nothing is left. */
static bool watch_prune(edoi_simset *set) {
    while (set->ready && !watch_mask(set->ready)) watch_unqueue(set->ready);
    return set->ready != NULL;
}

int edoi_simwatch_wait(edoi_simnode *node, int epfd, struct epoll_event *events, int max) {
    edoi_simset *set = watch_find(node, epfd);
    if (max <= 0) return -EINVAL;
    if (!set) return 0;
    int n = 0;
    const edoi_siminterest *last = set->ready_last; // what is queued again comes behind it
    for (edoi_siminterest *i = set->ready, *next; i && n < max; i = next) {
        next = i == last ? NULL : i->ready_next;
        uint32_t mask = watch_mask(i);
        watch_unqueue(i);
        if (!mask) continue;
        events[n++] = (struct epoll_event){ .events = mask, .data.u64 = i->data };
        if (i->events & EPOLLONESHOT) {
            i->events &= WATCH_HOW;
        } else if (!(i->events & EPOLLET)) {
            watch_queue(i);
        }
    }
    return n;
}

bool edoi_simnode_has_events(edoi_simnode *node) {
    if (node->is_paused) return false;
    for (edoi_simset *set = node->sets; set; set = set->next)
        if (watch_prune(set)) return true;
    return false;
}

/* ---- The end of a set ------------------------------------------------------------------------ */

static void watch_end_of_set(edoi_simsock *s, const edoi_simset *set) {
    for (edoi_siminterest **at = &s->interests; *at;) {
        if ((*at)->set == set) {
            watch_end(at);
        } else {
            at = &(*at)->next;
        }
    }
}

static void watch_set_free(edoi_simset *set) {
    edoi_simnode *node = set->node;
    edoi_simset **at = &node->sets;
    while (*at != set) at = &(*at)->next;
    *at = set->next;
    edoi_table_remove(&node->net->sets, &set->link);
    edoi_free(set);
}

void edoi_simwatch_close(edoi_simnode *node, int epfd) {
    edoi_simset *set = watch_find(node, epfd);
    if (!set) return;
    for (int i = node->fds; i >= 0; i = node->net->files[i].next)
        watch_end_of_set(node->net->files[i].sock, set);
    watch_set_free(set);
}

void edoi_simwatch_free_all(edoi_simnode *node) {
    while (node->sets) {
        EDO_ASSERT(!node->sets->ready);
        watch_set_free(node->sets);
    }
}
