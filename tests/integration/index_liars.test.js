// Nodes that refuse, cut short, forget and lie when they are asked for logs: the index has no gap and nothing twice.
// Each kind of node is a chain of its own to one dappd. Owns a PostgreSQL; a chain, nodes and a dappd for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { forked } from './lib/forked.js';
import { indexingFor, sceneFor, shownAsMany } from './lib/index.js';
import { behind } from './lib/lagging.js';
import { WORDINGS, droppingOne, falselyEmpty, isRange, limited, maxLogs } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';
import { until } from './lib/wait.js';

const EPOCH = 1; // nearly all blocks are final, and final blocks are asked for by range

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

/** Each of the indexes becomes what the one chain is. */
async function untilAllRight({ untilRight }, shown, when) {
    for (const { name, chainId } of shown) await untilRight(`${name}, ${when}`, { chainId });
}

const spans = ({ requests }) =>
    requests
        .flatMap(({ calls }) => calls)
        .filter(isRange)
        .map(({ params: [{ fromBlock, toBlock }] }) => Number(toBlock) - Number(fromBlock) + 1);

test('limits of eth_getLogs in the words of every provider', async (t) => {
    const scene = await sceneFor(t, server, { blocks: 90, epoch: EPOCH });
    const seen = Object.fromEntries(Object.keys(WORDINGS).map((name) => [name, {}]));
    const spoilers = Object.entries(WORDINGS).map(([name, wording]) => [
        name,
        (node) => node.on('eth_getLogs', limited(wording, seen[name])),
    ]);
    const { shown } = await shownAsMany(t, scene, Object.fromEntries(spoilers));
    await untilAllRight(scene, shown, 'after the backfill');
    for (const { name, nodes } of shown) {
        const { blocks: limit } = WORDINGS[name];
        if (!limit) continue;
        assert.ok(seen[name].blocks <= limit, `${name}: it got no more than it may have`);
        const refused = spans(nodes[0]).filter((span) => span > limit).length;
        assert.ok(refused <= 40, `${name}: it learns the limit, after ${refused} refusals`);
    }
});

const SINGLE = {
    'a batch is refused': (node) => node.on('*', faults.maxBatch(1)),
    'one answer of a batch is forgotten, now and then': (node) => node.on('eth_getLogs', droppingOne(), { times: 6 }),
    'batches come back reversed': (node) => node.on('*', faults.reordered()),
    'one block has more logs than the node answers': (node) => node.on('eth_getLogs', maxLogs(150)),
    'ranges are cut short for a while, without a word': (node) => node.on('*', behind(30), { times: 20 }),
    'fresh blocks have no logs': (node) => node.on('eth_getLogs', falselyEmpty((call) => !isRange(call))),
    'replies break off, now and then': (node) => node.on('eth_getLogs', faults.resetMidBody(), { times: 6 }),
    'the JSON is cut off, now and then': (node) => node.on('eth_getLogs', faults.truncatedJson(), { times: 6 }),
    'rate limits, now and then': (node) => node.on('eth_getLogs', faults.rateLimited(), { times: 6 }),
};

test('a single node that misbehaves', async (t) => {
    const scene = await sceneFor(t, server, { blocks: 50, epoch: EPOCH });
    await scene.replay.flood(140);
    await scene.replay.play(4);
    const { shown } = await shownAsMany(t, scene, SINGLE);
    await untilAllRight(scene, shown, 'after the backfill');
    await scene.replay.play(5);
    await untilAllRight(scene, shown, 'after following');
});

const FIRST_OF_THREE = {
    'is behind and cuts ranges short': (liar) => liar.on('*', behind(20)),
    'answers ranges with nothing': (liar) => liar.on('eth_getLogs', falselyEmpty(isRange)),
    'answers fresh blocks with nothing': (liar) => liar.on('eth_getLogs', falselyEmpty((call) => !isRange(call))),
    'does not know eth_getLogs': (liar) => liar.on('eth_getLogs', faults.rpcError(-32601, 'the method does not exist')),
    'has no archive': (liar) =>
        liar.on('eth_getLogs', faults.rpcError(-32602, 'Archive requests require a personal token')),
    // costs a time-out of half a minute
    ...(process.env.DAPPD_SOAK && { 'hangs on logs': (liar) => liar.on('eth_getLogs', faults.hang()) }),
};

test('three nodes, the first of which misbehaves', async (t) => {
    const scene = await sceneFor(t, server, { blocks: 50, epoch: EPOCH });
    const settings = { nodes: 3, rpc_attempt_timeout_ms: 500 };
    const { shown } = await shownAsMany(t, scene, FIRST_OF_THREE, settings);
    await untilAllRight(scene, shown, 'after the backfill');
    await scene.replay.play(5);
    await untilAllRight(scene, shown, 'after following');
});

test('of two nodes the one that is behind says what is final', async (t) => {
    const { chain, node, replay, database } = await sceneFor(t, server, { blocks: 50, epoch: EPOCH });
    const late = await startFaultyNode(chain.url, { lock: replay.lock });
    t.after(() => late.stop());
    const head = Number(await chain.client.getBlockNumber());
    late.on('*', behind(20));
    const dappd = await indexingFor(t, { url: [node.url, late.url], database });
    const tip = () => database.sql('SELECT tip_number, finalized_number FROM chains').then(([row]) => row?.map(Number));
    await until(async () => (await tip().catch(() => undefined))?.[0] > 0, 'the end of the backfill');
    const [, finalized] = await tip();
    assert.ok(finalized <= head - 20, `block ${finalized} is final, and the other node has come to ${head - 20}`);
    assert.equal((await dappd.json('/status')).chains[0].index.halted, null);
});

test('three nodes, the first of which follows a fork of its own', async (t) => {
    const scene = await sceneFor(t, server, { blocks: 30, epoch: 8 });
    let first, others;
    const { shown } = await shownAsMany(t, scene, { fork: (...nodes) => ([first, ...others] = nodes) }, { nodes: 3 });
    await untilAllRight(scene, shown, 'after the backfill');
    const { head } = await scene.truth();
    first.on('*', forked(Number(head.number)));
    await scene.replay.play(5);
    await untilAllRight(scene, shown, 'while it does');
    const asked = (nodes, what) => nodes.flatMap(({ requests }) => requests.flatMap(({ calls }) => calls)).filter(what).length;
    const next = ({ method, params }) => method === 'eth_getBlockByNumber' && Number(params[0]) === Number(head.number) + 1;
    const misled = asked([first], next);
    // once is enough where the others can be heard: what they agree on is read by its hash
    const led = asked(others, ({ method }) => method === 'eth_getBlockByHash');
    assert.ok(misled <= 10 || led > 0, `it holds nobody up: asked for the next block ${misled} times`);
});

test('a single node whose fresh blocks are falsely empty at first', async (t) => {
    const { node, replay, database, untilRight } = await sceneFor(t, server, { blocks: 20 });
    await indexingFor(t, { url: node.url, database });
    await untilRight('after the backfill');
    const told = {};
    node.on('eth_getLogs', falselyEmpty(() => true, told), { times: 1 });
    await replay.flood(20);
    await untilRight('after the truth came out');
    assert.ok(told.lies > 0, 'it lied');
});
