/* SPDX-License-Identifier: MIT */
/* pipeline.c: exercise of chapter 5: which states has it, and how large is its frame?
 *
 *     state             alive across the await
 *     0  not begun      url (an argument)
 *     1  connecting     url, connect
 *     2  reading        read, and the 64 bytes it reads to
 *     3  pausing        pause, the sum
 *
 * connect, read and pause are never alive together: they share one place. */
#include <edo/edo.h>

#include <stddef.h>
#include <stdio.h>

/* What a connection and a read would be; here they only take time. */
EDO_ASYNC(connect_to, const char *url; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(30)));
    EDO_END;
}

EDO_ASYNC(read_some, char bytes[64]; int n; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(5)));
    self->n = snprintf(self->bytes, sizeof self->bytes, "3 4 5");
    EDO_RETURN(self->n);
    EDO_END;
}

static int sum_of(const char *text) {
    int sum = 0;
    for (; *text; text++) sum += *text == ' ' ? 0 : *text - '0';
    return sum;
}

EDO_ASYNC(pipeline, const char *url; int sum;
          EDO_ONE_OF(connect_to connect; read_some read; edo_sleep_future pause;);) {
    EDO_BEGIN;
    self->connect = (connect_to){ .url = self->url };
    EDO_TRY_AWAIT(connect_to_init(&self->connect));
    EDO_TRY_AWAIT(read_some_init(&self->read));
    self->sum = sum_of(self->read.bytes);
    EDO_TRY_AWAIT(edo_sleep_init(&self->pause, edo_ms(1)));
    EDO_RETURN(self->sum);
    EDO_END;
}

/* As large as the largest state, not as their sum. */
_Static_assert(sizeof(read_some) > sizeof(connect_to), "the read is the largest state");
_Static_assert(sizeof(pipeline) ==
                   sizeof(edo_future) + sizeof(char *) + 2 * sizeof(int) + sizeof(read_some),
               "base, url, sum (padded), and one place for all three");
EDO_FRAME_MAX(pipeline, 200);

static int root(void *arg) {
    (void)arg;
    pipeline p = { .url = "http://example.com" };
    int err = edo_await(pipeline_init(&p));
    printf("the sum is %d\n", err);
    return err < 0 ? err : 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
