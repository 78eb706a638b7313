// What jose, which shares no code with ours, makes of our access tokens, and what it can forge. One JSON text in, one out.
import { SignJWT, UnsecuredJWT, createLocalJWKSet, exportSPKI, generateKeyPair, importJWK, jwtVerify } from 'jose';

const { token, keys, issuer } = JSON.parse(process.argv[2]);
const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys), { issuer, audience: 'nidia-api', typ: 'at+jwt', algorithms: ['EdDSA'] });

const jwk = keys.keys.find((key) => key.kid === protectedHeader.kid);
const spki = new TextEncoder().encode(await exportSPKI(await importJWK(jwk, 'EdDSA', { extractable: true })));
const raw = Buffer.from(jwk.x, 'base64url');
const own = await generateKeyPair('EdDSA', { extractable: true });
const curve = await generateKeyPair('ES256');
const rsa = await generateKeyPair('RS256');
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: jwk.kid };
const sign = (changed, key, claims = payload) => new SignJWT(claims).setProtectedHeader({ ...header, ...changed }).sign(key);
const [head, body, signature] = token.split('.');
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const flipped = (at) => { const bytes = Buffer.from(signature, 'base64url'); bytes[at] ^= 1; return bytes.toString('base64url'); };

const forged = {
  'no algorithm': new UnsecuredJWT(payload).encode(),
  'no algorithm, our type': `${part({ ...header, alg: 'none' })}.${body}.`,
  'HS256 under the public key as PEM': await sign({ alg: 'HS256' }, spki),
  'HS256 under the public key': await sign({ alg: 'HS256' }, raw),
  'another key under our name': await sign({}, own.privateKey),
  'another key under its own name': await sign({ kid: 'own' }, own.privateKey),
  'ES256': await sign({ alg: 'ES256' }, curve.privateKey),
  'RS256': await sign({ alg: 'RS256' }, rsa.privateKey),
  'its key in the header': await sign({ jwk: { kty: 'OKP', crv: 'Ed25519', x: (await import('jose')).base64url.encode(raw) } }, own.privateKey),
  'a key elsewhere': await sign({ jku: 'https://127.0.0.1:1/keys' }, own.privateKey),
  'a name that is a path': await sign({ kid: '../../dev/null' }, own.privateKey),
  'a name that is SQL': await sign({ kid: "' OR '1'='1" }, own.privateKey),
  'another payload': `${head}.${part({ ...payload, role: 'super_admin', exp: payload.exp + 3600 })}.${signature}`,
  'another type': `${part({ ...header, typ: 'JWT' })}.${body}.${signature}`,
  'the order of the header': `${part({ kid: jwk.kid, typ: 'at+jwt', alg: 'EdDSA' })}.${body}.${signature}`,
  ...Object.fromEntries([0, 31, 32, 63].map((at) => [`byte ${at} of the signature`, `${head}.${body}.${flipped(at)}`])),
  'no signature': `${head}.${body}.`,
};
console.log(JSON.stringify({ payload, header: protectedHeader, forged }));
