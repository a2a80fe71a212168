/* SPDX-License-Identifier: MIT */
/* guide.h: the two sides of the example: see main.c. */
#ifndef GUIDE_H
#define GUIDE_H

#include "map.h"

/* Offers the service until the program is told to end. */
int guide_serve(const map *m, const char *address);

/* Asks a server for a bit of everything. */
int guide_visit(const char *target);

#endif
