/* SPDX-License-Identifier: MIT */
/* console/own/messages.h: the messages of edo.console.v1 by short names, and what goes into all of
 * them. */
#ifndef EDOI_CONSOLE_OWN_MESSAGES_H
#define EDOI_CONSOLE_OWN_MESSAGES_H

#include "console/made/edo/console/v1/console.edo.h"

typedef edo_console_v1_watch_request_ edoi_look_request;
typedef edo_console_v1_update_ edoi_look_update;
typedef edo_console_v1_runtime_ edoi_look_runtime;
typedef edo_console_v1_worker_ edoi_look_worker;
typedef edo_console_v1_site_ edoi_look_site;
typedef edo_console_v1_await_ edoi_look_await;
typedef edo_console_v1_task_ edoi_look_task;
typedef edo_console_v1_lock_ edoi_look_lock;
typedef edo_console_v1_holder_ edoi_look_holder;
typedef edo_console_v1_waiter_ edoi_look_waiter;
typedef edo_console_v1_cycle_ edoi_look_cycle;
typedef edo_console_v1_edge_ edoi_look_edge;
typedef edo_console_v1_open_ edoi_look_open;
typedef edo_console_v1_stacks_request_ edoi_look_stacks_request;
typedef edo_console_v1_stacks_reply_ edoi_look_stacks_reply;
typedef edo_console_v1_stack_ edoi_look_stack;
typedef edo_console_v1_frame_ edoi_look_frame;
typedef edo_console_v1_faults_request_ edoi_look_faults_request;
typedef edo_console_v1_faults_reply_ edoi_look_faults_reply;

#define EDOI_LOOK_UPDATE_DESC edo_console_v1_update__desc

#define EDOI_LOOK_TEXT_MAX 160u /* bytes of a name */

/* As edoi_console_text(), of EDOI_LOOK_TEXT_MAX bytes. */
edo_str edoi_look_text(edo_arena *arena, const char *text);

/* A name that a client asks for, in the form of edoi_look_text(), as clients know it. */
edo_str edoi_look_name(edo_arena *arena, edo_str asked);

/* Is `*told`, an edo_str of edoi_look_text(), what a message has of `text`? An edoi_site_is_fn. */
bool edoi_look_is_told(const void *told, const char *text);

/* Tenths of a second; -1: `ns` is negative. */
int32_t edoi_look_tenths(int64_t ns);

/* Zeroed memory for a list of `n`; NULL: there is none, or n is 0. */
void *edoi_look_list(edo_arena *arena, size_t n, size_t bytes);

#endif
