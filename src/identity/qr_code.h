/* QR codes as SVG: what a phone's camera reads from a screen. */
#pragma once
#include "base/buffer.h"

enum { QR_CODE_MAX = 1'000 }; /* bytes of what is encoded */

/* Black on white with the quiet zone around it, in modules; scaled by whoever shows it. */
struct text qr_code_svg(struct arena *arena, struct text what);
