// Truth by replay: thousands of transfers of honest and odd tokens, and reorgs of every depth. After each phase the
// whole index and what is served from it are what the receipts of the chain say.
// Owns a PostgreSQL; a chain and a dappd for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertServed } from './lib/api_truth.js';
import { indexingFor, sceneFor, startIndexing } from './lib/index.js';
import { startServer } from './lib/postgres.js';
import { until } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const HOLDERS = SOAK ? Infinity : 6; // whose lists are looked at
const DEPTHS = SOAK ? Array.from({ length: 30 }, (_, i) => 30 - i) : [1, 2, 5, 13, 30];

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

const sum = (holders = new Map()) => [...holders.values()].reduce((total, amount) => total + amount, 0n);

/** What the oracle computes for honest tokens is what their contracts say, or the oracle itself is wrong. */
async function assertHonest({ chain, replay }, { head, balances }) {
    const read = ({ address, abi }, functionName, args = []) =>
        chain.client.readContract({ address, abi, functionName, args, blockNumber: BigInt(head.number) });
    for (const [key, token] of Object.entries(replay.tokens).filter(([, { honest }]) => honest)) {
        const holders = balances.get(token.address) ?? new Map();
        const held = await Promise.all(replay.holders.map((holder) => read(token, 'balanceOf', [holder])));
        replay.holders.forEach((holder, i) => assert.equal(holders.get(holder.toLowerCase()) ?? 0n, held[i], key));
        if (token.hasSupply) assert.equal(await read(token, 'totalSupply'), sum(holders), `sum of ${key}`);
    }
}

test('balances, holders and transfers are what the chain says, in backfill, follow and reorgs', async (t) => {
    const scene = await sceneFor(t, server, { blocks: SOAK ? 600 : 80 });
    const { chain, replay, node, database, untilRight } = scene;
    const dappd = await indexingFor(t, { url: node.url, database });
    const untilServed = async (what) => {
        const truth = await untilRight(what);
        await assertServed(dappd, chain.client, truth, replay.holders.slice(0, HOLDERS));
        return truth;
    };
    await assertHonest(scene, await untilServed('after the backfill'));
    await replay.play(20);
    await untilServed('after following');
    for (const depth of DEPTHS) {
        await replay.reorg(depth);
        await untilRight(`after a reorg of ${depth}`);
        await replay.play(2);
    }
    await untilServed('after reorgs');
    for (const depth of [1, 9, 30]) {
        await replay.rollback(depth);
        await untilRight(`after a rollback of ${depth}`);
    }
    for (let i = 0; i < 4; i++) await replay.flood(250);
    const truth = await untilServed('after blocks with many logs');
    await assertHonest(scene, truth);
    assert.ok(truth.transfers.length > 1000 && truth.odd.length > 10, 'there was something to index');
    await dappd.stop();
});

test('reorgs faster than anybody can follow', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server, { blocks: 40 });
    await indexingFor(t, { url: node.url, database });
    for (let i = 0; i < (SOAK ? 200 : 25); i++) {
        await (i % 3 === 2 ? replay.rollback(1 + (i % 7)) : replay.reorg(1 + (i % 11)));
        if (i % 5 === 0) await replay.play(1);
    }
    await untilRight('in the end');
});

test('a chain that has changed while nobody indexed it', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server, { blocks: 60 });
    for (const change of [() => {}, () => replay.reorg(20), () => replay.rollback(25), () => replay.play(60)]) {
        await change();
        const dappd = await startIndexing({ url: node.url, database });
        t.after(() => dappd.stop());
        await untilRight(String(change));
        await dappd.stop();
    }
});

test('named tokens are indexed and no others', async (t) => {
    const { replay, node, database, truth, untilRight } = await sceneFor(t, server, { blocks: 60 });
    const { coin, wrapped, emitter } = replay.tokens;
    const tokens = [coin.address, wrapped.address, emitter.address];
    await indexingFor(t, { url: node.url, database, tokens });
    await untilRight('after the backfill', { tokens });
    await replay.play(10);
    await replay.reorg(7);
    const named = await untilRight('after a reorg', { tokens });
    assert.ok(named.transfers.length < (await truth()).transfers.length);
});

test('a token that a reorg takes away is no token, and the next one at its address says its own name', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server, { blocks: 5 });
    const dappd = await indexingFor(t, { url: node.url, database });
    const named = async (name) => (await dappd.json('/tokens?limit=1000')).items.find((item) => item.name === name);
    await untilRight('before');
    await replay.create('First');
    await untilRight('with the first');
    const first = await until(() => named('First'), 'its name');
    await replay.reorg(1, { empty: true });
    await untilRight('without it');
    const { items } = await dappd.json('/tokens?limit=1000');
    assert.ok(!items.some(({ token }) => token === first.token), 'it is gone');
    await replay.create('Second');
    await untilRight('with the second');
    assert.equal((await until(() => named('Second'), 'its name')).token, first.token, 'at the same address');
});
