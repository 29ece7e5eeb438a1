// Events of a contract that is registered: every shape that Solidity knows is what viem decodes of it, found again by
// its name, its indexed arguments and its blocks; what changes while it runs is followed. Owns its chain, its node, its
// PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { encodeAbiParameters, keccak256, pad, toEventSelector, toHex } from 'viem';
import { startChain } from './lib/chain.js';
import { register } from './lib/contracts.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import { itemOf, readEvents } from './lib/event_oracle.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { walk } from './lib/index_rows.js';
import { emittedLogs } from './lib/odd_logs.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { SEED } from './lib/random.js';
import { replayGenerator } from './lib/replay.js';
import { until } from './lib/wait.js';

const ROUNDS = 4;
const LEAF = { name: 'a leaf', tags: [pad('0x12'), pad('0x34')] };
const IMPLEMENTATION_SLOT = toHex(BigInt(keccak256(toHex('eip1967.proxy.implementation'))) - 1n); // EIP-1967
const NEWEST_FIRST = (a, b) => b.block.number - a.block.number || b.log_index - a.log_index;

let chain, server, node, database, dappd, features, odd;

before(async () => {
    chain = await startChain({ args: ['--slots-in-an-epoch', '2'] });
    node = await startFaultyNode(chain.url);
    server = await startServer();
    features = await chain.deploy('AbiFeatures', ['The title', []]);
    odd = await chain.deploy('LogEmitter', [[]]);
    odd.events = [...odd.abi, features.abi.find(({ name }) => name === 'Plain')]; // none of what it emits
    const random = replayGenerator(SEED);
    for (let i = 0; i < ROUNDS; i++) {
        await emit(i);
        await chain.write(odd, 'emitLogs', [emittedLogs(random, Array.from({ length: 4 }, () => random.address()))]);
    }
    await chain.write(odd, 'emitLogs', [[{ topics: [], data: '0x01' }]]); // whatever chance has made
    database = await server.databaseFor();
    dappd = await startDappd({ chains: [chainConfig(node.url)], database_url: database.url });
});
after(() => stopAll(dappd, node, server, chain));
beforeEach(() => node.reset());

const emit = (i) => {
    const text = ['', 'plain', 'nul \u0000 and "quotes"', 'grüße 💶'][i % 4];
    const numbers = Array.from({ length: i }, (_, n) => BigInt(n) ** 60n);
    return chain.write(features, 'emitAll', [text, numbers, LEAF, toHex('x'.repeat(40 * i))]);
};

const idOf = (item) => `${item.block.number}.${item.log_index}`;
const withoutTime = ({ block: { number, hash }, ...item }) => ({ block: { number, hash }, ...item });
const path = (query = '', { address } = features) => `/contracts/${address}/events${query}`;

/** What viem says of all events of a contract, newest first. */
const expected = async (contract = features) =>
    (await readEvents(chain.client, [contract])).map(itemOf).sort(NEWEST_FIRST);

const untilIndexed = ({ address } = features) =>
    until(async () => {
        const { number } = await chain.latest();
        const answer = await dappd.get(path('?limit=1', { address }));
        return answer.status === 200 && answer.json().block.number >= Number(number);
    }, 'events up to the head');

async function assertItems(query, wanted, contract = features) {
    const pages = await walk(dappd, path(query, contract));
    const items = pages.flatMap((page) => page.items);
    assert.deepEqual(items.map(withoutTime), wanted, query);
    return items;
}

/** Those of viem's that the filter lets through are what the query finds. At least one. */
async function assertFound(query, isWanted) {
    const wanted = (await expected()).filter(isWanted);
    assert.ok(wanted.length > 0, query);
    await assertItems(query, wanted);
}

test('a chain of which nothing is to be indexed is off, and dappd is ready', async () => {
    await dappd.untilLogged(({ msg }) => msg === 'listening', 'start');
    assert.equal((await dappd.get('/ready')).status, 200);
    const { chains } = await dappd.json('/status');
    assert.equal(chains[0].index.phase, 'off');
    assertProblem(await dappd.get('/transfers'), 'index_unavailable');
    assertProblem(await dappd.get(path()), 'contract_not_found');
});

test('events of every shape are what viem decodes, by pages of any size and in both orders', async () => {
    await register(database, features, { events: true });
    await untilIndexed();
    const all = await expected();
    assert.equal(all.length, 7 * ROUNDS);
    assert.ok(all.every(({ name }) => name !== null));
    const items = await assertItems('?limit=1000', all);
    await assertItems('?limit=3', all);
    await assertItems('?limit=5&order=asc', [...all].reverse());
    for (const { block } of items.slice(0, 3)) {
        const { timestamp } = await chain.client.getBlock({ blockHash: block.hash });
        assert.equal(block.timestamp, Number(timestamp));
    }
    assert.equal((await dappd.get('/ready')).status, 200);
    assert.equal((await dappd.json('/status')).chains[0].index.phase, 'following');
    for (const list of ['/transfers', '/tokens', `/balances/${chain.account}`])
        assertProblem(await dappd.get(list), 'index_unavailable', /nothing of this kind/); // no token is configured
});

test('the same as getContractEvents finds by name and argument', async () => {
    const read = (eventName, args) =>
        chain.client.getContractEvents({ ...features, eventName, args, fromBlock: 0n });
    const cases = [
        ['Plain', undefined, 'event=Plain'],
        ['Indexed', { id: 2n }, 'event=Indexed&arg.id=2'],
        ['Indexed', { who: chain.account, flag: true }, `event=Indexed&arg.who=${chain.account}&arg.flag=true`],
        ['Nothing', undefined, 'event=Nothing()'],
    ];
    for (const [name, args, query] of cases) {
        const found = (await read(name, args)).map((log) => `${log.blockNumber}.${log.logIndex}`).reverse();
        assert.ok(found.length > 0, query);
        const { items } = await dappd.json(path(`?limit=1000&${query}`));
        assert.deepEqual(items.map(idOf), found, query);
    }
});

test('events are found by name, by signature and by any topic', async () => {
    const named = (name) => (item) => item.name === name;
    await assertFound('?event=Indexed&limit=2', named('Indexed'));
    await assertFound('?event=Overloaded&limit=2', named('Overloaded'));
    await assertFound('?event=Overloaded(address)', ({ signature }) => signature === 'Overloaded(address)');
    await assertFound(
        `?event=${encodeURIComponent('event Plain(uint256 number, string text)')}`,
        named('Plain'),
    );
    await assertFound('?event=Secret&limit=3', named('Secret'));
    const topic = toEventSelector('Nothing()');
    await assertFound(`?topic0=${topic}&order=desc`, named('Nothing'));
    const two = pad(toHex(2), { size: 32 });
    await assertFound(`?topic2=${two}`, ({ topics }) => topics[2] === two);
    await assertFound(`?topic1=${two}`, ({ topics }) => topics[1] === two);
});

test('indexed arguments of every kind are found by their values', async () => {
    const [secret] = (await expected()).filter(({ name }) => name === 'Secret');
    await assertFound('?event=Secret&arg.c=3', ({ name }) => name === 'Secret');
    await assertItems('?event=Secret&arg.c=4', []);
    assert.equal(secret.args.d, '4');
    const hashOf = (text) => keccak256(toHex(text));
    const text = 'grüße 💶';
    await assertFound(
        `?event=IndexedDynamic&arg.text=${encodeURIComponent(text)}`,
        ({ args }) => args?.text === hashOf(text),
    );
    const numbers = (n) => Array.from({ length: n }, (_, i) => String(BigInt(i) ** 60n));
    const encoded = keccak256(`0x${encodeAbiParameters([{ type: 'uint256[3]' }], [numbers(3)]).slice(2)}`);
    await assertFound(
        `?event=IndexedDynamic&arg.numbers=${encodeURIComponent(JSON.stringify(numbers(3)))}`,
        ({ args }) => args?.numbers === encoded,
    );
    await assertFound(
        `?event=IndexedDynamic&arg.leaf=${encodeURIComponent(JSON.stringify(LEAF))}`,
        ({ name }) => name === 'IndexedDynamic',
    );
    await assertFound('?event=Indexed&arg.1=0x3', ({ args }) => args?.id === '3');
});

test('blocks cut the list, both ends included', async () => {
    const blocks = [...new Set((await expected()).map(({ block }) => block.number))].sort((a, b) => a - b);
    const [, low, high] = blocks;
    await assertFound(
        `?from_block=${low}&to_block=${high}&limit=4`,
        ({ block }) => block.number >= low && block.number <= high,
    );
    await assertFound(`?from_block=${high}&event=Plain`, ({ block, name }) => block.number >= high && name === 'Plain');
    await assertItems(`?from_block=${blocks.at(-1) + 1}`, []);
});

test('logs that the ABI does not know are there as they are', async () => {
    await register(database, { ...odd, abi: odd.events }, { events: true });
    await untilIndexed(odd);
    const all = await expected({ ...odd, abi: odd.events });
    assert.ok(all.length > ROUNDS && all.some(({ topics }) => topics.length === 0));
    await assertItems('?limit=7', all, odd);
});

test('what cannot be asked for is told', async () => {
    const refuse = async (query, code, detail) => assertProblem(await dappd.get(path(query)), code, detail);
    await refuse('?event=Missing', 'not_in_abi', /Missing/);
    await refuse(`?event=${encodeURIComponent('event Broken(')}`, 'invalid_abi');
    await refuse('?event=Plain&arg.number=1', 'invalid_argument', /number .* not indexed/);
    await refuse('?event=Indexed&arg.nobody=1', 'invalid_argument', /nobody .* no argument/);
    await refuse('?event=Indexed&arg.who=0x12', 'invalid_argument', /arg\.who/);
    await refuse('?event=Indexed&arg.flag=1', 'invalid_argument', /arg\.flag/);
    await refuse('?event=IndexedDynamic&arg.numbers=[[', 'invalid_argument', /arg\.numbers/);
    await refuse('?event=Overloaded&arg.number=1', 'invalid_parameter', /several events/);
    await refuse('?arg.id=1', 'invalid_parameter', /needs event=/);
    await refuse('?arg.=1', 'invalid_parameter', /unknown query parameter/);
    await refuse('?argument=1', 'invalid_parameter', /unknown query parameter/);
    await refuse('?topic1=0x12', 'invalid_parameter', /topic1/);
    await refuse(`?event=Plain&topic0=${pad('0x1')}`, 'invalid_parameter', /different things/);
    await refuse('?order=up', 'invalid_parameter', /order/);
    await refuse('?from_block=2&to_block=1', 'invalid_parameter');
    await refuse('?limit=0', 'invalid_parameter');
    assertProblem(await dappd.get(path('', { address: chain.account })), 'contract_not_found');
    const { next_cursor } = await dappd.json(path('?limit=1&event=Plain'));
    await refuse(`?limit=1&event=Indexed&cursor=${next_cursor}`, 'invalid_cursor');
    await refuse(`?limit=1&event=Plain&order=asc&cursor=${next_cursor}`, 'invalid_cursor');
});

test('new blocks and new calls appear, and pages go on as they were', async () => {
    const first = await dappd.json(path('?limit=4'));
    await emit(1);
    await untilIndexed();
    const all = await expected();
    await assertItems('?limit=1000', all);
    const second = await dappd.json(path(`?limit=4&cursor=${first.next_cursor}`));
    assert.deepEqual(second.block, first.block);
    assert.deepEqual(second.items.map(withoutTime), all.slice(7 + 4, 7 + 8));
});

test('answers are the same while nothing changes, and say so', async () => {
    const { headers } = await dappd.get(path('?limit=2'));
    assert.match(headers['cache-control'], /max-age/);
    const again = await dappd.get(path('?limit=2'), { 'if-none-match': headers.etag });
    assert.equal(again.status, 304);
});

test('a changed ABI is applied to what was there and to what comes, without a stop', async () => {
    const partial = features.abi.filter(({ type, name }) => type !== 'event' || name === 'Nothing');
    const contract = await chain.deploy('AbiFeatures', ['Another', []]);
    const put = (abi, version) =>
        database.sql(`UPDATE contracts SET abi = '${JSON.stringify(abi)}', version = ${version}
            WHERE address = '\\x${contract.address.slice(2)}'`);
    const write = () => chain.write(contract, 'emitAll', ['text', [1n], LEAF, '0x']);
    for (let i = 0; i < 40; i++) await write(); // more than are read anew at once
    await register(database, { ...contract, abi: partial }, { events: true });
    await untilIndexed(contract);
    await assertItems('?limit=1000', await expected({ ...contract, abi: partial }), contract);
    await put(contract.abi, 2);
    await write();
    const all = await expected(contract);
    await until(async () => {
        const { items } = await dappd.json(path('?limit=1000', contract));
        return items.length === all.length && items.every(({ name }) => name !== null);
    }, 'all of it by the new ABI');
    await assertItems('?limit=1000', all, contract);
    const stale = `SELECT 1 FROM contract_events e JOIN contracts c USING (address)
        WHERE address = '\\x${contract.address.slice(2)}' AND (e.name IS NULL OR abi_version <> c.id * 2 ^ 32 + c.version)`;
    await until(async () => (await database.sql(stale)).length === 0, 'events read anew');
    await untilIndexed(contract);
    await assertItems('?limit=1000', all, contract);
});

test("what an implementation has registered counts as its proxy's ABI", async () => {
    const behind = await chain.deploy('AbiFeatures', ['Behind', []]);
    const proxy = await chain.deploy('AbiFeatures', ['Before', []]); // it stands for any code that emits these
    const index = IMPLEMENTATION_SLOT;
    await chain.client.setStorageAt({ address: proxy.address, index, value: pad(behind.address) });
    await chain.write(proxy, 'emitAll', ['text', [1n], LEAF, '0x']);
    await dappd.untilHead(Number((await chain.latest()).number)); // whose state says what is behind it
    await register(database, behind);
    const implementation = `'\\x${behind.address.slice(2)}'`;
    await register(database, { ...proxy, abi: [] }, { events: true, proxy: true, implementation });
    await untilIndexed(proxy);
    await assertItems('?limit=1000', await expected(proxy), proxy);
});

test('events that are switched off or no longer registered are not served, and come back whole', async () => {
    const where = `address = '\\x${odd.address.slice(2)}'`;
    await database.sql(`UPDATE contracts SET events = false WHERE ${where}`);
    await until(async () => (await dappd.get(path('', odd))).status === 404, 'the end of it');
    assertProblem(await dappd.get(path('', odd)), 'not_indexed');
    await chain.write(odd, 'emitLogs', [[{ topics: [], data: '0x01' }]]);
    await database.sql(`DELETE FROM contracts WHERE ${where}`);
    await until(async () => (await dappd.get(path('', odd))).json().code === 'contract_not_found', 'no contract');
    await register(database, { ...odd, abi: odd.events }, { events: true });
    await untilIndexed(odd);
    await assertItems('?limit=50', await expected({ ...odd, abi: odd.events }), odd);
});

test('a contract begins where it is told to', async () => {
    const contract = await chain.deploy('AbiFeatures', ['Late', []]);
    for (let i = 0; i < 3; i++) await chain.write(contract, 'emitAll', ['text', [], LEAF, '0x']);
    await chain.mine(6); // so that all of them are final
    const all = await expected(contract);
    const from = all[7].block.number;
    await register(database, contract, { events: true, from_block: from });
    await untilIndexed(contract);
    await assertItems('?limit=50', all.filter(({ block }) => block.number >= from), contract);
    await chain.write(contract, 'emitAll', ['text', [], LEAF, '0x']);
    const begin = (block) =>
        database.sql(`UPDATE contracts SET from_block = ${block}, version = version + 1
            WHERE address = '\\x${contract.address.slice(2)}'`);
    const untilAll = async (n) => {
        const found = async () => (await dappd.get(path('?limit=50', contract))).json().items?.length;
        await until(async () => (await found()) === n, `${n} events`);
        await assertItems('?limit=50', (await expected(contract)).slice(0, n), contract);
    };
    await begin(all[7].block.number - 1); // a block earlier than before: the second call's
    await untilAll(3 * 7);
    await begin('NULL'); // where it was created
    await untilAll(4 * 7);
    const [[wrong]] = await database.sql(`SELECT count(*) FROM blocks b WHERE transfers <>
        (SELECT count(*) FROM contract_events e WHERE e.block_number = b.number)`);
    assert.equal(wrong, '0');
});

test('an instance that does not index serves what another one has', async (t) => {
    const other = await dappdFor(t, { chains: [chainConfig(node.url)], database_url: database.url, index: 'off' });
    await until(async () => (await other.get('/ready')).status === 200, 'ready');
    const body = (answer) => withoutBlock(answer.json());
    const withoutBlock = ({ items }) => items;
    assert.deepEqual(body(await other.get(path('?limit=9'))), body(await dappd.get(path('?limit=9'))));
});

test('what an earlier ABI has made of an event is not shown', async () => {
    const address = `'\\x${features.address.slice(2)}'`;
    await database.sql(`UPDATE contract_events SET name = 'Wrong', args = '["wrong"]', abi_version = 1
        WHERE address = ${address}`);
    await assertItems('?limit=1000', await expected());
    await assertFound('?event=Indexed', ({ name }) => name === 'Indexed');
    await database.sql(`UPDATE streams SET decoded = 1 WHERE kind = 1 AND token = ${address}`);
    assertProblem(await dappd.get(path('?event=Secret')), 'not_indexed', /read anew/); // it has no topic of its own
});
