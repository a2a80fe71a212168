/* SPDX-License-Identifier: MIT */
/* by_key.c: an actor for each room that somebody is in, found by its name. The first guest starts
 * it, it ends with the last one, and writes down what it knows; the next one of that name goes on
 * there, once that is written. On a paused clock. */
#include <edo/edo.h>
#include <edo/map.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct request {
    edo_oneshot_tx *reply; // of an int: how many guests there have been
} request;

static void drop_request(void *msg) { // nobody reads it any more
    edo_oneshot_tx_free(((request *)msg)->reply);
}

/* ---- The table ------------------------------------------------------------------------------- */

/* The last actor of a name: it runs, or has not yet taken itself out of the table. */
typedef struct entry {
    edo_mpsc_weak *door; // weak: what is in the table keeps no room open
    edo_task *task;
    const struct room *room; // whose entry it is
} entry;

typedef struct rooms {
    edo_mutex mu;
    edo_map by_name;  // of entries; lock: mu
    edo_map written;  // what rooms that have ended have written down: ints; lock: mu
    edo_scope *scope; // of all rooms
} rooms;

typedef struct room {
    rooms *all;
    char name[16];
    edo_mpsc_rx *inbox;
    edo_task *before; // that of the same name, which may still write; NULL: none
} room;

static void entry_end(entry *e) {
    edo_mpsc_weak_unref(e->door);
    edo_task_unref(e->task);
}

/* ---- The task -------------------------------------------------------------------------------- */

/* Takes the room out of the table, unless another one of its name is there by now. */
static void room_leave(const room *self) {
    entry e;
    if (edo_mutex_lock(&self->all->mu) < 0) return; // cut short: the table's end does it
    const entry *mine = edo_map_get(&self->all->by_name, edo_str_of(self->name));
    bool is_mine = mine && mine->room == self;
    if (is_mine && edo_map_remove(&self->all->by_name, edo_str_of(self->name), &e)) entry_end(&e);
    edo_mutex_unlock(&self->all->mu);
}

static int room_read(const room *self, int *guests) {
    int err = edo_mutex_lock(&self->all->mu);
    if (err < 0) return err;
    const int *known = edo_map_get(&self->all->written, edo_str_of(self->name));
    *guests = known ? *known : 0;
    edo_mutex_unlock(&self->all->mu);
    return 0;
}

static int room_write(const room *self, int guests) {
    int err = edo_sleep(edo_ms(10)); // it takes its time
    if (err == 0) err = edo_mutex_lock(&self->all->mu);
    if (err < 0) return err;
    err = edo_map_put(&self->all->written, edo_str_of(self->name), &guests);
    edo_mutex_unlock(&self->all->mu);
    return err < 0 ? err : 0;
}

static int room_serve(const room *self) {
    int guests;
    int err = room_read(self, &guests);
    if (err < 0) return err;
    printf("%s opens: %d guests so far\n", self->name, guests);
    for (request r; (err = edo_mpsc_recv(self->inbox, &r)) == 0;) {
        guests++;
        (void)edo_oneshot_send(r.reply, &guests); // whoever asked may have gone
    }
    if (err != -EDO_ECLOSED) return err; // cut short
    err = room_write(self, guests);
    printf("%s is closed\n", self->name);
    return err;
}

static int room_run(void *arg) {
    room *self = arg;
    int err = self->before ? edo_task_join(self->before) : 0;
    if (err == 0) err = room_serve(self);
    room_leave(self);
    edo_mpsc_rx_free(self->inbox);
    free(self);
    return err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

/* Starts the actor of an entry, which has that of the one before, if that has not ended. */
static int room_start(rooms *all, entry *e, const char *name, edo_mpsc_tx **out) {
    edo_mpsc_opts opts = { .drop = drop_request };
    room *self = malloc(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (room){ .all = all, .before = e->task };
    (void)snprintf(self->name, sizeof self->name, "%s", name);
    int err = edo_mpsc_new(out, &self->inbox, sizeof(request), 8, &opts);
    if (err < 0) {
        free(self);
        return err;
    }
    edo_task *task = edo_scope_spawn_handle(all->scope, room_run, self);
    if (!task) { // the scope has failed, and ends
        edo_mpsc_tx_unref(*out);
        edo_mpsc_rx_free(self->inbox);
        free(self);
        return -ECANCELED;
    }
    edo_mpsc_weak_unref(e->door);
    *e = (entry){ edo_mpsc_tx_downgrade(*out), task, self };
    return 0;
}

/* A handle of the room, which is open as long as somebody has one. */
static int rooms_enter(rooms *all, const char *name, edo_mpsc_tx **out) {
    int err = edo_mutex_lock(&all->mu);
    if (err < 0) return err;
    entry *e = edo_map_add(&all->by_name, edo_str_of(name));
    *out = e && e->door ? edo_mpsc_tx_upgrade(e->door) : NULL;
    if (!e)
        err = -ENOMEM;
    else if (!*out)
        err = room_start(all, e, name, out);
    edo_mutex_unlock(&all->mu);
    return err;
}

static void rooms_end(rooms *all) {
    for (edo_map_at at = { 0 }; edo_map_next(&all->by_name, &at);) entry_end(at.value);
    edo_map_deinit(&all->by_name);
    edo_map_deinit(&all->written);
}

/* ---- Who asks -------------------------------------------------------------------------------- */

typedef struct guest {
    const char *name, *room;
    int comes_ms, stays_ms;
    rooms *rooms;
} guest;

static int visit(void *arg) {
    const guest *self = arg;
    edo_mpsc_tx *inside = NULL;
    request r;
    int number;
    int err = edo_sleep(edo_ms(self->comes_ms));
    if (err == 0) err = rooms_enter(self->rooms, self->room, &inside);
    if (err < 0) return err;
    err = edo_actor_call(inside, &number, sizeof number, &r, &r.reply);
    if (err == 0) printf("%s is guest %d of the %s\n", self->name, number, self->room);
    if (err == 0) err = edo_sleep(edo_ms(self->stays_ms));
    edo_mpsc_tx_unref(inside);
    return err;
}

static int root(void *arg) {
    rooms all = { .mu = EDO_MUTEX_INIT,
                  .by_name = { .value_size = sizeof(entry), .owns_keys = true },
                  .written = { .value_size = sizeof(int), .owns_keys = true } };
    guest guests[] = {
        { "Ada", "hall", 0, 20, &all },
        { "Bob", "hall", 5, 35, &all }, // leaves at 40, and the hall writes until 50
        { "Cy", "hall", 45, 10, &all }, // comes meanwhile
        { "Dee", "attic", 47, 1, &all },
    };
    (void)arg;
    EDO_SCOPE(s, NULL);
    all.scope = &s;
    for (size_t i = 0; i < EDO_COUNT(guests); i++) edo_scope_spawn(&s, visit, &guests[i]);
    int err = edo_scope_end(&s, 0);
    printf("%zu rooms are open\n", all.by_name.len);
    rooms_end(&all);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
