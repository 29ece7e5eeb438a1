// Several instances on one database: one indexes each chain, the next takes over when it dies, all serve the same.
// Owns a PostgreSQL; a chain and its instances for each test.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import * as faults from './lib/faults.js';
import { indexingFor, sceneFor, startIndexing, untilIndexed } from './lib/index.js';
import { startServer } from './lib/postgres.js';
import { SCRATCH } from './lib/process.js';
import { bounded, until } from './lib/wait.js';

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

const indexOf = async (dappd) => (await dappd.json('/status')).chains[0].index;
const isLeader = async (dappd) => (await indexOf(dappd)).indexing_here;

test('one of two indexes; when it is killed the other goes on by itself', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server);
    const options = { url: node.url, database };
    let instances = await Promise.all([startIndexing(options), startIndexing(options)]);
    t.after(() => Promise.all(instances.map((dappd) => dappd.stop())));
    for (let i = 0; i < 2; i++) {
        await untilRight('with two of them');
        const leads = await Promise.all(instances.map(isLeader));
        assert.equal(leads.filter(Boolean).length, 1, 'one of them leads');
        const leader = instances[leads.indexOf(true)];
        const other = instances[leads.indexOf(false)];
        await (i === 0 ? leader.kill() : leader.stop());
        await replay.play(3);
        await replay.reorg(4);
        await untilRight('by the other alone');
        await until(() => isLeader(other), 'the other leads');
        instances = [other, await startIndexing(options)];
    }
});

test('two that start at once on an empty database', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server);
    const options = { url: node.url, database };
    await Promise.all([1, 2, 3].map(() => indexingFor(t, options)));
    await untilRight('with three of them');
    await replay.play(3);
    await untilRight('later');
});

test('one process indexes and another one serves', async (t) => {
    const { replay, node, database, truth, untilRight } = await sceneFor(t, server);
    const options = { url: node.url, database };
    const api = await indexingFor(t, { ...options, index: 'off' });
    const indexer = await startIndexing({ ...options, command: 'index', waits: false });
    t.after(() => indexer.stop());
    await untilRight('by the indexer');
    await replay.play(3);
    await replay.reorg(2);
    const { head } = await untilRight('by the indexer, after a reorg');
    const { block } = await api.json('/tokens?limit=1');
    assert.deepEqual(block, head);
    await until(async () => (await indexOf(api)).tip === head.number, 'the tip in /status');
    assert.equal(await isLeader(api), false);
    await indexer.kill();
    await replay.play(2);
    assert.deepEqual((await api.json('/tokens?limit=1')).block, head, 'what there is goes on being served');
    const next = await startIndexing({ ...options, command: 'index', waits: false });
    t.after(() => next.stop());
    await untilIndexed(database, (await truth()).head);
});

test('one that comes back after a long time catches up by ranges, not block by block', async (t) => {
    const { chain, replay, node, database, untilRight } = await sceneFor(t, server, { epoch: 1 });
    const options = { url: node.url, database };
    const before = await startIndexing(options);
    await untilRight('before');
    await before.stop();
    for (let i = 0; i < 3; i++) {
        await replay.play(3);
        await chain.client.request({ method: 'anvil_mine', params: ['0x190', '0x1'] });
    }
    await replay.play(3);
    const asked = node.count('eth_getBlockByNumber');
    await indexingFor(t, options);
    await untilRight('after');
    const headers = node.count('eth_getBlockByNumber') - asked;
    assert.ok(headers < 1000, `${headers} headers for more than 1,200 blocks`);
    await replay.reorg(1);
    await untilRight('after a reorg');
});

test('a database that is frozen holds up the end of nobody', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server);
    const options = { url: node.url, database, database_connect_timeout_ms: 600_000 };
    const instances = [await indexingFor(t, options)];
    await untilRight('before');
    instances.push(await indexingFor(t, options), await indexingFor(t, { ...options, index: 'off' }));
    const thaw = await server.freeze(database);
    try {
        await replay.play(3); // meanwhile there is something to write
        await bounded(Promise.all(instances.map((dappd) => dappd.stop())), 'end', 10_000);
    } finally {
        thaw();
    }
});

test('what the configuration registers waits for no table and for no node once the end has come', async (t) => {
    const { replay, node, database } = await sceneFor(t, server, { blocks: 5 });
    const { address } = replay.tokens.wrapped;
    const abi = path.join(mkdtempSync(path.join(SCRATCH, 'abi-')), 'abi.json');
    writeFileSync(abi, JSON.stringify(['function name() view returns (string)']));
    const options = { url: node.url, database, chain: { contracts: [{ address, abi, events: false }] } };
    const ends = async (dappd) => {
        await dappd.stop();
        const late = dappd.logs.filter(({ level, reason }) => level === 'warn' && /in time/.test(reason));
        assert.deepEqual(late, [], 'nothing came to its deadline');
    };

    node.on('eth_getCode', faults.hang());
    const first = await indexingFor(t, options);
    await until(() => node.count('eth_getCode') > 0, 'the question for its code');
    await ends(first);
    node.reset();

    await database.sql('BEGIN; LOCK TABLE contracts');
    const second = await indexingFor(t, options);
    const held = `SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation
        WHERE relname = 'contracts' AND mode = 'RowExclusiveLock' AND NOT granted`;
    await until(async () => (await database.sql(held)).length > 0, 'a statement that waits for the table');
    await ends(second);
    await database.sql('ROLLBACK');
    await indexingFor(t, options);
    await until(async () => (await database.sql('SELECT 1 FROM contracts WHERE configured')).length > 0, 'registration');
});

test('a database that can be read but not written to holds the index up once, and is tried ever more rarely', async (t) => {
    const { replay, node, database, untilRight } = await sceneFor(t, server, { blocks: 5 });
    const dappd = await indexingFor(t, { url: node.url, database });
    await untilRight('at first');
    await database.sql(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON blocks FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await replay.play(2);
    const said = (pattern) => dappd.logs.filter(({ msg }) => pattern.test(msg)).length;
    await until(() => said(/database refuses/) >= 4, 'four tries');
    assert.equal(said(/held up/), 1, 'told once');
    assert.equal(said(/goes on/), 0, 'and nothing went on');
    assert.equal((await dappd.get('/transfers?limit=1')).status, 200, 'what there is can be read');
    await database.sql('DROP TRIGGER refuse ON blocks');
    await untilRight('in the end');
    await until(() => said(/goes on/) === 1, 'it goes on');
});
