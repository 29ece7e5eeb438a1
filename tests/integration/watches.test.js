// Watched calls: read in every new block, or in those with an event, and kept as they were. What is right is asked of
// viem, at each block that was kept. Owns its chain, its node, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { BaseError, ContractFunctionRevertedError, encodeFunctionData } from 'viem';
import { ADMIN, RING, adminOf, ask, makeKey, ringSetting } from './lib/accounts.js';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { walk } from './lib/index_rows.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { below, randomAddress } from './lib/random.js';
import { SIGN_IN, newAccount, signIn } from './lib/siwe.js';
import { sleep, until } from './lib/wait.js';

const SOAK = Boolean(process.env.DAPPD_SOAK);
const CHAIN = 31337;
const NOBODY = '01234567-89ab-7def-8123-456789abcdef';

let chain, node, server, database, dappd, admin, contract;
const started = [];

before(async () => {
    chain = await startChain({ args: ['--slots-in-an-epoch', '8'] });
    node = await startFaultyNode(chain.url);
    server = await startServer();
    database = await server.databaseFor();
    contract = await chain.deploy('Watched');
    await chain.mine(20); // of which some are final
    dappd = await start();
    admin = await adminOf(dappd);
    const answer = await ask(dappd, 'PUT', path(), { body: { abi: contract.abi }, headers: admin.headers });
    assert.equal(answer.status, 201, answer.text);
    await untilIndexed();
});
after(() => stopAll(...started, node, server, chain));
beforeEach(() => node.reset());

async function start() {
    const settings = { ...SIGN_IN, auth_keys: ringSetting(RING), admins: ADMIN.address, rate_limit: 'off' };
    const one = await startDappd({ chains: [chainConfig(node.url)], database_url: database.url, ...settings });
    started.push(one);
    return one;
}

const path = (rest = '', address = contract.address) => `/contracts/${address}${rest}`;

const watch = (body, { as = admin, address } = {}) =>
    ask(dappd, 'POST', path('/watches', address), { body, headers: as.headers });

const unwatch = (id, { as = admin, address } = {}) =>
    ask(dappd, 'DELETE', path(`/watches/${id}`, address), { headers: as.headers });

/** Watches a call, and waits until the indexer knows. Returns the watch. */
async function watched(t, body) {
    const answer = await watch(body);
    assert.equal(answer.status, 201, answer.text);
    const made = answer.json();
    t.after(() => unwatch(made.id));
    await until(async () => {
        await (body.event ? chain.write(contract, 'bump', [1n]) : chain.mine());
        await untilIndexed();
        return (await historyOf(made.id)).length > 0;
    }, 'the first reading');
    return made;
}

/** All that was kept of a watch, newest first. */
const historyOf = async (id, query = '?limit=1000') =>
    (await walk(dappd, path(`/state/${id}${query}`))).flatMap(({ items }) => items);

const stateOf = async (id, block) => {
    const answer = await dappd.get(path(`/state?watch=${id}${block === undefined ? '' : `&block=${block}`}`));
    return answer.status === 200 ? answer.json().items[0].state : answer.json().code;
};

/** Returns the number of the head, where the index is. */
const untilIndexed = () =>
    until(async () => {
        const { number, hash } = await chain.latest();
        const answer = await dappd.get(path('/state'));
        return answer.status === 200 && answer.json().block.hash === hash && Number(number);
    }, 'the index at the head');

/** What viem reads at a block: { result } or { revert }. */
async function truthAt(name, args, block) {
    try {
        return { result: await chain.read(contract, name, args, BigInt(block)), revert: null };
    } catch (error) {
        const revert = error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionRevertedError);
        if (!revert) throw error;
        return { result: null, revert: revert.data.errorName };
    }
}

const shown = ({ result, revert }) => ({
    result: Array.isArray(result) ? { sum: String(result[0]), isEven: result[1] } : result && String(result),
    revert,
});
const plain = ({ result, revert }) => ({ result, revert: revert && revert.name });

/** Blocks with the event, of those from first to last. */
async function blocksWithEvent(first, last) {
    const range = { fromBlock: BigInt(first), toBlock: BigInt(last) };
    const logs = await chain.client.getContractEvents({ ...contract, eventName: 'Bumped', ...range });
    return [...new Set(logs.map(({ blockNumber }) => Number(blockNumber)))];
}

const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Each block that was read has what viem reads there, each row its true first block, and nothing is missing in between. */
async function assertHistory(made, name, args = [], { event = false, complete = true } = {}) {
    const head = await untilIndexed();
    const rows = await historyOf(made.id);
    const blocks = [];
    for (const row of rows) {
        assert.equal(row.read_block, row.to_block);
        const { hash, timestamp } = await chain.client.getBlock({ blockNumber: BigInt(row.from.number) });
        assert.deepEqual(row.from, { number: row.from.number, hash, timestamp: Number(timestamp) });
        const read = event
            ? await blocksWithEvent(row.from.number, row.to_block)
            : range(row.from.number, row.to_block);
        assert.deepEqual([read[0], read.at(-1)], [row.from.number, row.to_block], 'it begins and ends with a reading');
        for (const block of read) assert.deepEqual(plain(row), shown(await truthAt(name, args, block)), `block ${block}`);
        blocks.push(...read);
    }
    blocks.sort((a, b) => a - b);
    const all = event ? await blocksWithEvent(blocks[0], head) : range(blocks[0], head);
    if (complete) assert.deepEqual(blocks, all, 'no block is missing, and none is there twice');
    return { rows, blocks, head };
}

/** A random block: with or without a change, with or without its event. */
async function step() {
    const by = BigInt(1 + below(3));
    const acts = [() => chain.mine(1 + below(3)), () => chain.write(contract, 'bump', [by])];
    acts.push(() => chain.write(contract, 'bumpQuietly', [by]), () => chain.write(contract, 'bump', [0n]));
    await acts[below(acts.length)]();
}

test('what is watched is listed, is there once, and is gone when it is deleted', async () => {
    const body = { function: 'plus', args: { a: 7 } };
    const answer = await watch(body);
    assert.equal(answer.status, 201, answer.text);
    const made = answer.json();
    assert.deepEqual(
        { ...made, id: 'id', created_at: 0 },
        {
            id: 'id',
            function: 'function plus(uint256 a) view returns (uint256 sum, bool isEven)',
            args: { a: '7' },
            event: null,
            created_at: 0,
        },
    );
    assert.equal(answer.headers.location, path(`/state/${made.id}?chain=${CHAIN}`));
    assert.equal((await dappd.get(answer.headers.location)).status, 200);
    for (const same of [body, { function: 'plus(uint256)', args: ['0x7'] }, { function: made.function, args: ['7'] }]) {
        const again = await watch(same);
        assert.deepEqual([again.status, again.json()], [200, made]);
    }
    const byEvent = await watch({ ...body, event: 'Bumped' });
    assert.equal(byEvent.status, 201, 'at an event it is another one');
    assert.equal(byEvent.json().event, 'Bumped(uint256)');
    assert.equal((await watch({ ...body, event: 'Bumped(uint256)' })).json().id, byEvent.json().id);
    assert.deepEqual((await dappd.json(path('/watches'))).items, [made, byEvent.json()]);
    for (const { id } of [made, byEvent.json()]) {
        assert.equal((await unwatch(id)).status, 204);
        assertProblem(await unwatch(id), 'watch_not_found');
        assertProblem(await dappd.get(path(`/state/${id}`)), 'watch_not_found');
        assertProblem(await dappd.get(path(`/state?watch=${id}`)), 'watch_not_found');
    }
    assert.deepEqual((await dappd.json(path('/watches'))).items, []);
    const log = await database.sql("SELECT action, subject, contract IS NOT NULL FROM audit WHERE action LIKE '%watch'");
    const [a, b] = [made.id, byEvent.json().id];
    assert.deepEqual(log, [
        ['contract.watch', a, 't'],
        ['contract.watch', b, 't'],
        ['contract.unwatch', a, 't'],
        ['contract.unwatch', b, 't'],
    ]);
});

test('what cannot be watched is refused', async () => {
    assertProblem(await watch({ function: 'bump', args: [1] }), 'invalid_parameter', /neither view nor pure/);
    assertProblem(await watch({ function: 'nothing' }), 'not_in_abi');
    assertProblem(await watch({ function: 'plus' }), 'invalid_argument');
    assertProblem(await watch({ function: 'number', event: 'Nothing' }), 'not_in_abi', /no event/);
    assertProblem(await watch({ function: 'number', event: 7 }), 'invalid_parameter', /event/);
    assertProblem(await watch({ function: 'number', other: 1 }), 'invalid_parameter', /other/);
    const long = { function: 'function f(bytes) view returns (uint256)', args: [`0x${'00'.repeat(9000)}`] };
    assertProblem(await watch(long), 'invalid_parameter', /8192/);
    assertProblem(await watch({ function: 'number' }, { address: randomAddress() }), 'contract_not_found');
    assertProblem(await dappd.get(path('/watches', randomAddress())), 'contract_not_found');
    assertProblem(await dappd.get(path('/state', randomAddress())), 'contract_not_found');
    assertProblem(await dappd.get(path('/state?block=latest')), 'invalid_parameter', /block/);
    assertProblem(await dappd.get(path('/state?watch=7')), 'invalid_parameter', /watch/);
    assertProblem(await dappd.get(path('/state/7')), 'invalid_parameter', /watch/);
    assertProblem(await unwatch(NOBODY), 'watch_not_found');
});

test('only an admin may watch, and with a key only one that has the scope', async () => {
    const user = await signIn(dappd, newAccount());
    const body = { function: 'number' };
    assertProblem(await watch(body, { as: {} }), 'unauthenticated');
    assertProblem(await watch(body, { as: user }), 'forbidden');
    assertProblem(await unwatch(NOBODY, { as: user }), 'forbidden');
    assertProblem(await watch(body, { as: await makeKey(dappd, admin.headers, ['read']) }), 'insufficient_scope');
    const key = await makeKey(dappd, admin.headers, ['read', 'contracts:write']);
    const answer = await watch(body, { as: key });
    assert.equal(answer.status, 201, answer.text);
    assert.equal((await unwatch(answer.json().id, { as: key })).status, 204);
});

test('of a contract so many may be watched and no more, whoever asks at once', async () => {
    await database.sql(`INSERT INTO watches (id, chain_id, address, signature, args, data, created_at)
        SELECT gen_random_uuid(), chain_id, address, 'function number() view returns (uint256)', '[]',
            int4send(n), 0 FROM contracts, generate_series(1, 98) n`);
    const answers = await Promise.all(range(1, 5).map((a) => watch({ function: 'plus', args: [a] })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 201, 409, 409, 409]);
    for (const answer of answers.filter(({ status }) => status === 409)) assertProblem(answer, 'limit_reached', /100/);
    assert.equal((await dappd.json(path('/watches'))).items.length, 100);
    await database.sql('DELETE FROM watches');
});

test('every block, each event: the history is what viem reads, over random blocks, by pages', async (t) => {
    const made = await Promise.all([
        watched(t, { function: 'number' }),
        watched(t, { function: 'height' }),
        watched(t, { function: 'even' }),
        watched(t, { function: 'plus', args: [3] }),
        watched(t, { function: 'number', event: 'Bumped' }),
    ]);
    for (let i = 0; i < (SOAK ? 100 : 15); i++) await step();
    const [number, height, even, plus, byEvent] = made;
    const { rows, blocks, head } = await assertHistory(number, 'number');
    await assertHistory(height, 'height');
    await assertHistory(even, 'even');
    await assertHistory(plus, 'plus', [3n]);
    const events = await assertHistory(byEvent, 'number', [], { event: true });
    assert.deepEqual(await historyOf(number.id, '?limit=2'), rows);

    for (const block of [blocks[0], blocks.at(-1), blocks[below(blocks.length)]]) {
        const { result } = await truthAt('number', [], block);
        const state = await stateOf(number.id, block);
        assert.deepEqual([state.result, state.read_block], [String(result), block]);
    }
    for (const block of range(events.blocks[0], head)) {
        const state = await stateOf(byEvent.id, block);
        const read = events.blocks.filter((n) => n <= block).at(-1);
        assert.equal(state.read_block, read, `the last event up to block ${block}`);
        assert.equal(state.result, String((await truthAt('number', [], read)).result));
    }
    assert.equal(await stateOf(number.id, blocks[0] - 1), 'state_not_kept');
    const early = await dappd.get(path(`/state?block=${head + 1}`));
    assertProblem(early, 'state_not_kept', /is not in the index yet/);
    assert.equal(await stateOf(byEvent.id, events.blocks[0] - 1), 'state_not_kept');

    const now = await dappd.json(path('/state'));
    const latest = await chain.latest();
    assert.deepEqual(now.block, { number: head, hash: latest.hash, timestamp: Number(latest.timestamp) });
    assert.deepEqual(now.items.map(({ id }) => id).sort(), made.map(({ id }) => id).sort());
    for (const { id, state } of now.items.filter(({ event }) => event === null))
        assert.deepEqual([state.read_block, state], [head, await stateOf(id, head)]);
});

test('a revert is a state, with the error that the ABI knows', async (t) => {
    const even = await watched(t, { function: 'even' });
    if ((await chain.read(contract, 'number')) % 2n === 0n) await chain.write(contract, 'bump', [1n]);
    const number = String(await chain.read(contract, 'number'));
    await untilIndexed();
    const state = await stateOf(even.id);
    assert.deepEqual(state.revert, { name: 'Odd', signature: 'Odd(uint256)', args: { number } });
    assert.deepEqual([state.result, state.data], [null, null]);
});

test('reorgs take states back with their blocks, and new blocks bring theirs', async (t) => {
    const number = await watched(t, { function: 'number' });
    const byEvent = await watched(t, { function: 'number', event: 'Bumped' });
    const assertAll = async () => {
        await assertHistory(number, 'number');
        await assertHistory(byEvent, 'number', [], { event: true });
    };
    for (let i = 0; i < 12; i++) await step();
    await assertAll();
    for (const depth of SOAK ? range(1, 12) : [1, 2, 5, 9]) {
        const pages = await dappd.json(path(`/state/${number.id}?limit=1`));
        await chain.client.request({ method: 'anvil_reorg', params: [depth, []] });
        await chain.mine();
        await assertAll();
        if (pages.next_cursor && pages.items[0].from.number > Number((await chain.latest()).number) - depth) {
            const next = await dappd.get(path(`/state/${number.id}?limit=1&cursor=${pages.next_cursor}`));
            assertProblem(next, 'cursor_expired');
        }
        for (let i = 0; i < 3; i++) await step();
        await assertAll();
    }
});

test('after a stop and after kill -9 at any moment nothing is missing', async (t) => {
    const number = await watched(t, { function: 'number' });
    const byEvent = await watched(t, { function: 'number', event: 'Bumped' });
    for (let i = 0; i < (SOAK ? 30 : 3); i++) {
        for (let j = 0; j < 3; j++) await step();
        await sleep(below(200));
        await (i % 3 === 2 ? dappd.stop() : dappd.kill());
        await step();
        if (i % 2 === 1) await chain.client.request({ method: 'anvil_reorg', params: [2, []] });
        await chain.mine();
        dappd = await start();
        await assertHistory(number, 'number');
        await assertHistory(byEvent, 'number', [], { event: true });
    }
});

test('a call that never ends leaves a gap of its own, and the index goes on', async (t) => {
    const number = await watched(t, { function: 'number' });
    const endless = await watched(t, { function: 'endless' });
    await chain.write(contract, 'setStuck', [true]);
    t.after(() => chain.write(contract, 'setStuck', [false]));
    for (let i = 0; i < 4; i++) await chain.mine();
    const stuck = await untilIndexed();
    await assertHistory(number, 'number');
    assert.equal(await stateOf(endless.id, stuck), 'state_not_kept');
    const { read_block } = await stateOf(endless.id);
    assert.ok(read_block < stuck - 3, 'now is what was read last');
    await dappd.untilLogged(({ msg, watch: id }) => msg === 'watched calls cannot be read' && id === endless.id, 'a log line');
    await chain.write(contract, 'setStuck', [false]);
    await until(async () => {
        await chain.mine();
        await untilIndexed();
        return (await historyOf(endless.id)).length > 1;
    }, 'another reading');
    await assertHistory(endless, 'endless', [], { complete: false });
    assert.match((await dappd.get('/metrics')).text, /^dappd_index_state_gaps_total\{chain="dev"\} [1-9]/m);
});

test('what is too long to be kept is a gap, and what is no result is shown as it is', async (t) => {
    const sized = await watched(t, { function: 'sized' });
    const wrong = await watched(t, { function: 'function number() view returns (string)' });
    assert.equal((await stateOf(sized.id)).result, '0x');
    const number = await chain.read(contract, 'number');
    const state = await stateOf(wrong.id);
    assert.deepEqual([state.result, state.data], [null, `0x${number.toString(16).padStart(64, '0')}`]);
    await chain.write(contract, 'setSize', [20_000n]);
    t.after(() => chain.write(contract, 'setSize', [0n]));
    const head = await untilIndexed();
    assert.equal(await stateOf(sized.id, head), 'state_not_kept');
    assert.equal((await stateOf(sized.id, head - 1)).result, '0x');
});

test('a node without the state leaves a gap, one that fails is asked again', async (t) => {
    const number = await watched(t, { function: 'number' });
    const before = await untilIndexed();
    let failures = 0;
    node.on('eth_call', async (exchange) => {
        if (failures++ < 1) return exchange.send(500, {}, '');
        return exchange.pass();
    });
    await chain.mine(2);
    await assertHistory(number, 'number');
    node.reset();
    node.on('eth_call', faults.noState());
    await chain.mine();
    const gap = await untilIndexed();
    node.reset();
    await chain.mine();
    const { blocks } = await assertHistory(number, 'number', [], { complete: false });
    assert.ok(!blocks.includes(gap) && blocks.includes(gap + 1) && blocks.includes(before), 'that one block alone');
    assert.equal(await stateOf(number.id, gap), 'state_not_kept');
});

test('calls of one block leave together', async (t) => {
    const made = await Promise.all(range(100, 160).map((a) => watch({ function: 'plus', args: [a] })));
    t.after(() => database.sql('DELETE FROM watches'));
    await sleep(1500); // the table is looked at every second
    let asked = 0;
    const selector = encodeFunctionData({ ...contract, functionName: 'plus', args: [100n] }).slice(2, 10);
    node.on('eth_call', (exchange) => {
        if (JSON.stringify(exchange.asked).includes(selector)) asked++;
        return exchange.pass();
    });
    await chain.mine();
    const head = await untilIndexed();
    assert.equal((await dappd.json(path(`/state?block=${head}`))).items.filter(({ state }) => state).length, made.length);
    assert.ok(asked <= 4, `${asked} requests for ${made.length} calls`);
});

test('a contract that is deleted takes its watches along', async () => {
    const other = await chain.deploy('Watched');
    const body = { abi: contract.abi };
    await until(async () => {
        const answer = await ask(dappd, 'PUT', path('', other.address), { body, headers: admin.headers });
        return answer.status === 201;
    }, 'another contract');
    assert.equal((await watch({ function: 'height' }, { address: other.address })).status, 201);
    await until(async () => {
        await chain.mine();
        const { items } = await dappd.json(path('/state', other.address));
        return items[0].state !== null;
    }, 'its first reading');
    const answer = await ask(dappd, 'DELETE', path('', other.address), { headers: admin.headers });
    assert.equal(answer.status, 204);
    assert.deepEqual(await database.sql('SELECT count(*) FROM watches JOIN watch_states ON watch_id = id'), [['0']]);
    await chain.mine();
    await untilIndexed();
    const put = { body: { ...body, events: false }, headers: admin.headers };
    assert.equal((await ask(dappd, 'PUT', path('', other.address), put)).status, 201);
    assertProblem(await watch({ function: 'height' }, { address: other.address }), 'invalid_parameter', /not indexed/);
});
