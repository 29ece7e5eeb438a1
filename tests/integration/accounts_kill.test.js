// Whatever dies while accounts are written, dappd, a session of PostgreSQL or all of it: users, addresses, sessions and
// keys agree with the audit log, what was acknowledged is there, and what is asked again under an Idempotency-Key is
// done once. The moments are random; DAPPD_SOAK asks for many more of them.
// Owns a chain, a PostgreSQL and its dappds for each test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClients } from './lib/account_clients.js';
import { assertAccountsAgree } from './lib/account_truth.js';
import { startScene } from './lib/accounts.js';
import { below } from './lib/random.js';
import { sleep, until } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const CLIENTS = 8;
const moments = (soak, usual) => (SOAK ? soak : usual);

async function sceneFor(t) {
    const scene = await startScene();
    t.after(() => scene.stop());
    return scene;
}

/** Lets clients loose, disturbs them so many times, and then holds everything against everything. */
async function disturbed(scene, times, disturb, { current, lost }) {
    const clients = startClients(CLIENTS, { current, lost });
    for (let i = 0; i < times && clients.isWell(); i++) {
        const before = clients.count();
        await until(() => clients.count() >= before + CLIENTS || !clients.isWell(), 'clients at work');
        await sleep(below(300));
        await disturb();
    }
    const before = clients.count();
    await until(() => clients.count() > before + CLIENTS || !clients.isWell(), 'clients at work again');
    await clients.end();
    await until(() => scene.sql('SELECT 1').catch(() => undefined), 'PostgreSQL');
    await assertAccountsAgree(scene.database, 'in the end');
    await clients.books(scene.database);
    const [[users, keys, gone]] = await scene.sql(`SELECT count(*) FILTER (WHERE action = 'user.create'),
        count(*) FILTER (WHERE action = 'key.create'), count(*) FILTER (WHERE action = 'user.delete') FROM audit`);
    return { users: Number(users), keys: Number(keys), gone: Number(gone) };
}

test('kill -9 of dappd during writes: user and audit log never disagree', async (t) => {
    const scene = await sceneFor(t);
    let dappd = await scene.start();
    const done = await disturbed(
        scene,
        moments(60, 4),
        async () => {
            const old = dappd;
            await old.kill();
            await assertAccountsAgree(scene.database, 'between two');
            dappd = await scene.start();
        },
        {
            current: () => dappd,
            lost: (one) => until(() => dappd !== one || !one.hasExited(), 'the next dappd'),
        },
    );
    t.diagnostic(JSON.stringify(done));
    assert.ok(done.users > 0 && done.keys > 0);
});

test('kill -9 of one of two instances, which share what they write', async (t) => {
    const scene = await sceneFor(t);
    const instances = await Promise.all([scene.start(), scene.start()]);
    let turn = 0;
    await disturbed(
        scene,
        moments(30, 2),
        async () => {
            const victim = below(2);
            await instances[victim].kill();
            instances[victim] = await scene.start();
        },
        {
            current: () => instances[turn++ % 2],
            lost: () => until(() => instances.every((dappd) => !dappd.hasExited()), 'both of them'),
        },
    );
});

test('kill -9 of a session of PostgreSQL, and of all of it', async (t) => {
    const scene = await sceneFor(t);
    const dappd = await scene.start();
    let i = 0;
    await disturbed(
        scene,
        moments(30, 2),
        async () => {
            if (i++ % 2 === 0) return scene.server.killSession(scene.database);
            await scene.server.kill();
            return scene.server.start();
        },
        { current: () => dappd, lost: () => sleep(20) },
    );
});
