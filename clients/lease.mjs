// Reads a lease of NIDIA Flow SuperAdmin without calling it (Node 18 and later, no packages):
//   import { readLease } from './lease.mjs';
//   const entitlements = readLease(lease, keys, latestEpoch);      throws where nobody is to be served
//   node lease.mjs KEYS LEASE EPOCH                                (files: the saved /.well-known/jwks.json and the lease)
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LEASE_MAX = 100 * 1024;
const fromBase64url = text => Buffer.from(text, 'base64url');

/** Is the signature that of one of the keys? Each is tried: there are one or two. */
function isSigned(keys, signed, signature) {
  return keys.keys.some(key => key.crv === 'Ed25519'
    && verify(null, Buffer.from(signed), createPublicKey({ key, format: 'jwk' }), signature));
}

/**
 * What the tenant may use. `keys`: the set of /.well-known/jwks.json, kept from when we were reached.
 * `latestEpoch`: the highest lease_epoch of this tenant that was ever seen; 0: none. `now`: milliseconds.
 */
export function readLease(lease, keys, latestEpoch = 0, now = Date.now()) {
  const parts = lease.trim().split('.');
  if (lease.length > LEASE_MAX || parts.length !== 3 || !parts.every(part => /^[A-Za-z0-9_-]+$/.test(part))
      || !isSigned(keys, `${parts[0]}.${parts[1]}`, fromBase64url(parts[2]))) {
    throw new Error('the lease is not signed by these keys');
  }
  const claims = JSON.parse(fromBase64url(parts[1]).toString('utf8'));
  // Asked so that a number which is not there fails too.
  if (claims.aud !== 'nidia-lease' || !(claims.exp * 1000 > now) || !(claims.entitlements.lease_epoch >= latestEpoch)) {
    throw new Error('the lease is expired, revoked, or no lease');
  }
  return claims.entitlements;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [keys, lease, epoch] = process.argv.slice(2);
  if (epoch === undefined) {
    console.error('usage: node lease.mjs KEYS LEASE EPOCH');
    process.exit(2);
  }
  try {
    console.log(JSON.stringify(readLease(readFileSync(lease, 'utf8'), JSON.parse(readFileSync(keys, 'utf8')), Number(epoch))));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
