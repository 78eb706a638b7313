/*
 * A lease: what a tenant may use, signed with Ed25519 (RFC 7519, RFC 8037), with which a product server works
 * on while this program is away.
 *
 * Its audience tells it from an access token: neither is taken for the other. It is good until `exp`; a
 * server that knows a later `lease_epoch` of the tenant (from a newer lease, from resolve, entitlements or an
 * event) refuses it before.
 */
#pragma once
#include "model/model.h"
#include "record/work.h"

#define LEASE_AUDIENCE "nidia-lease"

/* Good for the setting lease_minutes from work->now. */
struct text lease_sign(struct work *work, const struct entitlement *entitlement, struct text issuer,
                       int64_t *expires_in_seconds);
