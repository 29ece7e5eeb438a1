// JSON Web Tokens as an attacker makes them: taken apart, put together again, signed with whatever is at hand.
// Pure functions.

import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** { header, payload, signature } of a token: the first two parsed, the last one as text. */
export function taken(token) {
    const [header, payload, signature] = token.split('.');
    const parse = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
    return { header: parse(header), payload: parse(payload), signature };
}

/** In: header and payload, values or JSON text; key, of the HMAC; hash, its function. */
export function signed(header, payload, { key, hash = 'sha256' }) {
    const content = `${encode(header)}.${encode(payload)}`;
    return `${content}.${createHmac(hash, key).update(content).digest('base64url')}`;
}

/** With any third part. */
export const put = (header, payload, signature) => `${encode(header)}.${encode(payload)}.${signature}`;
