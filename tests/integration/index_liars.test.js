// Nodes that refuse, cut short, forget and lie when they are asked for logs: the index has no gap and nothing twice.
// Owns a PostgreSQL; a chain, nodes and a dappd for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { indexingFor, sceneFor, startIndexing } from './lib/index.js';
import { behind } from './lib/lagging.js';
import { WORDINGS, droppingOne, falselyEmpty, limited, maxLogs } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';

const EPOCH = 1; // nearly all blocks are final, and final blocks are asked for by range

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

/** The same chain by way of another node. */
async function anotherNode(t, { chain, replay }) {
    const node = await startFaultyNode(chain.url, { lock: replay.lock });
    t.after(() => node.stop());
    return node;
}

const rangesOf = (node) =>
    node.requests
        .flatMap(({ calls }) => calls)
        .filter(({ method, params }) => method === 'eth_getLogs' && !params[0].blockHash)
        .map(({ params: [{ fromBlock, toBlock }] }) => Number(toBlock) - Number(fromBlock) + 1);

test('limits of eth_getLogs in the words of every provider', async (t) => {
    const { node, truth, untilRight } = await sceneFor(t, server, { blocks: 90, epoch: EPOCH });
    const { head } = await truth();
    for (const [name, wording] of Object.entries(WORDINGS)) {
        await t.test(name, async (t) => {
            const seen = {};
            const fresh = await server.databaseFor(t);
            node.reset().on('eth_getLogs', limited(wording, seen));
            const dappd = await startIndexing({ url: node.url, database: fresh });
            t.after(() => dappd.stop());
            await untilRight(name, { database: fresh });
            assert.ok(seen.blocks <= (wording.blocks ?? head.number), 'it got no more than it may have');
            if (wording.blocks) {
                const refused = rangesOf(node).filter((blocks) => blocks > wording.blocks).length;
                const answered = rangesOf(node).length - refused;
                assert.ok(refused < answered + 40, `it learns: ${refused} refusals, ${answered} answers`);
            }
        });
    }
});

const single = {
    'a batch is refused': ({ node }) => node.on('*', faults.maxBatch(1)),
    'one answer of each batch is forgotten, now and then': ({ node }) =>
        node.on('eth_getLogs', droppingOne(), { times: 6 }),
    'batches come back reversed': ({ node }) => node.on('*', faults.reordered()),
    'one block has more logs than the node answers': ({ node }) => node.on('eth_getLogs', maxLogs(150)),
    'ranges are cut short without a word, by a node that is behind': ({ node, waitsFor }) => {
        node.on('*', behind(30));
        waitsFor.push(() => node.reset());
    },
    'the reply breaks off, now and then': ({ node }) => node.on('eth_getLogs', faults.resetMidBody(), { times: 6 }),
    'the JSON is cut off, now and then': ({ node }) => node.on('eth_getLogs', faults.truncatedJson(), { times: 6 }),
    'rate limits, now and then': ({ node }) => node.on('eth_getLogs', faults.rateLimited(), { times: 6 }),
};

for (const [what, spoil] of Object.entries(single)) {
    test(`a single node: ${what}`, async (t) => {
        const scene = await sceneFor(t, server, { blocks: 50, epoch: EPOCH });
        const { node, replay, database, untilRight } = scene;
        await replay.flood(140);
        await replay.play(4);
        const waitsFor = [];
        spoil({ ...scene, waitsFor });
        await indexingFor(t, { url: node.url, database });
        waitsFor.forEach((begin) => begin());
        await untilRight('after the backfill');
        await replay.play(5);
        await untilRight('after following');
    });
}

const pairs = {
    'is behind and cuts ranges short': (node) => node.on('*', behind(20)),
    'answers ranges with nothing': (node) => node.on('eth_getLogs', falselyEmpty(({ params: [{ blockHash }] }) => !blockHash)),
    'answers fresh blocks with nothing': (node) =>
        node.on('eth_getLogs', falselyEmpty(({ params: [{ blockHash }] }) => blockHash)),
    'does not know eth_getLogs': (node) => node.on('eth_getLogs', faults.rpcError(-32601, 'the method does not exist')),
    'has no archive': (node) =>
        node.on('eth_getLogs', faults.rpcError(-32602, 'Archive requests require a personal token')),
    'hangs on logs': (node) => node.on('eth_getLogs', faults.hang()),
};

for (const [what, spoil] of Object.entries(pairs)) {
    test(`of two nodes the first ${what}`, async (t) => {
        const scene = await sceneFor(t, server, { blocks: 50, epoch: EPOCH });
        const { node: liar, replay, database, untilRight } = scene;
        const honest = await anotherNode(t, scene);
        spoil(liar);
        await indexingFor(t, { url: [liar.url, honest.url], database, rpc_attempt_timeout_ms: 500 });
        await untilRight('after the backfill');
        await replay.play(5);
        await untilRight('after following');
        assert.ok(liar.count('eth_getLogs') > 0, 'the liar was asked');
    });
}

test('a single node whose fresh blocks are falsely empty for a while', async (t) => {
    const { node, replay, database, untilRight } = await sceneFor(t, server, { blocks: 20 });
    await indexingFor(t, { url: node.url, database });
    await untilRight('after the backfill');
    const told = {};
    node.on('eth_getLogs', falselyEmpty(() => true, told), { times: 3 });
    await replay.flood(20);
    await untilRight('after the truth came out');
    assert.ok(told.lies > 0, 'it lied');
});
