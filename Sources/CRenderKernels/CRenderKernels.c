#include "CRenderKernels.h"
