/* SPDX-License-Identifier: MIT */
/* balance.c: calls spread over two servers, one of which stops. Both are in this program, too; they
 * reply to each line with their name. */
#include <edo/balance.h>
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

/* ---- The servers ----------------------------------------------------------------------------- */

typedef struct server {
    const char *name;
    edo_listener *listener;
    edo_task *task;
} server;

static int serve(void *arg) {
    const server *self = arg;
    edo_stream *peer;
    char question[64];
    int err = edo_accept(self->listener, &peer);
    if (err < 0) return err;
    while ((err = edo_read(peer, question, sizeof question)) > 0)
        if ((err = edo_write_all(peer, self->name, strlen(self->name))) < 0) break;
    edo_close(peer);
    return err;
}

static int server_start(server *self, const char *name, edo_endpoint *at) {
    char address[EDO_ADDR_TEXT_MAX];
    edo_addr addr;
    self->name = name;
    int err = edo_tcp_listen(&self->listener, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_listener_addr(self->listener, &addr);
    if (err == 0) err = edo_addr_print(&addr, address, sizeof address);
    if (err >= 0) err = edo_endpoint_init(at, address, NULL, 1);
    if (err < 0) return err;
    self->task = edo_spawn(serve, self);
    return self->task ? 0 : edo_task_join(NULL);
}

static void server_stop(server *self) {
    EDO_SHIELD(sh, edo_s(5)); // else Ctrl-C would end the wait, and not the task
    edo_task_cancel(self->task);
    if (self->task) (void)edo_task_join(self->task);
    edo_listener_close(self->listener);
    *self = (server){ .name = NULL };
}

/* ---- A connection, for the balance ----------------------------------------------------------- */

static int shop_connect(void *arg, const edo_endpoint *to, void **conn) {
    edo_stream *s;
    (void)arg;
    int err = edo_tcp_connect(&s, to->address, NULL);
    if (err == 0) *conn = s;
    return err;
}

static void shop_close(void *arg, void *conn) {
    (void)arg;
    edo_close(conn);
}

static const edo_balance_ops shop_ops = { .connect = shop_connect, .close = shop_close };

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Asks one of them; `name` gets its reply. */
static int ask(edo_balance *b, char *name) {
    edo_balance_lease lease;
    int err = edo_balance_pick(b, &lease, EDO_PICK_FAIL_FAST);
    if (err < 0) return err;
    err = edo_write_all(lease.conn, "who?", 4);
    if (err >= 0) err = edo_read_exact(lease.conn, name, 1);
    edo_balance_done(&lease, err);
    return err;
}

/* A question may be asked twice: the second pick finds another server. */
static int ask_again(void *arg) {
    char name[2] = "";
    int err = ask(arg, name);
    if (err < 0) err = ask(arg, name);
    return err < 0 ? err : name[0];
}

static int talk(edo_balance *b, server *second) {
    bool a = false, b_too = false;
    while (!a || !b_too) { // until both are connected, and have had a turn
        int name = ask_again(b);
        if (name < 0) return name;
        *(name == 'a' ? &a : &b_too) = true;
    }
    puts("both have replied");
    server_stop(second);
    for (int i = 0; i < 4; i++) {
        int name = ask_again(b);
        if (name < 0) return name;
        printf("%c has replied\n", name);
    }
    return 0;
}

static int root(void *arg) {
    server servers[2] = { { .name = NULL }, { .name = NULL } };
    edo_endpoint at[2];
    edo_balance *b = NULL;
    (void)arg;
    int err = server_start(&servers[0], "a", &at[0]);
    if (err == 0) err = server_start(&servers[1], "b", &at[1]);
    if (err == 0)
        err = edo_balance_new(&b, edo_discover_list(at, 2), &shop_ops, NULL,
                              &(edo_balance_opts){ .kind = EDO_BALANCE_ROUND_ROBIN });
    if (err == 0) err = talk(b, &servers[1]);
    edo_balance_unref(b);
    for (int i = 0; i < 2; i++) server_stop(&servers[i]);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
