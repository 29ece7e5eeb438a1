// What a call would do is what viem's simulateBlocks says, where nodes offer eth_simulateV1, and what its call with a
// state override says where none does. Owns its chain, its node, its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
    decodeErrorResult,
    decodeEventLog,
    decodeFunctionResult,
    encodeFunctionData,
    getAddress,
    pad,
    toEventSelector,
    toHex,
} from 'viem';
import { argsToJson, errorToJson, eventToJson, resultToJson } from './lib/abi_values.js';
import { startChain } from './lib/chain.js';
import { register, signatureOf, simulate } from './lib/contracts.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { hex, randomAddress } from './lib/random.js';

const COUNT_SLOT = pad('0x0');
const LEAF = { name: 'twig', tags: [`0x${hex(64)}`] };
const ETHER = 10n ** 18n;

let chain, server, node, dappd, features, alice;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    features = await chain.deploy('AbiFeatures', ['The title', []]);
    alice = getAddress(chain.holders.alice);
    const database = await server.databaseFor();
    dappd = await startDappd({ chains: [chainConfig([node.url])], index: 'off', database_url: database.url });
    await register(database, features, { chainId: chain.chainId });
    await dappd.untilHead(Number((await chain.latest()).number));
});
after(() => stopAll(dappd, node, server, chain));
beforeEach(() => node.reset());

const functionOf = (name) => features.abi.find((item) => item.type === 'function' && item.name === name);

const ok = (answer) => {
    assert.equal(answer.status, 200, answer.text);
    return answer.json();
};

const run = async (body) => ok(await simulate(dappd, features.address, body));

/** What viem's simulateBlocks makes of the same. In: overrides, as viem takes them. */
async function runByViem(name, args, { from, value, overrides = [] } = {}) {
    const data = encodeFunctionData({ abi: features.abi, functionName: name, args });
    const [{ calls }] = await chain.client.simulateBlocks({
        blocks: [{ calls: [{ to: features.address, data, account: from, value }], stateOverrides: overrides }],
    });
    return calls[0];
}

const eventsOf = (isMeant) => features.abi.filter((item) => item.type === 'event' && isMeant(item));

/** A log as dappd shows it; one that no event names is the anonymous one. In: text, its argument. */
function logToJson({ address, topics, data }, text) {
    const [item] = eventsOf((event) => !event.anonymous && toEventSelector(event) === topics[0]);
    const meaning = item
        ? eventToJson(item, decodeEventLog({ abi: [item], topics, data }).args)
        : eventToJson(eventsOf(({ anonymous }) => anonymous)[0], [...topics.map(BigInt), text]);
    return { address: getAddress(address), ...meaning, topics, data };
}

test('result, gas and decoded logs are those of simulateBlocks', async () => {
    const item = functionOf('emitAll');
    const args = ['some text', [1n, 2n ** 200n], LEAF, '0xbeef'];
    const answer = await run({ function: 'emitAll', args: argsToJson(item, args), from: alice });
    const expected = await runByViem('emitAll', args, { from: alice });
    assert.equal(answer.method, 'eth_simulateV1');
    assert.equal(answer.gas_used, Number(expected.gasUsed));
    assert.deepEqual(
        answer.logs,
        expected.logs.map((log) => logToJson(log, 'some text')),
    );
    assert.deepEqual(
        answer.logs.map(({ name }) => name),
        ['Plain', 'Indexed', 'IndexedDynamic', 'Overloaded', 'Overloaded', 'Nothing', 'Secret'],
    );
    assert.deepEqual([answer.result, answer.function], [null, 'emitAll(string,uint256[],(string,bytes32[]),bytes)']);
});

test('a revert is an answer, with what viem decodes', async () => {
    for (const [name, args] of [
        ['failCustom', [5n, 7n]],
        ['failRequire', ['not today']],
        ['failNested', [LEAF, [1n], '0x01']],
        ['failUnnamed', [7, 'because']],
    ]) {
        const answer = await run({ function: name, args: argsToJson(functionOf(name), args) });
        const { data } = await runByViem(name, args);
        assert.deepEqual(answer.revert, errorToJson(decodeErrorResult({ abi: features.abi, data })), name);
        assert.equal(answer.result, undefined);
        assert.deepEqual(answer.logs, []);
    }
    assert.deepEqual((await run({ function: 'failPlain' })).revert, { data: null });
});

test('balances, code and storage are what overrides say', async () => {
    const somebody = getAddress(randomAddress());
    const value = 3n * ETHER;
    const rich = { [somebody]: { balance: String(value) } };
    const paid = await run({ function: 'pay', from: somebody, value: toHex(value), overrides: rich });
    assert.deepEqual(paid.result, { value: String(value), from: somebody });

    const diff = { [features.address]: { stateDiff: { [COUNT_SLOT]: pad(toHex(41)) } } };
    assert.equal((await run({ function: 'bump', args: [1], overrides: diff })).result, '42');
    const kept = await run({ function: 'title', overrides: diff });
    assert.equal(kept.result, 'The title');

    const state = { [features.address]: { state: { [COUNT_SLOT]: pad(toHex(6)) } } };
    assert.equal((await run({ function: 'bump', args: [1], overrides: state })).result, '7');
    assert.equal((await run({ function: 'title', overrides: state })).result, '', 'all other slots are empty');

    const code = { [somebody]: { code: '0x602a60005260206000f3', nonce: 7 } };
    const body = { function: 'function answer() view returns (uint256)', overrides: code };
    assert.equal(ok(await simulate(dappd, somebody, body)).result, '42');
    assertProblem(await simulate(dappd, somebody, { ...body, overrides: {} }), 'not_a_contract');
});

test('the result with overrides is that of simulateBlocks', async () => {
    const overrides = [{ address: features.address, stateDiff: [{ slot: COUNT_SLOT, value: pad(toHex(99)) }] }];
    const { data, gasUsed } = await runByViem('bump', [5n], { overrides });
    const answer = await run({
        function: 'bump',
        args: ['5'],
        overrides: { [features.address.toLowerCase()]: { stateDiff: { [COUNT_SLOT]: pad(toHex(99)) } } },
    });
    const item = functionOf('bump');
    const expected = decodeFunctionResult({ abi: [item], data });
    assert.equal(answer.result, resultToJson(item, expected));
    assert.equal(answer.gas_used, Number(gasUsed));
});

test('data goes as it is, and comes back as it is', async () => {
    const data = encodeFunctionData({ abi: features.abi, functionName: 'named', args: [5n] });
    const answer = await run({ data });
    const expected = await chain.client.call({ to: features.address, data });
    assert.deepEqual([answer.function, answer.result], [null, expected.data]);
});

test('gas is what it says', async () => {
    const much = await run({ function: 'bump', args: [1], gas: 1_000_000 });
    assert.ok(much.gas_used < 1_000_000);
    const little = await simulate(dappd, features.address, { function: 'bump', args: [1], gas: '22000' });
    assert.deepEqual(ok(little).revert, { data: null }); // anvil does not say that it was for want of gas
});

test('a sender without the value is told so before any node is', async () => {
    const poor = { function: 'pay', from: randomAddress(), value: 1 };
    assertProblem(await simulate(dappd, features.address, poor), 'insufficient_funds');
    const overrides = { [poor.from]: { balance: 0 } };
    assertProblem(await simulate(dappd, features.address, { ...poor, overrides }), 'insufficient_funds');
    assert.equal(node.count('eth_simulateV1'), 0);
});

test('overrides are read strictly', async () => {
    const slot = `0x${hex(64)}`;
    const cases = [
        [[], /overrides is not an object/],
        [{ nobody: {} }, /nobody/, 'invalid_address'],
        [{ [alice]: 5 }, /is not an object/],
        [{ [alice]: { balanse: 1 } }, /balanse/],
        [{ [alice]: { balance: '0xzz' } }, /balance/],
        [{ [alice]: { balance: -1 } }, /balance/],
        [{ [alice]: { balance: 1.5 } }, /balance/],
        [{ [alice]: { nonce: '18446744073709551616' } }, /nonce/],
        [{ [alice]: { code: '0x123' } }, /code/],
        [{ [alice]: { code: `0x${'00'.repeat(65537)}` } }, /code is longer/],
        [{ [alice]: { state: { '0x1': slot } } }, /slot/],
        [{ [alice]: { state: { [slot]: '0x1' } } }, /64 hex digits/],
        [{ [alice]: { state: { [slot]: slot }, stateDiff: {} } }, /both state and stateDiff/],
        [{ [alice]: {}, [alice.toLowerCase()]: {} }, /twice/],
        [{ [alice]: { state: { [slot]: slot, [`0x${slot.slice(2).toUpperCase()}`]: slot } } }, /twice/],
        [Object.fromEntries(Array.from({ length: 65 }, () => [randomAddress(), {}])), /64 accounts/],
        [
            { [alice]: { state: Object.fromEntries(Array.from({ length: 1025 }, () => [`0x${hex(64)}`, slot])) } },
            /1024 slots/,
        ],
    ];
    for (const [overrides, detail, code = 'invalid_parameter'] of cases) {
        const answer = await simulate(dappd, features.address, { function: 'title', overrides });
        assertProblem(answer, code, detail);
    }
    assert.equal(node.count('eth_simulateV1'), 0);
});

test('a body asks for one thing', async () => {
    for (const [body, detail] of [
        [{}, /function/],
        [{ function: 'title', data: '0x' }, /one of them/],
        [{ data: '0x1' }, /data/],
        [{ function: 'title', args: 'x' }, /args/],
        [{ function: 'title', gas: 0 }, /gas/],
        [{ function: 'title', extra: 1 }, /extra/],
    ]) {
        assertProblem(await simulate(dappd, features.address, body), 'invalid_parameter', detail);
    }
});

// --- nodes ---

const unknownMethod = faults.rpcError(-32601, 'the method eth_simulateV1 does not exist/is not available');

test('where no node has eth_simulateV1 it is an eth_call, and that is remembered', async (t) => {
    const old = await dappdFor(t, { chains: [chainConfig([node.url])] });
    node.on('eth_simulateV1', unknownMethod);
    const bump = signatureOf(functionOf('bump'));
    const overrides = { [features.address]: { stateDiff: { [COUNT_SLOT]: pad(toHex(99)) } } };
    for (let i = 0; i < 3; i++) {
        const answer = ok(await simulate(old, features.address, { function: bump, args: [1], overrides }));
        assert.equal(answer.result, '100');
        assert.deepEqual([answer.method, answer.gas_used, answer.logs], ['eth_call', null, null]);
    }
    assert.equal(node.count('eth_simulateV1'), 1);
    const fail = signatureOf(functionOf('failRequire'));
    const { revert } = ok(await simulate(old, features.address, { function: fail, args: ['old'] }));
    assert.deepEqual(revert, { name: 'Error', signature: 'Error(string)', args: { message: 'old' } });
});

test('what is no reply of eth_simulateV1 is not believed: another node is asked', async (t) => {
    const other = await startFaultyNode(chain.url);
    t.after(() => other.stop());
    const two = await dappdFor(t, { chains: [chainConfig([node.url, other.url])] });
    const call = { returnData: '0x', logs: [], gasUsed: '0x5208', status: '0x1' };
    const title = signatureOf(functionOf('title'));
    for (const reply of [
        [],
        [{ calls: [] }],
        [{ calls: [call, call] }],
        [{ calls: [call] }, { calls: [] }],
        [{ calls: [{ ...call, returnData: '0x1' }] }],
        [{ calls: [{ ...call, status: '0x2' }] }],
        [{ calls: [{ ...call, gasUsed: undefined }] }],
        [{ calls: [{ ...call, logs: [{ address: alice, topics: Array(5).fill(COUNT_SLOT), data: '0x' }] }] }],
        { calls: [call] },
    ]) {
        node.on('eth_simulateV1', faults.result(reply), { times: 1 });
        const answer = ok(await simulate(two, features.address, { function: title }));
        assert.deepEqual([answer.result, answer.method], ['The title', 'eth_simulateV1'], JSON.stringify(reply));
        node.reset();
    }
});

test('as much gas as no number of JSON tells exactly is a string', async () => {
    const call = { returnData: '0x', logs: [], status: '0x1' };
    for (const [gasUsed, shown] of [
        ['0x1fffffffffffff', 9007199254740991],
        ['0x20000000000001', '9007199254740993'],
        ['0xffffffffffffffff', '18446744073709551615'],
    ]) {
        node.on('eth_simulateV1', faults.result([{ calls: [{ ...call, gasUsed }] }]));
        assert.equal((await run({ data: '0x' })).gas_used, shown);
        node.reset();
    }
});
