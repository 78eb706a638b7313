/* What identity providers publish: documents by their URL, kept for a while. Few and small. */
#pragma once
#include "record/work.h"

enum { PUBLISHED_MAX = 32, PUBLISHED_KEPT_MS = 60 * 60 * 1000, PUBLISHED_AGAIN_MS = 1'000 };

struct published;
struct published *published_create(void);
void published_destroy(struct published *published);

/*
 * The document, as it was fetched at most `age_ms` ago, or now; in the work's arena. `sso_unavailable` where
 * it could not be had. Waits for the network: never in a transaction.
 */
[[nodiscard]] bool published_read(struct work *work, struct text url, bool allows_private, int64_t age_ms,
                                  struct text *document);
