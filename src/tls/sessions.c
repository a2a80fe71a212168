/* SPDX-License-Identifier: MIT */
/* tls/sessions.c: see sessions.h. */
#include "tls/sessions.h"

#include "tls/setup.h"

#include <string.h>

void edoi_tls_sessions_init(edoi_tls_sessions *self) {
    memset(self, 0, sizeof *self);
    (void)pthread_mutex_init(&self->mu, NULL);
}

static void session_deinit(edoi_tls_session *s) {
    OPENSSL_free(s->server);
    SSL_SESSION_free(s->session);
}

void edoi_tls_sessions_deinit(edoi_tls_sessions *self) {
    for (size_t i = 0; i < self->n; i++) session_deinit(&self->all[i]);
    (void)pthread_mutex_destroy(&self->mu);
}

/* Returns the place of the server's session, or `n`. Called with `mu` held. */
static size_t sessions_find(const edoi_tls_sessions *self, const char *server) {
    size_t i = 0;
    while (i < self->n && strcmp(self->all[i].server, server) != 0) i++;
    return i;
}

/* Returns the place for one more. Called with `mu` held. */
static size_t sessions_make_place(edoi_tls_sessions *self) {
    if (self->n < EDOI_TLS_SESSIONS_MAX) return self->n++;
    size_t oldest = 0;
    for (size_t i = 1; i < self->n; i++)
        if (self->all[i].used < self->all[oldest].used) oldest = i;
    session_deinit(&self->all[oldest]);
    return oldest;
}

void edoi_tls_sessions_put(edoi_tls_sessions *self, const char *server, SSL_SESSION *session,
                           int64_t until_s) {
    char *name = OPENSSL_strdup(server);
    if (!name) return;
    (void)pthread_mutex_lock(&self->mu);
    size_t at = sessions_find(self, server);
    if (at < self->n) {
        session_deinit(&self->all[at]);
    } else {
        at = sessions_make_place(self);
    }
    (void)SSL_SESSION_up_ref(session);
    self->all[at] = (edoi_tls_session){ name, session, until_s, ++self->clock };
    (void)pthread_mutex_unlock(&self->mu);
}

/* Called with `mu` held. */
static void sessions_remove(edoi_tls_sessions *self, size_t at) {
    session_deinit(&self->all[at]);
    self->all[at] = self->all[--self->n];
}

/* Takes out the session at that place, or shares it; NULL: its end has passed. Called with `mu`
 * held. */
static SSL_SESSION *sessions_use(edoi_tls_sessions *self, size_t at, int64_t *until_s) {
    edoi_tls_session *s = &self->all[at];
    SSL_SESSION *session = s->session;
    *until_s = s->until_s;
    if (s->until_s <= edoi_tls_wall_s()) {
        sessions_remove(self, at);
        return NULL;
    }
    s->used = ++self->clock;
    (void)SSL_SESSION_up_ref(session);
    if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) sessions_remove(self, at);
    return session;
}

SSL_SESSION *edoi_tls_sessions_take(edoi_tls_sessions *self, const char *server, int64_t *until_s) {
    (void)pthread_mutex_lock(&self->mu);
    size_t at = sessions_find(self, server);
    SSL_SESSION *session = at < self->n ? sessions_use(self, at, until_s) : NULL;
    (void)pthread_mutex_unlock(&self->mu);
    return session;
}
