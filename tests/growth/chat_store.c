/* SPDX-License-Identifier: MIT */
/* tests/growth/chat_store.c: what chat.c needs of the chat's store, which is never opened here. */
#include "../../apps/chat/store/store.c"
