// What the allocator knows about itself: calls that Swift's overlay lacks.
#pragma once
#include <stddef.h>

/// Bytes that are allocated and not freed, large blocks included; 0 where the allocator does not tell.
size_t heap_live_bytes(void);

/// Gives pages back in which nothing is allocated.
void heap_trim(void);
