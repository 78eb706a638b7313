/* A PostgreSQL role's password as a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677), so that it never reaches the
 * server in clear. */
#pragma once
#include "base/arena.h"

/* "SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY". The password must be printable ASCII (ours are: no SASLprep
 * needed). */
struct text scram_verifier(struct arena *arena, struct text password);

/* The same with a salt and an iteration count of the caller's. */
struct text scram_verifier_salted(struct arena *arena, struct text password, struct text salt,
                                  unsigned iterations);
