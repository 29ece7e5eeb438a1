// Whatever dies, and whenever: dappd, PostgreSQL or the node. What has been written stays written once, and in the end
// the index is the one that an undisturbed run makes. The moments are random; DAPPD_SOAK asks for many more of them.
// Owns a PostgreSQL for each test that kills it, a chain and a dappd for each test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexingFor, sceneFor, startIndexing, untilDescribed, untilIndexed } from './lib/index.js';
import { assertSameDump, dumpIndex } from './lib/index_truth.js';
import * as faults from './lib/faults.js';
import { WORDINGS, limited } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';
import { below } from './lib/random.js';
import { sleep } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const moments = (soak, usual) => (SOAK ? soak : usual);

async function serverFor(t) {
    const server = await startServer();
    t.after(() => server.stop());
    return server;
}

/** A node that answers little and late, so that a backfill lasts. */
function slowDown(node) {
    const answer = limited({ ...WORDINGS.Besu, blocks: 4 });
    node.on('eth_getLogs', async (exchange, concerns) => {
        await sleep(5 + below(30));
        await answer(exchange, concerns);
    });
}

/** Blocks or a reorg, so that there is something to follow. */
async function goOn(replay) {
    await replay.play(1 + below(3));
    if (below(3) === 0) await replay.reorg(1 + below(5));
}

/** Everything but what tokens say of themselves, which comes later and is waited for only when there is time. */
async function finalDump(database) {
    if (SOAK) await untilDescribed(database);
    const { tokens, ...dump } = await dumpIndex(database);
    return { ...dump, tokens: SOAK ? tokens : tokens.map((line) => line.split(' ').slice(0, 3).join(' ')) };
}

/** The index is what the oracle says, and what a new run on an empty database makes, tokens included. */
async function assertUndisturbed(t, server, { node, database, truth, untilRight }) {
    node.reset();
    await untilRight('after all that');
    const other = await server.databaseFor(t);
    await indexingFor(t, { url: node.url, database: other });
    await untilIndexed(other, (await truth()).head);
    assertSameDump(await finalDump(database), await finalDump(other), 'as after an undisturbed run');
}

test('kill -9 of dappd, and some stops, at random moments of backfill and follow', async (t) => {
    const server = await serverFor(t);
    const scene = await sceneFor(t, server, { blocks: 100 });
    const { node, replay, database } = scene;
    slowDown(node);
    const kills = moments(50, 5);
    for (let i = 0; i < kills; i++) {
        const waits = below(4) > 0;
        const dappd = await startIndexing({ url: node.url, database, waits });
        if (i > kills / 2) await goOn(replay);
        await sleep(below(250));
        if (waits && below(3) === 0) await dappd.stop();
        else assert.equal((await dappd.kill()).signal, 'SIGKILL');
    }
    const dappd = await indexingFor(t, { url: node.url, database });
    await assertUndisturbed(t, server, scene);
    await dappd.stop();
});

test('kill -9 of PostgreSQL at random moments of backfill and follow', async (t) => {
    const server = await serverFor(t);
    const scene = await sceneFor(t, server, { blocks: 100 });
    const { node, replay, database } = scene;
    slowDown(node);
    await indexingFor(t, { url: node.url, database });
    for (let i = 0; i < moments(20, 2); i++) {
        await sleep(below(400));
        await server.kill();
        if (i > 0) await goOn(replay);
        await server.start();
    }
    await assertUndisturbed(t, server, scene);
});

test('kill -9 of a session of PostgreSQL, which takes all others with it', async (t) => {
    const server = await serverFor(t);
    const scene = await sceneFor(t, server, { blocks: 100 });
    const { node, replay, database } = scene;
    slowDown(node);
    await indexingFor(t, { url: node.url, database });
    for (let i = 0; i < moments(20, 1); i++) {
        await sleep(below(400));
        await server.killSession(database);
        await goOn(replay);
    }
    await assertUndisturbed(t, server, scene);
});

test('a node that dies at random moments of backfill and follow', async (t) => {
    const server = await serverFor(t);
    const scene = await sceneFor(t, server, { blocks: 100 });
    const { node, replay, database } = scene;
    slowDown(node);
    await indexingFor(t, { url: node.url, database });
    for (let i = 0; i < moments(20, 2); i++) {
        await sleep(below(400));
        if (below(2) === 0) node.on('*', faults.resetMidBody(), { times: 1 + below(3) });
        await node.stop();
        if (i > 0) await goOn(replay);
        await sleep(below(100));
        await node.restart();
    }
    await assertUndisturbed(t, server, scene);
});
