// What every processor of the architecture has: SSE2, or NEON.
#define RK_LEVEL rk_baseline_level
#include "level.h"
