#include "native.h"

#define RK_LEVEL_NAME(name) rk_baseline_##name
#include "level.h"
