/* SPDX-License-Identifier: MIT */
/* accounts.h: the parts of the service, each with its routes: see main.c. Their state is the pool
 * of connections to PostgreSQL, an edo_pg. */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <edo/edo.h>
#include <edo/pg.h>
#include <edo/web_call.h>

/* accounts.c: sign up, log in, log out. */
edo_router *account_routes(void);

/* A layer's function: who has not logged in gets 401. Behind it account_of() is the account's
 * id. */
int account_required(edo_web *w, edo_next *next);
edo_str account_of(edo_web *w);

/* todos.c: the list of an account. */
edo_router *todo_routes(void);

#endif
