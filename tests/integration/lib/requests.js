// For every route of the table a request that it answers well: with a path, a body and credentials as it needs them.
// Each is made anew, by a user of its own where the route asks who it is, since some can be sent only once.
// Owns nothing.

import { mnemonicToAccount } from 'viem/accounts';
import { MNEMONIC } from '../../../dev/chain/tokens.js';
import { adminOf, makeKey } from './accounts.js';
import { below } from './random.js';
import { newAccount, signIn, signedMessage } from './siwe.js';
import { until } from './wait.js';

const MADE = 201;
const TAKEN = 202;
const DONE = 204;

async function addAddress(dappd, { user, headers }) {
    const wallet = newAccount();
    await dappd.post(`/users/${user.id}/addresses`, await signedMessage(dappd, wallet), headers);
    return { address: wallet.address };
}

/** A contract that any chain of ours has. */
const ofToken = (dappd, asker, { token }) => ({ address: token });
const anAbi = () => ({ abi: ['function totalSupply() view returns (uint256)'] });

/** A registered one. */
async function ofRegistered(dappd, asker, { token }) {
    const { headers } = asker ?? (await adminOf(dappd));
    const json = { 'content-type': 'application/json', ...headers };
    await dappd.request({ method: 'PUT', path: `/contracts/${token}`, headers: json, body: JSON.stringify(anAbi()) });
    return { address: token };
}

/** One whose events are in the index. */
async function ofIndexed(dappd, asker, values) {
    const { address } = await ofRegistered(dappd, asker, values);
    await until(async () => (await dappd.get(`/contracts/${address}/events`)).status === 200, 'events of a contract');
    return { address };
}
/** One of whose calls one is watched, on a chain that is indexed. Gives the watch's id as well. */
async function ofWatched(dappd, asker, values) {
    const { address } = await ofIndexed(dappd, asker, values);
    const { headers } = asker ?? (await adminOf(dappd));
    const answer = await dappd.post(`/contracts/${address}/watches`, totalSupply(), headers);
    return { address, id: answer.json().id };
}
const totalSupply = () => ({ function: 'function totalSupply() view returns (uint256)' });

/** Of an account that no test uses, with a nonce so high that it never gets into a block. */
async function aTransaction() {
    const sender = mnemonicToAccount(MNEMONIC, { addressIndex: 7 });
    const nonce = 1_000_000 + below(2 ** 30);
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 0n };
    return { raw: await sender.signTransaction({ chainId: 31337, nonce, to: sender.address, gas: 21_000n, ...fees }) };
}

/**
 * What a route takes beyond its path and credentials, and what it answers unless that is 200; in: the dappd, and who
 * asks. values: of its parameters, where those of pathOf() do not do.
 */
const REQUESTS = {
    'POST /balances': { body: () => ({ items: [{ address: `0x${'0'.repeat(40)}` }] }) },
    'GET /contracts/:address': { values: ofRegistered },
    'GET /contracts/:address/events': { values: ofIndexed },
    'PUT /contracts/:address': { values: ofRegistered, body: anAbi },
    'DELETE /contracts/:address': { status: DONE, values: ofRegistered },
    'GET /contracts/:address/watches': { values: ofRegistered },
    'POST /contracts/:address/watches': {
        status: MADE,
        values: ofRegistered,
        body: () => ({ function: `function f${below(2 ** 30)}() view returns (uint256)` }),
    },
    'DELETE /contracts/:address/watches/:id': { status: DONE, values: ofWatched },
    'GET /contracts/:address/state': { values: ofIndexed },
    'GET /contracts/:address/state/:id': { values: ofWatched },
    'POST /estimate': { body: () => ({ to: `0x${'0'.repeat(40)}` }) },
    'POST /contracts/:address/encode': { values: ofToken, body: totalSupply },
    'POST /contracts/:address/deploy': { values: ofRegistered, body: () => ({ bytecode: '0x60' }) },
    'POST /deploy': { body: () => ({ bytecode: '0x60' }) },
    'POST /contracts/:address/call': { values: ofToken, body: totalSupply },
    'POST /contracts/:address/simulate': { values: ofToken, body: totalSupply },
    'POST /tx': { status: TAKEN, body: aTransaction },
    'POST /auth/verify': { body: (dappd) => signedMessage(dappd, newAccount()) },
    'POST /auth/refresh': { body: async (dappd) => ({ refresh_token: (await signIn(dappd)).refresh_token }) },
    'POST /auth/logout': { status: DONE },
    'POST /users': { status: MADE, body: () => ({ name: 'Somebody' }) },
    'PATCH /users/:id': { headers: { 'if-match': '*' }, body: () => ({ name: 'Somebody else' }) },
    'DELETE /users/:id': { status: DONE },
    'POST /users/:id/addresses': { status: MADE, body: (dappd) => signedMessage(dappd, newAccount()) },
    'DELETE /users/:id/addresses/:address': { values: addAddress },
    'POST /keys': { status: MADE, body: () => ({ name: 'a key', scopes: ['read'] }) },
    'DELETE /keys/:id': {
        status: DONE,
        values: async (dappd, { headers }) => ({ id: (await makeKey(dappd, headers)).id }),
    },
};

/** Who may ask: with user and headers, or nobody. */
const ASKERS = {
    PUBLIC: async () => undefined,
    USER: (dappd) => signIn(dappd),
    ADMIN: (dappd) => adminOf(dappd),
};

/** The path of a pattern such as /balance/:address. In: values, by name. */
export const pathOf = (pattern, values) => pattern.replace(/:(\w+)/g, (_, name) => values[name]);

/**
 * Returns { method, path, headers, body, status }: what to ask, and what comes. In: route, a row of ROUTES; values, of
 * the parameters that any chain answers to.
 */
export async function requestFor(dappd, { method, pattern, access }, values) {
    const { status = 200, headers = {}, body, values: more } = REQUESTS[`${method} ${pattern}`] ?? {};
    const asker = await ASKERS[access](dappd);
    const own = { id: asker?.user.id, ...(await more?.(dappd, asker, values)) };
    const json = body ? { 'content-type': 'application/json' } : {};
    return {
        method,
        path: pathOf(pattern, { ...values, ...own }),
        headers: { ...json, ...headers, ...asker?.headers },
        body: body && JSON.stringify(await body(dappd, asker)),
        status,
    };
}
