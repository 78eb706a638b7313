#include "identity/qr_code.h"
#include "base/memory.h"
#include <assert.h>
#include <qrencode.h>

enum { QUIET_ZONE = 4 };

static void free_code(QRcode **code)
{
    QRcode_free(*code);
}

/* Each run of dark modules of a row is one stroke of the path. */
static void add_row(struct buffer *svg, const QRcode *code, int y)
{
    const unsigned char *row = code->data + (ptrdiff_t)y * code->width;
    for (int x = 0, end; x < code->width; x = end) {
        for (end = x; end < code->width && (row[end] & 1) == (row[x] & 1);)
            end++;
        if (row[x] & 1)
            buffer_print(svg, "M%d %dh%dv1h-%dz", x + QUIET_ZONE, y + QUIET_ZONE, end - x, end - x);
    }
}

struct text qr_code_svg(struct arena *arena, struct text what)
{
    assert(what.length <= QR_CODE_MAX);
    [[gnu::cleanup(free_code)]] QRcode *code = memory_require(
        QRcode_encodeData((int)what.length, (const unsigned char *)what.data, 0, QR_ECLEVEL_M));
    int size = code->width + 2 * QUIET_ZONE;
    struct buffer svg = { .arena = arena };
    buffer_print(&svg,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                 "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
                 size, size, size, size);
    for (int y = 0; y < code->width; y++)
        add_row(&svg, code, y);
    buffer_add(&svg, TEXT("\"/></svg>"));
    return svg.text;
}
