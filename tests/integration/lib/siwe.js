// Signing in as a dApp's page does: messages by viem, signatures by local accounts, sessions by dappd.
// Owns nothing.

import assert from 'node:assert/strict';
import { parseSignature, serializeCompactSignature, signatureToCompactSignature } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';

export const DOMAIN = 'app.example.com';
export const CHAIN_ID = 31337;

/** Settings of a dappd at which that domain's pages may sign in. Its key is made in the test's own folder. */
export const SIGN_IN = { auth_domains: DOMAIN };

/** A wallet that nobody has used before. */
export const newAccount = () => privateKeyToAccount(generatePrivateKey());

export const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** Unix seconds, as dappd has times. */
export const now = () => Math.floor(Date.now() / 1000);

/** So many seconds from now, as viem writes a time into a message. */
export const ahead = (s) => new Date(Date.now() + s * 1000);

export async function askNonce(dappd) {
    return (await dappd.json('/auth/nonce')).nonce;
}

/** A message as the domain's page would write it now, but for the fields given; nonce: asked for unless given. */
export async function messageFor(dappd, address, { domain = DOMAIN, chainId = CHAIN_ID, nonce, ...fields } = {}) {
    return createSiweMessage({
        domain,
        address,
        uri: `https://${domain}/login`,
        version: '1',
        chainId,
        nonce: nonce ?? (await askNonce(dappd)),
        ...fields,
    });
}

/** The body of POST /auth/verify. In: wallet, with address and signMessage, as viem's accounts have them. */
export async function signedMessage(dappd, wallet, fields = {}) {
    const message = await messageFor(dappd, wallet.address, fields);
    return { message, signature: await wallet.signMessage({ message }) };
}

export const verify = (dappd, signed) => dappd.post('/auth/verify', signed);

/** The whole sign-in. Returns the grant, with headers: those of a request in its name. */
export async function signIn(dappd, wallet = newAccount(), fields = {}) {
    return grantOf(await verify(dappd, await signedMessage(dappd, wallet, fields)));
}

export const refresh = (dappd, token) => dappd.post('/auth/refresh', { refresh_token: token });

export const logout = (dappd, headers) => dappd.request({ method: 'POST', path: '/auth/logout', headers });

export const sessionOf = (dappd, headers) => dappd.get('/auth/session', headers);

/** The body of an answer that must give a session. */
export function grantOf(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const grant = answer.json();
    return { ...grant, headers: bearer(grant.access_token) };
}

/** 64 bytes instead of 65 (EIP-2098). */
export const compact = (signature) =>
    serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));

/** The same with v of 0 or 1, as hardware wallets write it. */
export const withParity = (signature) => `${signature.slice(0, -2)}0${parseSignature(signature).yParity}`;
