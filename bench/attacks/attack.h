/* SPDX-License-Identifier: MIT */
/* attacks/attack.h: hostile clients of a web server, of which each file here has some kinds, and
 * the well-behaved ones beside them (visits.c). edo-bench-hostile-web.c has the table of the kinds,
 * runs one after the other, and looks at the bounds.
 *
 * A hostile client is a function that is one connection; it is called again until `ends`. All of
 * them run on one thread, so what they count needs no order. */
#ifndef BENCH_ATTACKS_ATTACK_H
#define BENCH_ATTACKS_ATTACK_H

#include "victim.h"

#include <edo/edo.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES  2048
#define NARROW      4096 /* bytes of the kernel's buffer, of a client that is slow to read */
#define PATIENCE_MS 2500 /* how long a client waits for what the server is to do within a second */

#define HANDSHAKE(path, more)                                                                      \
    "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"    \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" more "\r\n"

/* The differences between the servers. */
typedef struct target {
    const char *handshakes[2]; /* taken in turn */
    const char *hello;         /* the first message, of somebody new; "": none */
    const char *tab;           /* that of a page that comes back */
    const char *newcomer;      /* that of the well-behaved ones */
    const char *steady;
    const char *beside;              /* that of a page which hears what the steady one says */
    const char *say_begin, *say_end; /* a message that comes back, around a text */
    const char *get;                 /* a request */
    const char *post;                /* the first line of one that has a body */
    const char *greedy;              /* a message whose reply is long; "": one of 64 KiB */
    const char *large;               /* a request whose response is long; "": there is none */
    const char *noise_begin;         /* that of a message which those of `hello` hear */
    const char *history;             /* a request for what was said there */
    bool is_service; /* takes files and compressed bodies, has events, and ends a message that
                        stalls within a second */
} target;

typedef struct bomb {
    char *bytes;
    size_t n;
} bomb;

extern const target *to;
extern edo_addr server_at;
extern edo_addr lines_at;      /* where the chat serves terminals */
extern unsigned addresses_n;   /* that the hostile clients come from */
extern bool is_one_address;    /* those of this kind come from one of them */
extern atomic_bool ends;       /* the kind of hostility that runs */
extern atomic_bool is_watched; /* the well-behaved ones are there, beside all of the hostile ones */
extern atomic_int connected_n;
extern atomic_int unexpected_n; /* what hostile clients saw, and should not */
extern atomic_int uploaded_mib;
extern bomb gzip_bomb, deflate_bomb;

/* ---- What they have in common: client.c ------------------------------------------------------ */

/* Prints a frame with a mask of zeros; returns its length. */
size_t print_frame(char *out, unsigned first, const void *payload, size_t n);

bool sends(edo_stream *c, const void *bytes, size_t n);
bool sends_text(edo_stream *c, const char *text);
bool sends_message(edo_stream *c, const char *text);

/* Clients that pause for one time would come all at once. */
void pause_about(int ms);

/* NULL: the server takes nobody now. `recv_buffer`: as that of edo_tcp_opts. */
edo_stream *connected_with(uint32_t recv_buffer);
edo_stream *connected(void);

/* As a terminal, whose address the chat counts. */
edo_stream *connected_as_terminal(void);

/* Waits until this kind ends. */
void stays(void);

/* Reads until the server closes. */
void reads_on(edo_stream *c);

/* As a link of 10 KB a second does, until the server closes. */
void reads_slowly(edo_stream *c);

/* Something was seen that should not be; the first one of a kind is told. */
void is_surprised(const char *what);

/* Reads a response, which must begin like that if there is one: a server may break off a client
 * that is in the middle of its request. */
bool is_told(edo_stream *c, const char *wanted);

/* The server must end the connection. */
void must_be_ended(edo_stream *c, const char *what);

/* Makes the connection a WebSocket that has said hello. NULL: it was refused, or this kind ends. */
edo_stream *upgraded_over(edo_stream *c, const char *handshake, const char *hello);
edo_stream *upgraded_with(const char *handshake, const char *hello);
edo_stream *upgraded(void);

/* ---- The well-behaved ones: visits.c --------------------------------------------------------- */

extern visitor steady, newcomer;

typedef struct noticed {
    times steady, newcomer;
} noticed;

void start_visits(void);
void stop_visits(void);

/* The times that they see for that long, while tasks of this runtime run. */
noticed measure(int seconds);

/* ---- The hostile ones ------------------------------------------------------------------------ */

/* connections.c */
void is_silent(void);
void sends_half_a_head(void);
void is_silent_when_upgraded(void);
void comes_and_goes(void);
void comes_from_elsewhere(void);

/* floods.c */
void floods_with_messages(void);
void floods_with_pings(void);
void floods_with_pieces(void);

/* bodies.c */
void drips_a_body(void);
void sends_too_much(void);
void sends_a_file(void);
void sends_a_gzip_head(void);
void sends_a_gzip_bomb(void);
void sends_a_deflate_bomb(void);

/* stalls.c */
void stalls_in_a_message(void);
void leaves_events_open(void);

/* readers.c */
void reads_by_a_slow_link(void);
void does_not_read(void);
void reads_history(void);
void leaves_history_unread(void);
void asks_for_numbers(void);
void pipelines_numbers(void);
void pipelines_rooms(void);

/* crowds.c */
void speaks_in_a_crowd(void);
void speaks_in_many_rooms(void);
void speaks_in_terminals(void);
void asks_in_terminals(void);
void says_hello_in_all_halls(void);

#endif
