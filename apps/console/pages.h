/* SPDX-License-Identifier: MIT */
/* apps/console/pages.h: pages of lines: one task with its stack, one lock, tasks that wait for each
 * other, faults, help. */
#ifndef CONSOLE_PAGES_H
#define CONSOLE_PAGES_H

#include "looks.h"
#include "screen.h"
#include "views.h"

#define PAGE_LINES_MAX 2000u

typedef struct page_line {
    edo_str text;
    screen_look look;
} page_line;

typedef struct page {
    edo_arena *arena;
    bool is_ascii;
    page_line *lines;
    size_t n;
} page;

/* A page without lines, in `arena`. False: there is no memory. */
bool page_begin(page *p, edo_arena *arena, bool is_ascii);
void page_add(page *p, screen_look look, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the look says of a task; of all tasks of a site. */
void page_add_task(page *p, const edoi_look_update *u, uint64_t task);
void page_add_site(page *p, const edoi_look_update *u, edo_str site);

/* A lock, with who holds it and who waits, and the cycles in which it is. */
void page_add_lock(page *p, const edoi_look_update *u, edo_str address);

/* All cycles as drawings; of `task` alone if that is not 0. */
void page_add_cycles(page *p, const edoi_look_update *u, uint64_t task);

/* What edo has reported so far. */
void page_add_found(page *p, const edoi_look_update *u);

void page_add_stacks(page *p, const edoi_look_stacks_reply *reply);
void page_add_faults(page *p, const edoi_look_faults_reply *reply);
void page_add_help(page *p);

/* Draws the lines from `*first` on, which is moved so that the page is full. */
void page_draw(const page *p, size_t *first, screen *s, uint32_t top, uint32_t bottom);

#endif
