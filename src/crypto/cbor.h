/*
 * CBOR (RFC 8949) as authenticators send it, read by libcbor.
 *
 * libcbor takes memory for as many items as a document says that it has. So nothing reaches it, here or in
 * libfido2, that is not measured first: definite lengths that lie within the bytes, shallow, without tags.
 */
#pragma once
#include "base/arena.h"

enum { CBOR_DEPTH_MAX = 8 };

/* How many bytes the first item has; false where there is no whole one, or none that authenticators send. */
[[nodiscard]] bool cbor_measure(struct text bytes, size_t *size);

/* Measured, and nothing behind it: a map, in memory of libcbor's. NULL: it is none. */
struct cbor_item_t;
struct cbor_item_t *cbor_open_map(struct text bytes);
void cbor_close(struct cbor_item_t **item); /* for [[gnu::cleanup]] */

/* What stands in the map under this name or number; NULL: nothing. Lives as long as the map. */
const struct cbor_item_t *cbor_named(const struct cbor_item_t *map, const char *name);
const struct cbor_item_t *cbor_numbered(const struct cbor_item_t *map, unsigned number);

/* The item as such; false where it is another. */
[[nodiscard]] bool cbor_text_of(const struct cbor_item_t *item, struct text *text);
[[nodiscard]] bool cbor_bytes_of(const struct cbor_item_t *item, struct text *bytes);
bool cbor_is_map(const struct cbor_item_t *item);
bool cbor_is_yes(const struct cbor_item_t *item);
[[nodiscard]] bool cbor_integer_of(const struct cbor_item_t *item, int64_t *integer);

/* The item as it is written again. */
struct text cbor_encode(struct arena *arena, const struct cbor_item_t *item);
