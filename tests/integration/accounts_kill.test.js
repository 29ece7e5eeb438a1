// Whatever dies while accounts are written, dappd, a session of PostgreSQL or all of it, and whatever else is done to a
// user while it is deleted: users, addresses, sessions and keys agree with the audit log, what was acknowledged is there,
// and what is asked again under an Idempotency-Key is done once. The moments are random; DAPPD_SOAK asks for many more.
// Owns a chain, a PostgreSQL and its dappds for each test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClients } from './lib/account_clients.js';
import { assertAccountsAgree } from './lib/account_truth.js';
import { ask, startScene } from './lib/accounts.js';
import { below } from './lib/random.js';
import { newAccount, refresh, signIn, signedMessage, verify } from './lib/siwe.js';
import { sleep, until } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const CLIENTS = 8;
const moments = (soak, usual) => (SOAK ? soak : usual);

async function sceneFor(t) {
    const scene = await startScene();
    t.after(() => scene.stop());
    return scene;
}

/** Waits until our own psql is there, anew if need be. */
const untilThere = (scene) => until(() => scene.sql('SELECT 1').catch(() => undefined), 'PostgreSQL');

/** Lets clients loose and disturbs them so many times. Returns what they acknowledged. */
async function disturb(times, once, where) {
    const clients = startClients(CLIENTS, where);
    const untilBusy = (before) =>
        until(() => clients.count() >= before + CLIENTS || !clients.isWell(), 'clients at work');
    try {
        for (let i = 0; i < times && clients.isWell(); i++) {
            await untilBusy(clients.count());
            await sleep(below(300));
            await once();
        }
        await untilBusy(clients.count());
    } finally {
        await clients.end();
    }
    return clients;
}

/** Holds everything against everything, once nothing is under way. */
async function assertTrue(t, scene, clients) {
    await untilThere(scene);
    await assertAccountsAgree(scene.database, 'in the end');
    await clients.books(scene.database);
    const [done] = await scene.sql(`SELECT count(*) FILTER (WHERE action = 'user.create'),
        count(*) FILTER (WHERE action = 'key.create'), count(*) FILTER (WHERE action = 'user.delete') FROM audit`);
    t.diagnostic(`users made, keys made, users deleted: ${done}`);
    assert.ok(Number(done[0]) > 0 && Number(done[1]) > 0);
}

test('kill -9 of dappd during writes: user and audit log never disagree', async (t) => {
    const scene = await sceneFor(t);
    let dappd = await scene.start();
    const killAndStart = async () => {
        await dappd.kill();
        await assertAccountsAgree(scene.database, 'between two');
        dappd = await scene.start();
    };
    const lost = (one) => until(() => dappd !== one || !one.hasExited(), 'the next dappd');
    await assertTrue(t, scene, await disturb(moments(60, 4), killAndStart, { current: () => dappd, lost }));
});

test('kill -9 of one of two instances, which share what they write', async (t) => {
    const scene = await sceneFor(t);
    const instances = await Promise.all([scene.start(), scene.start()]);
    let turn = 0;
    const killOne = async () => {
        const victim = below(2);
        await instances[victim].kill();
        instances[victim] = await scene.start();
    };
    const lost = () => until(() => instances.every((dappd) => !dappd.hasExited()), 'both of them');
    const clients = await disturb(moments(30, 2), killOne, { current: () => instances[turn++ % 2], lost });
    await assertTrue(t, scene, clients);
});

test('kill -9 of a session of PostgreSQL, and of all of it', async (t) => {
    const scene = await sceneFor(t);
    const dappd = await scene.start();
    let i = 0;
    const killSome = async () => {
        if (i++ % 2 === 0) return scene.server.killSession(scene.database);
        await scene.server.kill();
        await scene.server.start();
        return untilThere(scene);
    };
    const where = { current: () => dappd, lost: () => sleep(20) };
    await assertTrue(t, scene, await disturb(moments(30, 2), killSome, where));
});

test('a user is deleted while everything else is done to it, at two instances', async (t) => {
    const scene = await sceneFor(t);
    const instances = await Promise.all([scene.start(), scene.start()]);
    for (let i = 0; i < moments(200, 8); i++) {
        const [dappd, other] = i % 2 ? instances : [...instances].reverse();
        const wallet = newAccount();
        const { headers, user, refresh_token } = await signIn(dappd, wallet);
        const path = `/users/${user.id}`;
        const match = { ...headers, 'if-match': '*' };
        const [again, added] = [await signedMessage(dappd, wallet), await signedMessage(dappd, newAccount())];
        const answers = await Promise.all([
            ask(other, 'PATCH', path, { body: { name: 'Somebody' }, headers: match }),
            other.post('/keys', { name: 'a key', scopes: ['read'] }, headers),
            other.post(`${path}/addresses`, added, headers),
            verify(other, again),
            refresh(other, refresh_token),
            ask(dappd, 'DELETE', path, { headers: match }),
            ask(other, 'DELETE', path, { headers: match }),
        ]);
        const statuses = answers.map(({ status }) => status);
        assert.ok(
            statuses.every((status) => status < 500),
            `${statuses}`,
        );
        assert.ok(statuses.slice(-2).includes(204), 'it was deleted once');
    }
    await assertAccountsAgree(scene.database, 'after deletions');
});
