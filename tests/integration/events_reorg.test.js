// Truth by replay, of events: whatever the chain does and whoever dies, the table of events is what eth_getLogs says
// and viem makes of it, and the transfers beside it are what they were without. Owns a PostgreSQL; a chain and a dappd
// for each test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { register } from './lib/contracts.js';
import { readEvents } from './lib/event_oracle.js';
import { indexingFor, progressOf, sceneFor, startIndexing, untilIndexed } from './lib/index.js';
import { migrate } from './lib/index_rows.js';
import { assertIndex } from './lib/index_truth.js';
import { limited, WORDINGS } from './lib/log_limits.js';
import { startServer } from './lib/postgres.js';
import { below } from './lib/random.js';
import { sleep, until } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const DEPTHS = SOAK ? Array.from({ length: 30 }, (_, i) => 30 - i) : [1, 3, 8, 30];
const WATCHED = ['coin', 'announced', 'emitter', 'usd', 'silent'];

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

/** A scene with contracts whose events are wanted too. In: keys, of the replay's tokens. */
async function eventScene(t, { keys = WATCHED, ...options } = {}) {
    const scene = await sceneFor(t, server, options);
    const { chain, node, replay, database, truth } = scene;
    const contracts = keys.map((key) => replay.tokens[key]);
    await migrate(database, node.url);
    const all = async (tokenOptions) => {
        const now = await truth(tokenOptions);
        return { ...now, events: await readEvents(chain.client, contracts) };
    };
    const untilRight = async (what, tokenOptions) => {
        const now = await all(tokenOptions);
        await until(async () => (await eventStreams(database)) === contracts.length, `${what}: streams of events`);
        await untilIndexed(database, now.head);
        await assertIndex(database, now, { what });
        assert.ok(now.events.length > 0, what);
        return now;
    };
    return { ...scene, contracts, untilRight, all };
}

const registerAll = (database, contracts) =>
    Promise.all(contracts.map((contract) => register(database, contract, { events: true })));

const eventStreams = async (database) => {
    const [[n]] = await database.sql('SELECT count(*) FROM streams WHERE kind = 1 AND NOT retired');
    return Number(n);
};

test('after reorgs of every depth events and transfers are what the chain says', async (t) => {
    const { replay, node, database, contracts, untilRight } = await eventScene(t, { blocks: 40 });
    await registerAll(database, contracts);
    await indexingFor(t, { url: node.url, database });
    await untilRight('before');
    for (const depth of DEPTHS) {
        await replay.play(1 + below(4));
        await untilRight(`before a reorg of ${depth}`);
        await replay.reorg(depth, { empty: depth % 3 === 0 });
        await untilRight(`a reorg of ${depth}`);
    }
    await replay.rollback(5, { more: 2 });
    await untilRight('a chain that became shorter');
});

test('events alone: a chain without tokens follows, and takes back', async (t) => {
    const { replay, node, database, contracts, chain } = await eventScene(t, { blocks: 30, epoch: 2 });
    await registerAll(database, contracts);
    const dappd = await indexingFor(t, { url: node.url, database, tokens: [] });
    const untilSame = async (what) => {
        const events = await readEvents(chain.client, contracts);
        const head = await chain.client.getBlock();
        await until(async () => (await eventStreams(database)) === contracts.length, 'streams of events');
        await untilIndexed(database, head);
        const truth = { head, transfers: [], odd: [], balances: new Map(), events };
        await assertIndex(database, truth, { what });
    };
    await untilSame('history');
    await replay.play(3);
    await replay.reorg(2);
    await untilSame('a reorg');
    assert.equal((await dappd.get('/ready')).status, 200);
    assert.equal((await dappd.json('/status')).chains[0].index.phase, 'following');
});

test('a contract that is registered is read up to where transfers are, which go on meanwhile', async (t) => {
    const { replay, node, database, contracts, untilRight, truth } = await eventScene(t, { blocks: 80, epoch: 2 });
    const dappd = await indexingFor(t, { url: node.url, database });
    await untilIndexed(database, (await truth()).head);
    let held = true;
    const slow = limited({ ...WORDINGS.Besu, blocks: 10 });
    node.on('eth_getLogs', async (exchange, concerns) => {
        const isHistory = exchange.calls.some(({ params }) => params?.[0]?.fromBlock && !params[0].topics);
        while (held && isHistory) await sleep(10);
        await slow(exchange, concerns);
    });
    await registerAll(database, contracts);
    await until(async () => (await eventStreams(database)) === contracts.length, 'streams of events');
    for (let i = 0; i < 3; i++) {
        await replay.play(2);
        const { head } = await truth();
        await until(async () => (await progressOf(database)).tip >= head.number, 'the tip goes on');
        const { block } = await dappd.json('/transfers?limit=1');
        assert.ok(block.number >= head.number, 'transfers are served up to it');
    }
    assert.equal((await progressOf(database)).live, false, 'the events are not live yet');
    const [first] = contracts;
    const answer = await dappd.get(`/contracts/${first.address}/events`);
    assert.equal(answer.json().code, 'not_indexed');
    held = false;
    await untilRight('all of it');
    await replay.reorg(3);
    await untilRight('all of it after a reorg');
});

test('kill -9 while history is read and followed: every event is there once', async (t) => {
    const { replay, node, database, contracts, untilRight } = await eventScene(t, { blocks: 100 });
    await registerAll(database, contracts);
    const answer = limited({ ...WORDINGS.Besu, blocks: 4 });
    node.on('eth_getLogs', async (exchange, concerns) => {
        await sleep(5 + below(30));
        await answer(exchange, concerns);
    });
    const kills = SOAK ? 50 : 4;
    for (let i = 0; i < kills; i++) {
        const dappd = await startIndexing({ url: node.url, database, waits: below(2) > 0 });
        if (i > kills / 2) await replay.play(1 + below(3));
        if (i > kills / 2 && below(2) === 0) await replay.reorg(1 + below(5));
        await sleep(below(600));
        assert.equal((await dappd.kill()).signal, 'SIGKILL');
    }
    await indexingFor(t, { url: node.url, database });
    await untilRight('after all that');
});

test('an ABI that changes while dappd dies is applied to every event in the end', async (t) => {
    const { node, database, contracts, all } = await eventScene(t, { keys: ['coin'], blocks: 60 });
    const [coin] = contracts;
    await register(database, { ...coin, abi: [] }, { events: true });
    const first = await startIndexing({ url: node.url, database, tokens: coin.address });
    t.after(() => first.stop());
    await until(async () => (await eventStreams(database)) === 1, 'a stream of events');
    await untilIndexed(database, (await all()).head);
    await database.sql(`UPDATE contracts SET abi = '${JSON.stringify(coin.abi)}', version = 2`);
    const stale = 'SELECT 1 FROM contract_events WHERE name IS NULL LIMIT 1';
    const begun = 'SELECT 1 FROM contract_events WHERE name IS NOT NULL LIMIT 1';
    await until(async () => (await database.sql(begun)).length > 0, 'a beginning');
    await first.kill();
    await indexingFor(t, { url: node.url, database, tokens: coin.address });
    await until(async () => (await database.sql(stale)).length === 0, 'all of them read anew');
    await assertIndex(database, await all({ tokens: [coin.address] })); // a token by name, and a contract
    const done = `SELECT decoded = (SELECT id * 2 ^ 32 + version FROM contracts)::bigint FROM streams WHERE kind = 1`;
    await until(async () => (await database.sql(done))[0][0] === 't', 'a note that it is done');
});

const SCHEMA_BEFORE = `
    DROP TABLE watch_states, watches, contract_events, contracts, transaction_steps, transactions;
    ALTER TABLE audit DROP COLUMN chain_id, DROP COLUMN contract;
    ALTER TABLE streams DROP CONSTRAINT streams_pkey, DROP COLUMN kind, DROP COLUMN decoded, DROP COLUMN from_block,
        ADD PRIMARY KEY (chain_id, token);
    DELETE FROM schema_migrations WHERE version > 2`;

test('an index made by the schema before goes on where it was, and has events beside it', async (t) => {
    const { replay, node, database, contracts, untilRight, truth } = await eventScene(t, { blocks: 60, epoch: 2 });
    const first = await startIndexing({ url: node.url, database });
    const { head } = await truth();
    await untilIndexed(database, head);
    await first.kill();
    await database.sql(SCHEMA_BEFORE);
    await replay.play(5);
    const asked = [];
    node.on('eth_getLogs', (exchange) => {
        const ranges = exchange.calls.filter(({ params }) => params?.[0]?.fromBlock && params[0].topics);
        asked.push(...ranges.map(({ params }) => Number(params[0].fromBlock)));
        return exchange.pass();
    });
    await migrate(database, node.url);
    await registerAll(database, contracts);
    await indexingFor(t, { url: node.url, database });
    await untilRight('after the migration');
    assert.deepEqual(asked.filter((block) => block <= head.number), [], 'no transfer is read again');
    await replay.reorg(3);
    await untilRight('a reorg');
});
