/* SPDX-License-Identifier: MIT */
/* talk.c: commands about the connection, and messages. */
#include "inside.h"
#include "server.h"

#include <edo/str.h>
#include <edo/time.h>

#include <string.h>

/* ---- The connection -------------------------------------------------------------------------- */

static void do_ping(small_call *call) {
    if (call->n > 2) {
        say_wrong_n(call);
    } else if (call->c->subs_n > 0) {
        say_array(call->out, 2);
        say_text(call->out, EDO_STR("pong"));
        say_text(call->out, call->n == 2 ? call->args[1] : (edo_str){ 0 });
    } else if (call->n == 2) {
        say_text(call->out, call->args[1]);
    } else {
        say_status(call->out, "PONG");
    }
}

static void do_echo(small_call *call) {
    say_text(call->out, call->args[1]);
}

static void do_quit(small_call *call) {
    call->c->is_over = true;
    say_status(call->out, "OK");
}

static void do_auth(small_call *call) {
    const char *password = call->r->opts->password;
    if (call->n > 3) {
        say_syntax(call);
        return;
    }
    if (call->n == 2 && !password) {
        say_error(call->out, "ERR AUTH <password> called without any password configured for the "
                             "default user. Are you sure your configuration is correct?");
        return;
    }
    const bool is_user = call->n == 2 || edo_str_equal(call->args[1], EDO_STR("default"));
    if (!is_user || (password && !edo_str_equal(call->args[call->n - 1], edo_str_of(password)))) {
        say_error(call->out, "WRONGPASS invalid username-password pair or user is disabled.");
        return;
    }
    call->c->is_in = true;
    say_status(call->out, "OK");
}

static void do_select(small_call *call) {
    int64_t db;
    if (!small_arg_number(call, 1, &db)) return;
    if (db < 0 || db >= SMALL_DATABASES) {
        say_error(call->out, "ERR DB index is out of range");
        return;
    }
    call->c->db = (int)db;
    say_status(call->out, "OK");
}

static void do_hello(small_call *call) {
    int64_t version = 2;
    if (call->n > 1 && !small_number(call->args[1], &version)) {
        say_error(call->out, "ERR Protocol version is not an integer or out of range");
        return;
    }
    if (version != 2) {
        say_error(call->out, "NOPROTO unsupported protocol version");
        return;
    }
    if (call->n > 2) {
        say_syntax(call);
        return;
    }
    if (!call->c->is_in) {
        say_error(call->out, "NOAUTH HELLO must be called with the client already authenticated");
        return;
    }
    say_array(call->out, 14);
    say_text(call->out, EDO_STR("server")), say_text(call->out, EDO_STR("redis"));
    say_text(call->out, EDO_STR("version")), say_text(call->out, EDO_STR("7.0.0"));
    say_text(call->out, EDO_STR("proto")), say_int(call->out, 2);
    say_text(call->out, EDO_STR("id")), say_int(call->out, (int64_t)call->c->id);
    say_text(call->out, EDO_STR("mode")), say_text(call->out, EDO_STR("standalone"));
    say_text(call->out, EDO_STR("role")), say_text(call->out, EDO_STR("master"));
    say_text(call->out, EDO_STR("modules")), say_array(call->out, 0);
}

static void set_client_name(small_call *call) {
    const edo_str name = call->args[2];
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= '!' && name.ptr[i] <= '~') continue;
        say_error(call->out,
                  "ERR Client names cannot contain spaces, newlines or special characters.");
        return;
    }
    (void)snprintf(call->c->name, SMALL_NAME_BYTES, "%s", name.ptr);
    say_status(call->out, "OK");
}

static void do_client(small_call *call) {
    const edo_str what = call->args[1];
    const bool sets = small_is(what, "SETNAME"), gets = small_is(what, "GETNAME"),
               asks = small_is(what, "ID");
    char lower[16];
    if (!sets && !gets && !asks) {
        say_error(call->out, "ERR unknown subcommand '%.128s'. Try CLIENT HELP.", what.ptr);
        return;
    }
    (void)edo_str_lower(lower, what);
    lower[what.len] = '\0';
    if (call->n != (sets ? 3 : 2)) {
        say_error(call->out, "ERR wrong number of arguments for 'client|%s' command", lower);
    } else if (sets) {
        set_client_name(call);
    } else if (asks) {
        say_int(call->out, (int64_t)call->c->id);
    } else if (call->c->name[0]) {
        say_text(call->out, edo_str_of(call->c->name));
    } else {
        say_nil(call->out);
    }
}

static void do_time(small_call *call) {
    const edo_wall now = edo_wall_now();
    char text[24];
    say_array(call->out, 2);
    (void)snprintf(text, sizeof text, "%" PRId64, now.s);
    say_text(call->out, edo_str_of(text));
    (void)snprintf(text, sizeof text, "%" PRId64, (int64_t)now.ns / 1000);
    say_text(call->out, edo_str_of(text));
}

static void do_info(small_call *call) {
    say_text(call->out, EDO_STR("# Server\r\nredis_version:7.0.0\r\n"));
}

/* ---- Messages -------------------------------------------------------------------------------- */

static small_name *sub_find(const struct small_names *in, edo_str text) {
    small_name *n;
    TAILQ_FOREACH(n, in, next)
    if (edo_str_equal(n->text, text)) return n;
    return NULL;
}

static void sub_drop(small_client *c, struct small_names *of, small_name *n) {
    TAILQ_REMOVE(of, n, next);
    c->subs_n--;
    free((char *)(uintptr_t)n->text.ptr);
    free(n);
}

void small_leave_all(small_client *c) {
    small_name *n;
    while ((n = TAILQ_FIRST(&c->channels))) sub_drop(c, &c->channels, n);
    while ((n = TAILQ_FIRST(&c->patterns))) sub_drop(c, &c->patterns, n);
}

static void say_sub(small_call *call, const edo_str *name) {
    say_array(call->out, 3);
    say_text(call->out, edo_str_of(call->name));
    if (name)
        say_text(call->out, *name);
    else
        say_nil(call->out);
    say_int(call->out, (int64_t)call->c->subs_n);
}

static struct small_names *sub_names_of(small_call *call) {
    return call->name[0] == 'p' ? &call->c->patterns : &call->c->channels;
}

static void do_subscribe(small_call *call) {
    struct small_names *names = sub_names_of(call);
    for (size_t i = 1; i < call->n; i++) {
        if (!sub_find(names, call->args[i])) {
            small_name *n = calloc(1, sizeof *n);
            CHECK(n);
            small_text_set(&n->text, call->args[i]);
            TAILQ_INSERT_TAIL(names, n, next);
            call->c->subs_n++;
        }
        say_sub(call, &call->args[i]);
    }
}

static void do_unsubscribe(small_call *call) {
    struct small_names *names = sub_names_of(call);
    small_name *n;
    if (call->n == 1 && TAILQ_EMPTY(names)) say_sub(call, NULL);
    for (size_t i = 1; i < call->n; i++) {
        n = sub_find(names, call->args[i]);
        if (n) sub_drop(call->c, names, n);
        say_sub(call, &call->args[i]);
    }
    while (call->n == 1 && (n = TAILQ_FIRST(names))) {
        edo_str text = { 0 };
        small_text_set(&text, n->text);
        sub_drop(call->c, names, n);
        say_sub(call, &text);
        free((char *)(uintptr_t)text.ptr);
    }
}

static void say_message(small_client *to, const small_call *call, const edo_str *pattern) {
    say_array(&to->out, pattern ? 4 : 3);
    say_text(&to->out, pattern ? EDO_STR("pmessage") : EDO_STR("message"));
    if (pattern) say_text(&to->out, *pattern);
    say_text(&to->out, call->args[1]);
    say_text(&to->out, call->args[2]);
    call->r->opts->heard_bytes += call->args[2].len;
    to->out_after = call->r->log.added_n;
    edo_notify_one(&to->has_out);
}

static void do_publish(small_call *call) {
    int64_t heard_n = 0;
    small_client *c;
    small_name *n;
    TAILQ_FOREACH(c, &call->r->clients, next) {
        if (!sub_find(&c->channels, call->args[1])) continue;
        say_message(c, call, NULL);
        heard_n++;
    }
    TAILQ_FOREACH(c, &call->r->clients, next)
    TAILQ_FOREACH(n, &c->patterns, next) {
        if (!small_matches(n->text, call->args[1])) continue;
        say_message(c, call, &n->text);
        heard_n++;
    }
    say_int(call->out, heard_n);
}

const small_row small_rows_of_talk[] = {
    { "AUTH", do_auth, -2, SMALL_BEFORE_LOGIN },
    { "CLIENT", do_client, -2, 0 },
    { "ECHO", do_echo, 2, 0 },
    { "HELLO", do_hello, -1, SMALL_BEFORE_LOGIN },
    { "INFO", do_info, -1, 0 },
    { "PING", do_ping, -1, SMALL_WHILE_SUBSCRIBED },
    { "PSUBSCRIBE", do_subscribe, -2, SMALL_WHILE_SUBSCRIBED },
    { "PUBLISH", do_publish, 3, 0 },
    { "PUNSUBSCRIBE", do_unsubscribe, -1, SMALL_WHILE_SUBSCRIBED },
    { "QUIT", do_quit, -1, SMALL_BEFORE_LOGIN | SMALL_WHILE_SUBSCRIBED | SMALL_NEVER_QUEUED },
    { "SELECT", do_select, 2, 0 },
    { "SUBSCRIBE", do_subscribe, -2, SMALL_WHILE_SUBSCRIBED },
    { "TIME", do_time, 1, 0 },
    { "UNSUBSCRIBE", do_unsubscribe, -1, SMALL_WHILE_SUBSCRIBED },
    { NULL, NULL, 0, 0 },
};
