/* SPDX-License-Identifier: MIT */
/* direct.c: see direct.h.
 *
 * A letter that waits for its reply has a place of `waiting`, and a number that has the index of
 * the place in its lower part. Above that each letter counts on, so a reply that comes late finds
 * another number there.
 *
 * Lock order: `lock` is a leaf. */
#include "node/direct.h"

#include "node/posted.h"
#include "storage/storage.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/oneshot.h>
#include <edo/scope.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A place for a letter that waits. */
typedef struct waiting {
    uint64_t number;        /* of the letter; 0: it is free */
    edo_oneshot_tx *reply;  /* sends a posted_end */
    struct waiting *behind; /* if it is free: the next one that is */
} waiting;

struct direct {
    directory *in;           /* const */
    const room_carrier *by;  /* const */
    direct_publish *publish; /* const */
    void *arg;               /* const */
    hearing_tellers tellers; /* a task for each letter of others */

    pthread_mutex_t lock; /* guards the rest */
    uint64_t given_n;     /* letters that ever waited */
    waiting *free;        /* NULL: all are taken */
    size_t told_bytes;    /* of the texts of letters of others that are being told */
    waiting all[DIRECT_AT_ONCE];
};

int direct_open(direct **out, directory *in, const room_carrier *by, direct_publish *publish,
                void *arg) {
    direct *self = calloc(1, sizeof *self);
    if (!self || hearing_begin(&self->tellers) < 0) return free(self), -ENOMEM;
    self->in = in;
    self->by = by;
    self->publish = publish;
    self->arg = arg;
    pthread_mutex_init(&self->lock, NULL);
    for (size_t i = DIRECT_AT_ONCE; i > 0; i--) {
        self->all[i - 1].behind = self->free;
        self->free = &self->all[i - 1];
    }
    *out = self;
    return 0;
}

void direct_close(direct *self) {
    if (!self) return;
    hearing_end(&self->tellers);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

static uint64_t own_program(const direct *self) {
    return storage_program(self->in->storage);
}

/* Returns 0, -ENOMEM, or a failure to publish it. */
static int post(const direct *self, uint64_t to, posted *what) {
    edo_buf text = { 0 };
    what->by = own_program(self);
    int err = posted_print(&text, what);
    if (err == 0) err = self->publish(self->arg, to, &text);
    edo_buf_deinit(&text);
    return err;
}

/* ---- The author's side ----------------------------------------------------------------------- */

/* Takes a place. Owns: takes `reply` with it. Returns the letter's number; 0: there is none. */
static uint64_t letter_begin_waiting(direct *self, edo_oneshot_tx *reply) {
    uint64_t number = 0;
    pthread_mutex_lock(&self->lock);
    waiting *at = self->free;
    if (at) {
        self->free = at->behind;
        number = ++self->given_n * DIRECT_AT_ONCE + (uint64_t)(at - self->all);
        *at = (waiting){ .number = number, .reply = reply };
    }
    pthread_mutex_unlock(&self->lock);
    return number;
}

/* Owns: returns the sender; NULL: no letter of that number waits any more. */
static edo_oneshot_tx *letter_end_waiting(direct *self, uint64_t number) {
    waiting *at = &self->all[number % DIRECT_AT_ONCE];
    edo_oneshot_tx *reply = NULL;
    pthread_mutex_lock(&self->lock);
    if (number > 0 && at->number == number) {
        reply = at->reply;
        *at = (waiting){ .behind = self->free };
        self->free = at;
    }
    pthread_mutex_unlock(&self->lock);
    return reply;
}

static int send_letter(const direct *self, const letter *what, uint64_t number) {
    posted p = { .kind = POSTED_LETTER,
                 .number = number,
                 .nick = what->what->nick,
                 .name = what->to->name,
                 .text = what->what->text,
                 .time_ms = what->what->time_ms };
    memcpy(p.from, what->from_person, sizeof p.from);
    memcpy(p.to, what->to->person, sizeof p.to);
    memcpy(p.address, what->address.ptr, sizeof p.address);
    return post(self, what->to->program, &p);
}

static int code_of_end(posted_end end) {
    return end == POSTED_TOLD ? 0 : end == POSTED_GONE ? -EDO_ECLOSED : -EAGAIN;
}

/* Waits for the reply to a letter with that number. */
static int await_reply(direct *self, const letter *what, uint64_t number, edo_oneshot_rx *reply) {
    posted_end end = POSTED_TOLD;
    int err = send_letter(self, what, number);
    EDO_DEADLINE(d, DIRECT_WAIT);
    if (err == 0) err = edo_oneshot_recv(reply, &end);
    err = edo_deadline_end(&d, err);
    edo_oneshot_tx_free(letter_end_waiting(self, number)); // a reply that comes now is too late
    return err == 0 ? code_of_end(end) : err;
}

int direct_tell(direct *self, const letter *what) {
    edo_oneshot_tx *send;
    edo_oneshot_rx *reply;
    int err = edo_oneshot_new(&send, &reply, sizeof(posted_end), NULL);
    if (err < 0) return err;
    uint64_t number = letter_begin_waiting(self, send);
    if (number == 0) edo_oneshot_tx_free(send);
    err = number > 0 ? await_reply(self, what, number, reply) : -EAGAIN;
    edo_oneshot_rx_free(reply);
    return err;
}

static void hear_reply(direct *self, const posted *p) {
    edo_oneshot_tx *reply = letter_end_waiting(self, p->number);
    if (reply) (void)edo_oneshot_send(reply, &p->end); // perhaps nobody waits any more
}

/* The author may have gone, or be at a third program by now: then nobody is told. */
static void hear_returned(const direct *self, const posted *p) {
    reach author;
    if (!directory_find_person(self->in, edo_str_of(p->from), &author)) return;
    message *m = message_undelivered(&p->name, p->to, p->n);
    if (m) m->shown[0] = naming_of(&self->in->namer, &p->name, p->to);
    author.is_stuck = true; // nobody waits for it
    if (m) (void)reach_tell(&author, m);
    reach_drop(&author);
}

/* ---- The other side -------------------------------------------------------------------------- */

/* A letter that is being told. */
typedef struct delivery {
    direct *of;
    posted letter;
    char text[];
} delivery;

static message *message_of_letter(const direct *self, const posted *p, const reach *to) {
    const saying what = { .naming = naming_of(&self->in->namer, &p->nick, p->from),
                          .nick = p->nick,
                          .text = p->text,
                          .time_ms = p->time_ms };
    message *m = message_direct(&what, p->from, &to->name, to->person, to->socket);
    if (!m) return NULL;
    reach_sign_letter(m, self->by, p->by, p->from, to);
    return message_paid_by(m, (edo_str){ p->address, sizeof p->address });
}

static posted_end tell_letter(const direct *self, const posted *p) {
    reach to;
    if (!directory_find_person(self->in, edo_str_of(p->to), &to)) return POSTED_GONE;
    to.name = p->name; // as the author writes it
    int err = reach_tell(&to, message_of_letter(self, p, &to));
    reach_drop(&to);
    return err == 0 ? POSTED_TOLD : err == -EDO_ECLOSED ? POSTED_GONE : POSTED_UNREAD;
}

static void send_reply(const direct *self, const posted *to, posted_end end) {
    posted p = { .kind = POSTED_REPLY, .number = to->number, .end = end };
    (void)post(self, to->by, &p); // else its author does not know
}

/* NULL: there is no place for it, or no memory. */
static delivery *delivery_new(direct *of, const posted *p) {
    pthread_mutex_lock(&of->lock);
    bool has_room = of->told_bytes + p->text.len <= DIRECT_TOLD_BYTES &&
                    edo_tracker_len(&of->tellers.all) < DIRECT_TOLD_MAX;
    delivery *self = has_room ? malloc(sizeof *self + p->text.len) : NULL;
    if (self) of->told_bytes += p->text.len;
    pthread_mutex_unlock(&of->lock);
    if (!self) return NULL;
    self->of = of;
    self->letter = *p;
    self->letter.text = (edo_str){ self->text, p->text.len };
    if (p->text.len > 0) memcpy(self->text, p->text.ptr, p->text.len);
    return self;
}

static void delivery_free(delivery *self) {
    pthread_mutex_lock(&self->of->lock);
    self->of->told_bytes -= self->letter.text.len;
    pthread_mutex_unlock(&self->of->lock);
    free(self);
}

/* `arg` is a delivery, which it ends; a task's function. */
static int deliver_run(void *arg) {
    delivery *self = arg;
    edo_cancel_block b;
    edo_cancel_begin(&b, self->of->tellers.end);
    send_reply(self->of, &self->letter, tell_letter(self->of, &self->letter));
    (void)edo_cancel_end(&b, 0);
    delivery_free(self);
    return 0;
}

/* A terminal that does not read is waited for, so each letter has a task of its own. */
static void hear_letter(direct *self, const posted *p) {
    delivery *d = delivery_new(self, p);
    if (d && edo_tracker_spawn(&self->tellers.all, deliver_run, d) == 0) return;
    if (d) delivery_free(d);
    send_reply(self, p, POSTED_UNREAD);
}

void direct_give_back(direct *self, const returned *what) {
    posted p = { .kind = POSTED_RETURNED, .name = *what->of, .n = what->n };
    memcpy(p.from, what->to_author, sizeof p.from);
    memcpy(p.to, what->of_person, sizeof p.to);
    (void)post(self, what->program, &p);
}

void direct_hear(direct *self, edo_str text, edo_arena *of) {
    posted p;
    if (posted_read(text, of, &p) < 0) {
        edo_debug("what another node has told this one is nothing that the chat knows");
        return;
    }
    if (p.kind == POSTED_LETTER) hear_letter(self, &p);
    if (p.kind == POSTED_REPLY) hear_reply(self, &p);
    if (p.kind == POSTED_RETURNED) hear_returned(self, &p);
}
