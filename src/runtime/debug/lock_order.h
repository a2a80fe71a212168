/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_order.h: reports of two locks that are taken in both orders. */
#ifndef EDOI_RUNTIME_DEBUG_LOCK_ORDER_H
#define EDOI_RUNTIME_DEBUG_LOCK_ORDER_H

/* Connects the reports. Called when a runtime is made. */
void edoi_lock_order_install(void);

#endif
