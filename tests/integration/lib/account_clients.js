// Clients that sign in and change their accounts without a pause, and keep book: what was acknowledged must be there
// afterwards, what got no answer may be. Each client owns its book.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ask } from './accounts.js';
import { below, pick } from './random.js';
import { bearer, newAccount, refresh, signedMessage, verify } from './siwe.js';

class Client {
    users = []; // { id, names: those it may have, keys: Map of id to whether it is certainly there, gone }

    /** In: current(), the dappd to ask; lost(dappd), to be waited for when it did not answer. */
    constructor({ current, lost, going }) {
        Object.assign(this, { current, lost, going });
    }

    async run() {
        while (this.going()) {
            const user = await this.#signInAnew();
            for (let left = 3 + below(6); user && !user.gone && left > 0 && this.going(); left--)
                await this.#change(user);
        }
    }

    /** Returns the answer, or undefined when nobody knows whether it was done. */
    async #try(fn) {
        const dappd = this.current();
        const answer = await fn(dappd).catch((error) => {
            if (!error.code || error instanceof assert.AssertionError) throw error; /* not of the connection */
            return undefined;
        });
        if (answer && answer.status < 500) return answer;
        await this.lost(dappd);
        return undefined;
    }

    /** The same request, under one Idempotency-Key, until it is answered. */
    async #insist(fn) {
        for (;;) {
            const answer = await this.#try(fn);
            if (answer || !this.going()) return answer;
        }
    }

    async #signInAnew() {
        const wallet = newAccount();
        const answer = await this.#try(async (dappd) => verify(dappd, await signedMessage(dappd, wallet)));
        if (!answer) return undefined;
        assert.equal(answer.status, 200, answer.text);
        const grant = answer.json();
        const user = { id: grant.user.id, names: [null], keys: new Map(), gone: false, grant };
        user.headers = bearer(grant.access_token);
        this.users.push(user);
        return user;
    }

    #change(user) {
        return pick([rename, rename, makeKey, makeKey, dropKey, renew, addAddress, drop])(user, {
            once: (fn) => this.#try(fn),
            insist: (fn) => this.#insist(fn),
        });
    }
}

async function rename(user, { once }) {
    const name = `name ${randomUUID()}`;
    const path = `/users/${user.id}`;
    const answer = await once((dappd) =>
        ask(dappd, 'PATCH', path, { body: { name }, headers: { ...user.headers, 'if-match': '*' } }),
    );
    if (answer) assert.equal(answer.status, 200, answer.text);
    user.names = answer ? [name] : [...user.names, name];
}

async function makeKey(user, { insist }) {
    const headers = { ...user.headers, 'idempotency-key': randomUUID() };
    const name = `key ${randomUUID()}`;
    const answer = await insist((dappd) => dappd.post('/keys', { name, scopes: ['read'] }, headers));
    if (!answer) return;
    assert.equal(answer.status, 201, answer.text);
    user.keys.set(answer.json().id, { name, state: 'there' });
}

async function dropKey(user, { once }) {
    const [id, key] = [...user.keys].find(([, { state }]) => state === 'there') ?? [];
    if (!id) return;
    const answer = await once((dappd) => ask(dappd, 'DELETE', `/keys/${id}`, { headers: user.headers }));
    if (answer) assert.equal(answer.status, 204, answer.text);
    key.state = answer ? 'gone' : 'either';
}

/** A refresh whose answer was lost costs the session: the client signs in anew, as somebody else here. */
async function renew(user, { once }) {
    const answer = await once((dappd) => refresh(dappd, user.grant.refresh_token));
    if (!answer) {
        user.gone = 'session';
        return;
    }
    assert.equal(answer.status, 200, answer.text);
    user.grant = answer.json();
    user.headers = bearer(user.grant.access_token);
}

async function addAddress(user, { insist }) {
    const wallet = newAccount();
    const headers = { ...user.headers, 'idempotency-key': randomUUID() };
    let signed;
    const answer = await insist(async (dappd) => {
        signed ??= await signedMessage(dappd, wallet);
        return dappd.post(`/users/${user.id}/addresses`, signed, headers);
    });
    if (!answer) return;
    assert.equal(answer.status, 201, answer.text);
    (user.addresses ??= []).push(wallet.address.toLowerCase());
}

async function drop(user, { once }) {
    if (below(3) > 0) return;
    const headers = { ...user.headers, 'if-match': '*' };
    const answer = await once((dappd) => ask(dappd, 'DELETE', `/users/${user.id}`, { headers }));
    if (answer) assert.equal(answer.status, 204, answer.text);
    user.gone = answer ? 'user' : 'perhaps';
}

/** What this user's book says is what the database holds. */
async function assertBook(database, user) {
    const [row] = await database.sql(`SELECT name FROM users WHERE id = '${user.id}'`);
    if (user.gone === 'user') return assert.equal(row, undefined, `${user.id} was deleted`);
    if (user.gone === 'perhaps' && !row) return undefined;
    assert.ok(row && user.names.includes(row[0]), `${user.id}: ${row} of ${user.names}`);
    const keys = await database.sql(`SELECT id, name FROM api_keys WHERE user_id = '${user.id}'`);
    const there = new Map(keys);
    for (const [id, { name, state }] of user.keys) {
        if (state !== 'either')
            assert.equal(there.get(id), state === 'there' ? name : undefined, `key ${id}, ${state}`);
    }
    const names = keys.map(([, name]) => name);
    assert.equal(new Set(names).size, names.length, 'each Idempotency-Key has made one key');
    const addresses = await database.sql(
        `SELECT '0x' || encode(address, 'hex') FROM addresses WHERE user_id = '${user.id}'`,
    );
    for (const address of user.addresses ?? []) assert.ok(addresses.flat().includes(address), address);
    return undefined;
}

/**
 * So many clients at once, until end() is called. In: current, lost as above.
 * Returns { end, books(database), count }: books() holds everything that was acknowledged against the database.
 */
export function startClients(n, { current, lost }) {
    let going = true;
    const clients = Array.from({ length: n }, () => new Client({ current, lost, going: () => going }));
    const running = Promise.all(clients.map((client) => client.run()));
    running.catch(() => {
        going = false;
    });
    const users = () => clients.flatMap((client) => client.users);
    return {
        count: () => users().length,
        isWell: () => going,
        async end() {
            going = false;
            await running;
        },
        async books(database) {
            for (const user of users()) await assertBook(database, user);
        },
    };
}
