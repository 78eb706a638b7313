#include "directory/directory_reply.h"
#include "record/document.h"

/* Most pieces fit, and are not moved as they grow. */
enum { PIECE_BYTES = 510 };

/* Where each piece begins. */
static const size_t first[] = {
    [REPLY_own] = 0,
    [REPLY_terms] = ONE(resolution, status) - 1,
    [REPLY_offer] = ONE(resolution, modules) - 1,
    [REPLY_offer + 1] = ONE(resolution, flags),
};

struct text reply_piece(const struct resolution *resolution, enum reply_piece piece, struct arena *arena)
{
    struct column_set columns = {};
    struct buffer json = { .arena = arena };
    buffer_reserve(&json, PIECE_BYTES);
    for (size_t i = first[piece]; i < first[piece + 1]; i++)
        column_set_add(&columns, i);
    document_write(&json, &resolutions_table, resolution->cells, &columns);
    if (piece != REPLY_offer)
        json.data[json.length - 1] = ',';
    return piece == REPLY_own ? json.text : text_slice(json.text, 1, json.length);
}
