/* SPDX-License-Identifier: MIT */
/* ring.c: three players, each of which has a handle of the next one: a cycle that keeps itself
 * alive. One is cancelled, and the others end because of that. On a paused clock. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

#define PLAYERS 3

typedef struct player {
    char name;
    edo_mpsc_rx *inbox; // of int: how often the ball was thrown
    edo_mpsc_tx *next;
} player;

static void player_end(player *self, int err) {
    printf("%c ends: %s\n", self->name, edo_strerror(err));
    edo_mpsc_rx_free(self->inbox); // whoever throws to it is told -EDO_ECLOSED
    edo_mpsc_tx_unref(self->next); // and the next one has no thrower
}

static int play(void *arg) {
    player *self = arg;
    int err;
    for (int ball; (err = edo_mpsc_recv(self->inbox, &ball)) == 0;) {
        ball++;
        err = edo_sleep(edo_ms(10));
        if (err == 0) err = edo_mpsc_send(self->next, &ball);
        if (err < 0) break;
        if (ball % 5 == 0) printf("%c threw: %d\n", self->name, ball);
    }
    player_end(self, err);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int root(void *arg) {
    player all[PLAYERS] = { { .name = 'a' }, { .name = 'b' }, { .name = 'c' } };
    edo_task *tasks[PLAYERS] = { NULL };
    int err = 0, made_n = 0, ball = 0;
    (void)arg;
    EDO_SCOPE(s, NULL);
    for (; err == 0 && made_n < PLAYERS; made_n += err == 0) {
        player *thrower = &all[(made_n + PLAYERS - 1) % PLAYERS];
        err = edo_mpsc_new(&thrower->next, &all[made_n].inbox, sizeof ball, 1, NULL);
    }
    if (err == 0) err = edo_mpsc_send(all[PLAYERS - 1].next, &ball); // to the first one
    for (int i = 0; i < PLAYERS; i++) {
        if (err == 0) tasks[i] = edo_scope_spawn_handle(&s, play, &all[i]);
        if (!tasks[i]) player_end(&all[i], err);
    }
    if (err == 0) err = edo_sleep(edo_ms(115));
    edo_task_cancel(tasks[0]);
    for (int i = 0; i < PLAYERS; i++) edo_task_unref(tasks[i]);
    return edo_scope_end(&s, err);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
