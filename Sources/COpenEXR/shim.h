#pragma once
#include <OpenEXR/openexr.h>
