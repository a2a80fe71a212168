/* SPDX-License-Identifier: MIT */
/* rights.c: an account with two kinds of handles: a till can only pay in, an auditor can only ask.
 * Each kind has an inbox of its own; the actor waits for both, and ends when both have ended. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

/* Two types: a till that is given to a function of the auditor does not compile. */
typedef struct till {
    edo_mpsc_tx *tx; // of int
} till;
typedef struct auditor {
    edo_mpsc_tx *tx; // of question
} auditor;

typedef struct question {
    edo_oneshot_tx *reply; // of an int, the balance
} question;

static void drop_question(void *msg) {
    edo_oneshot_tx_free(((question *)msg)->reply);
}

/* ---- The actor ------------------------------------------------------------------------------- */

typedef struct account {
    edo_mpsc_rx *payments, *questions; // NULL: ended
    int balance;
} account;

/* NULL is no branch of a select. */
static edo_future *next_of(edo_mpsc_recv_future *f, edo_mpsc_rx *inbox, void *msg) {
    return inbox ? edo_mpsc_recv_init(f, inbox, msg) : NULL;
}

static void end_inbox(edo_mpsc_rx **inbox, const char *name) {
    printf("the last %s is gone\n", name);
    edo_mpsc_rx_free(*inbox);
    *inbox = NULL;
}

static void account_end(account *self) {
    edo_mpsc_rx_free(self->payments);
    edo_mpsc_rx_free(self->questions);
}

static int account_run(void *arg) {
    account *self = arg;
    edo_mpsc_recv_future pay, ask;
    int amount, came;
    question q;
    while ((came = edo_select(next_of(&pay, self->payments, &amount),
                              next_of(&ask, self->questions, &q))) >= 0) {
        if (came == 0 && edo_result(&pay) == 0) self->balance += amount;
        if (came == 0 && edo_result(&pay) < 0) end_inbox(&self->payments, "till");
        if (came == 1 && edo_result(&ask) == 0) (void)edo_oneshot_send(q.reply, &self->balance);
        if (came == 1 && edo_result(&ask) < 0) end_inbox(&self->questions, "auditor");
    }
    account_end(self);
    return came == -EDO_ENOBRANCH ? 0 : came; // no branch is left: both have ended
}

/* ---- The handles ----------------------------------------------------------------------------- */

static int pay_in(till t, int amount) {
    return edo_mpsc_send(t.tx, &amount);
}

static int ask_balance(auditor a) {
    question q;
    int balance;
    int err = edo_actor_call(a.tx, &balance, sizeof balance, &q, &q.reply);
    return err < 0 ? err : balance;
}

static int root(void *arg) {
    account self = { 0 };
    till t = { 0 };
    auditor a = { 0 };
    (void)arg;
    EDO_SCOPE(s, NULL);
    edo_mpsc_opts opts = { .drop = drop_question };
    int err = edo_mpsc_new(&t.tx, &self.payments, sizeof(int), 8, NULL);
    if (err == 0) err = edo_mpsc_new(&a.tx, &self.questions, sizeof(question), 8, &opts);
    if (err < 0 || edo_scope_spawn(&s, account_run, &self) < 0) account_end(&self);
    if (err == 0) err = pay_in(t, 30);
    if (err == 0) err = pay_in(t, 12);
    edo_mpsc_tx_unref(t.tx);                  // the actor goes on: there is an auditor
    if (err == 0) err = edo_sleep(edo_ms(1)); // two inboxes have no order between them
    int balance = err < 0 ? err : ask_balance(a);
    printf("balance: %d\n", balance);
    edo_mpsc_tx_unref(a.tx);
    return edo_scope_end(&s, balance < 0 ? balance : 0);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
