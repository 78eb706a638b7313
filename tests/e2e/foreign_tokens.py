"""Tokens and keys as others make them (RFC 7515, 7517), good and forged: over python3-cryptography, and none of our code."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def encode(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(value, size=None):
    return encode(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def public_jwk(key, kid):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        parts = public.public_numbers()
        return {"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": number(parts.n), "e": number(parts.e)}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        parts = public.public_numbers()
        return {"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": number(parts.x, 32), "y": number(parts.y, 32)}
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "kid": kid, "use": "sig", "alg": "EdDSA", "x": encode(raw)}


def jwk(key, kid):
    """With its private part."""
    if isinstance(key, rsa.RSAPrivateKey):
        parts = key.private_numbers()
        private = {"d": number(parts.d), "p": number(parts.p), "q": number(parts.q), "dp": number(parts.dmp1), "dq": number(parts.dmq1),
                   "qi": number(parts.iqmp)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        private = {"d": number(key.private_numbers().private_value, 32)}
    else:
        private = {"d": encode(key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()))}
    return {**public_jwk(key, kid), **private}


def signature(key, covered):
    if isinstance(key, bytes):
        return hmac.new(key, covered, hashlib.sha256).digest()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(covered, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(covered, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.sign(covered)


def sign(key, header, claims):
    """`key` None: no signature at all; bytes: an HMAC under them."""
    covered = f"{encode(header)}.{encode(claims)}"
    return f"{covered}.{encode(signature(key, covered.encode())) if key is not None else ''}"
