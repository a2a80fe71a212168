/* SPDX-License-Identifier: MIT */
/* interrupted.c: a call that blocks, of a library that knows no tokens but can be interrupted: the
 * hook of a token does that. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

/* ---- Somebody's library: it blocks whoever calls it, until it is interrupted. ---- */

typedef struct library {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool is_interrupted;
} library;

static int library_listen(void *arg) {
    library *l = arg;
    pthread_mutex_lock(&l->lock);
    while (!l->is_interrupted) pthread_cond_wait(&l->told, &l->lock); // nothing ever comes
    pthread_mutex_unlock(&l->lock);
    return -EINTR;
}

static void library_interrupt(void *arg) {
    library *l = arg;
    pthread_mutex_lock(&l->lock);
    l->is_interrupted = true;
    pthread_cond_signal(&l->told);
    pthread_mutex_unlock(&l->lock);
}

/* ---- The bridge ---- */

static int listen_until(library *l, edo_cancel_token *stop) {
    edo_cancel_hook hook;
    edo_cancel_hook_set(&hook, stop, library_interrupt, l);
    int err = edo_blocking(library_listen, l);
    bool was_told = !edo_cancel_hook_clear(&hook); // from here on nobody interrupts it
    return was_told && err == -EINTR ? -ECANCELED : err;
}

/* ---- The program ---- */

static int stop_soon(void *stop) {
    int err = edo_sleep(edo_ms(20));
    edo_cancel(stop, EDO_CANCEL_USER); // on this thread the library is interrupted
    return err;
}

static int root(void *arg) {
    library l = { .lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER };
    edo_cancel_token *stop;
    (void)arg;
    int err = edo_cancel_new(&stop);
    if (err < 0) return err;
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, stop_soon, stop);
    int heard = listen_until(&l, stop);
    printf("listening ended with %s, told to stop: %s\n", edo_error_name(heard),
           edo_cancel_get_reason(stop) == EDO_CANCEL_USER ? "yes" : "no");
    err = edo_scope_end(&s, 0);
    edo_cancel_unref(stop);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
