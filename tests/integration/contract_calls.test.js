// Any function of any contract over HTTP is what viem's readContract makes of it, whatever its types; what a contract
// reverts with is what viem decodes of it; and calls travel together. Owns its chain, its node, its PostgreSQL and its
// dappd.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { concat, decodeErrorResult, encodeFunctionData, getAddress, pad, toHex } from 'viem';
import { argsToJson, errorToJson, randomArgs, readByViem } from './lib/abi_values.js';
import { asksAbout, callsTo } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { call, register, signatureOf } from './lib/contracts.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { hex, randomAddress } from './lib/random.js';

const ROUNDS = 3;
const POINT = { x: 4_000_000_000, y: -5 };
const MEGABYTE = 1_000_000;

let chain, server, node, dappd, features;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    features = await chain.deploy('AbiFeatures', ['The title', [POINT]]);
    const database = await server.databaseFor();
    dappd = await startOn([node], { database_url: database.url });
    await register(database, features, { chainId: chain.chainId });
    await dappd.untilHead(Number((await chain.latest()).number));
});
after(() => stopAll(dappd, node, server, chain));
beforeEach(() => node.reset());

const startOn = (nodes, settings = {}) =>
    startDappd({ chains: [chainConfig(nodes.map(({ url }) => url))], index: 'off', ...settings });

const functions = (isMeant) => features.abi.filter(({ type, name }) => type === 'function' && isMeant(name));
const functionOf = (name) => functions((one) => one === name)[0];

const ok = (answer) => {
    assert.equal(answer.status, 200, answer.text);
    return answer.json();
};

/** The function's result by dappd, which must be viem's at the same block. In: shown, how the function is named. */
async function assertSameAsViem(item, args, shown = item.name, json = argsToJson(item, args)) {
    const answer = ok(await call(dappd, features.address, shown, json));
    const expected = await readByViem(chain.client, features.address, item, args, BigInt(answer.block.number));
    assert.deepEqual(answer.result, expected, `${shown}(${JSON.stringify(json)})`);
    assert.equal(answer.address, getAddress(features.address));
    return answer;
}

// --- results ---

for (const name of [
    'echoUnsigned',
    'echoSigned',
    'echoFixedBytes',
    'echoTree',
    'echoTrees',
    'echoText',
    'echoFixedArray',
    'echoNestedFixed',
    'echoArray',
    'echoNestedArray',
    'echoMixedArrays',
    'echoPoints',
    'echoSide',
    'named',
    'unnamed',
    'halfNamed',
    'none',
    'title',
    'points',
]) {
    test(`${name} returns what viem reads, by its name and by its whole signature`, async () => {
        const item = functionOf(name);
        for (let round = 0; round < ROUNDS; round++) {
            const args = name === 'echoSide' ? [round, ...randomArgs(item).slice(1)] : randomArgs(item);
            await assertSameAsViem(item, args);
            await assertSameAsViem(item, args, signatureOf(item));
        }
    });
}

test('every function that only returns is among them', () => {
    const others = /^(echoFunction|pick|wide|sender|pay|bump|count|emitAll|fail\w+)$/;
    assert.equal(functions((name) => !others.test(name)).length, 19);
});

test('a function is bytes24: an address and a selector', async () => {
    const callback = `0x${hex(48)}`;
    const answer = ok(await call(dappd, features.address, 'echoFunction', [callback]));
    assert.deepEqual([answer.function, answer.result], ['echoFunction(function)', callback]);
});

test('arguments are given by name, integers as numbers, decimal or hex', async () => {
    const item = functionOf('points');
    const [who] = await chain.client.getAddresses();
    const writer = chain.account;
    assert.notEqual(who, writer);
    const echo = functionOf('named');
    for (const seed of [17, '17', '0x11']) {
        await assertSameAsViem(echo, [17n], 'named', { seed });
    }
    assert.deepEqual((await assertSameAsViem(item, [writer, 0n])).result, POINT);
});

test('what does not fit is told by the name of the argument', async () => {
    const cases = [
        ['echoFixedArray', [[1, 2]], 'invalid_argument', /args\[0\]|args\.value/],
        ['echoUnsigned', [{ u8: 256 }], 'invalid_argument', /args/],
        ['named', [9007199254740993], 'invalid_argument', /args/],
        ['named', ['-1'], 'invalid_argument', /args/],
        ['named', { sead: 1 }, 'invalid_argument', /sead|seed/],
        ['named', [], 'invalid_argument', /./],
        ['function named(uint257) returns (uint256)', [1], 'invalid_abi', /./],
    ];
    for (const [name, args, code, detail] of cases) {
        assertProblem(await call(dappd, features.address, name, args), code, detail);
    }
    assertProblem(await call(dappd, features.address, 'nobody'), 'not_in_abi', /nobody/);
    assertProblem(await call(dappd, features.address, 'event Named(uint256)', [1]), 'not_in_abi');
    assertProblem(await call(dappd, randomAddress(), 'named', [1]), 'contract_not_found');
});

// --- overloads ---

test('of several functions of a name the one is called that takes the arguments', async () => {
    const pick = async (...args) => ok(await call(dappd, features.address, 'pick', args)).result;
    assert.equal(await pick(), 'pick()');
    assert.equal(await pick(5), 'pick(uint256)');
    assert.equal(await pick(5, '6'), 'pick(uint256,uint256)');
    assert.equal(await pick(true), 'pick(bool)');
    assert.equal(ok(await call(dappd, features.address, 'pick(address)', [features.address])).result, 'pick(address)');
});

test('several that take the arguments are told apart by their types', async () => {
    const problem = assertProblem(await call(dappd, features.address, 'wide', [5]), 'ambiguous_function');
    assert.match(problem.detail, /wide\(uint8\)/);
    assert.match(problem.detail, /wide\(uint256\)/);
    assert.equal(ok(await call(dappd, features.address, 'wide', [256])).result, 'wide(uint256)');
    assert.equal(ok(await call(dappd, features.address, 'wide(uint8)', [5])).result, 'wide(uint8)');
});

// --- reverts ---

const revertDataOf = async (name, args) => {
    const data = encodeFunctionData({ abi: features.abi, functionName: name, args });
    const reply = await fetch(chain.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'eth_call',
            params: [{ to: features.address, data }, 'latest'],
        }),
    });
    return (await reply.json()).error.data;
};

const REVERTS = {
    failEmpty: [/execution reverted: Empty\(\)$/, () => []],
    failCustom: [/InsufficientBalance\(available: 5, required: \d+\)/, () => [5n, 2n ** 255n]],
    failUnnamed: [/Unnamed\(7, because\)/, () => [7, 'because']],
    failNested: [/Nested\(leaf: \{"name":"twig"/, () => [{ name: 'twig', tags: [`0x${hex(64)}`] }, [1n, 2n ** 200n], '0xbeef']],
    failRequire: [/execution reverted: not today/, () => ['not today']],
};

for (const [name, [detail, makeArgs]] of Object.entries(REVERTS)) {
    test(`${name} reverts with what viem decodes`, async () => {
        const args = makeArgs();
        const decoded = decodeErrorResult({ abi: features.abi, data: await revertDataOf(name, args) });
        const answer = await call(dappd, features.address, name, argsToJson(functionOf(name), args));
        assert.deepEqual(assertProblem(answer, 'execution_reverted', detail).revert, errorToJson(decoded));
    });
}

for (const kind of [0x01, 0x11, 0x12, 0x21, 0x32]) {
    test(`panic ${toHex(kind, { size: 1 })} is told`, async () => {
        const answer = await call(dappd, features.address, 'failPanic', [kind]);
        const { revert } = assertProblem(answer, 'execution_reverted', new RegExp(`panic ${toHex(kind, { size: 1 })} \\(`));
        assert.deepEqual([revert.name, revert.signature], ['Panic', 'Panic(uint256)']);
        assert.deepEqual(Object.values(revert.args), [String(kind)]);
    });
}

test('revert data that nobody can read, too long or none at all is shown as it is', async () => {
    const raw = `0x12345678${hex(64)}`;
    const unknown = await call(dappd, features.address, 'failRaw', [raw]);
    assert.deepEqual(assertProblem(unknown, 'execution_reverted', /custom error 0x12345678/).revert, { data: raw });
    const plain = await call(dappd, features.address, 'failPlain');
    assert.deepEqual(assertProblem(plain, 'execution_reverted', /^execution reverted$/).revert, { data: null });
    const broken = concat(['0x08c379a0', pad('0x20'), pad('0xffffffffffffffff')]);
    const lying = await call(dappd, features.address, 'failRaw', [broken]);
    assert.deepEqual(assertProblem(lying, 'execution_reverted').revert, { data: broken });
});

test('the words of a contract are cleaned', async () => {
    const answer = await call(dappd, features.address, 'failRequire', ['a\u0007b\u001b[31m\n']);
    const { detail } = assertProblem(answer, 'execution_reverted');
    assert.doesNotMatch(detail, /[\u0000-\u001f]/);
});

test('without a registration errors of Solidity are read, and others are data', async (t) => {
    const alone = await dappdFor(t, { chains: [chainConfig([node.url])] });
    const answerOf = (name, args) => call(alone, features.address, signatureOf(functionOf(name)), args);
    const reason = assertProblem(await answerOf('failRequire', ['alone']), 'execution_reverted', /alone/);
    assert.equal(reason.revert.name, 'Error');
    const custom = assertProblem(await answerOf('failCustom', [1, 2]), 'execution_reverted', /custom error/);
    assert.match(custom.revert.data, /^0x[0-9a-f]{136}$/);
    assert.equal(ok(await answerOf('title', [])).result, 'The title');
    assertProblem(await call(alone, features.address, 'title'), 'contracts_unavailable');
});

// --- who calls ---

test('from and value are those of the call', async () => {
    const from = getAddress(chain.holders.alice);
    assert.equal(ok(await call(dappd, features.address, 'sender', [], { from })).result, from);
    const paid = ok(await call(dappd, features.address, 'pay', [], { from, value: '0xde0b6b3a7640000' }));
    assert.deepEqual(paid.result, { value: '1000000000000000000', from });
    const poor = await call(dappd, features.address, 'pay', [], { from: randomAddress(), value: 1 });
    assertProblem(poor, 'insufficient_funds', /has 0 wei/);
});

test('a function that is no view may be called, and changes nothing', async () => {
    const before = ok(await call(dappd, features.address, 'count')).result;
    const bumped = ok(await call(dappd, features.address, 'bump', [5])).result;
    assert.equal(BigInt(bumped), BigInt(before) + 5n);
    assert.equal(await chain.read(features, 'count'), BigInt(before));
});

// --- blocks and the cache ---

test('a call is true at the block that is named', async () => {
    const first = await chain.write(features, 'bump', [1n]);
    const then = await chain.read(features, 'count', [], first.blockNumber);
    const second = await chain.write(features, 'bump', [1n]);
    await dappd.untilHead(Number(second.blockNumber));
    const countAt = async (block) => ok(await call(dappd, features.address, 'count', [], { block })).result;
    assert.equal(await countAt(Number(first.blockNumber)), String(then));
    assert.equal(await countAt(String(first.blockNumber)), String(then));
    assert.equal(await countAt(first.blockHash), String(then));
    assert.equal(await countAt(second.blockHash), String(then + 1n));
    assert.equal(await countAt('latest'), String(then + 1n));
    assertProblem(await call(dappd, features.address, 'count', [], { block: `0x${hex(64)}` }), 'block_not_found');
    assertProblem(await call(dappd, features.address, 'count', [], { block: 'newest' }), 'invalid_parameter');
    const unborn = await call(dappd, features.address, 'count', [], { block: 'finalized' });
    const finalized = await chain.client.getBlock({ blockTag: 'finalized' });
    const code = await chain.client.getCode({ address: features.address, blockNumber: finalized.number });
    if (code) ok(unborn);
    else assertProblem(unborn, 'not_a_contract');
});

test('the second call at a block asks no node, of results and of reverts', async () => {
    const { number } = await chain.latest();
    const block = Number(number);
    for (const [name, args] of [
        ['named', [randomInt()]],
        ['failCustom', [1, randomInt()]],
    ]) {
        const first = await call(dappd, features.address, name, args, { block });
        node.reset();
        const second = await call(dappd, features.address, name, args, { block });
        assert.equal(callsTo(node).length, 0, name);
        const shown = ({ result, revert, detail }) => ({ result, revert, detail });
        assert.deepEqual(shown(second.json()), shown(first.json()));
    }
});

const randomInt = () => Number(BigInt(`0x${hex(12)}`));

test('200 calls and as many balances at once go out as a handful of eth_calls', async () => {
    await call(dappd, features.address, 'named', [randomInt()]); // how nodes are best asked is known by now
    node.reset();
    const seeds = Array.from({ length: 200 }, (_, i) => randomInt() + i);
    const usd = chain.tokens.usd.address;
    const answers = await Promise.all([
        ...seeds.map((seed, i) => call(dappd, features.address, i % 2 ? 'named' : 'unnamed', [seed])),
        ...seeds.map(() => dappd.get(`/balance/${randomAddress()}/${usd}`)),
    ]);
    for (const [i, seed] of seeds.entries()) {
        const { result } = ok(answers[i]);
        assert.equal(i % 2 ? result.number : result[0], String(seed));
    }
    for (const answer of answers.slice(seeds.length)) assert.equal(ok(answer).balance, '0');
    const calls = callsTo(node);
    assert.ok(calls.length <= 24, `${calls.length} calls`);
    const mixed = calls.filter((one) => asksAbout(features.address)(one) && asksAbout(usd)(one));
    assert.ok(mixed.length > 0, 'calls and balances share one');
});

// --- hostile contracts and nodes ---

async function contractWith(bytecode) {
    const address = getAddress(randomAddress());
    await chain.client.setCode({ address, bytecode });
    await chain.mine();
    await dappd.untilHead(Number((await chain.latest()).number));
    return address;
}

/** Code that returns these bytes, whatever it is asked. */
const returning = (bytes) => {
    const size = (bytes.length - 2) / 2;
    return concat(['0x61', toHex(size, { size: 2 }), '0x80600c6000396000f3', bytes]);
};

const READS_ARRAY = 'function anything() view returns (uint256[])';

test('what is no encoding of the result is told, in bounded time, and fails nobody else', async () => {
    const word = (value) => pad(toHex(value));
    const cases = {
        'nothing at all': '0x00',
        'half a word': returning(`0x${'ab'.repeat(16)}`),
        'an offset past the end': returning(concat([word(2n ** 255n)])),
        'an offset that wraps': returning(concat([word(2n ** 256n - 32n), word(1)])),
        'an offset that leads to itself': returning(concat([word(0), word(0)])),
        '2^64 items': returning(concat([word(32), word(2n ** 64n), word(1)])),
        '2^255 items': returning(concat([word(32), word(2n ** 255n), word(1)])),
        'fewer items than said': returning(concat([word(32), word(3), word(1)])),
    };
    for (const [what, code] of Object.entries(cases)) {
        const address = await contractWith(code);
        const [answer, neighbour] = await Promise.all([
            call(dappd, address, READS_ARRAY),
            call(dappd, features.address, 'named', [randomInt()]),
        ]);
        ok(neighbour);
        if (what !== 'an offset that leads to itself') assertProblem(answer, 'abi_mismatch');
        else assert.deepEqual(ok(answer).result, []);
    }
});

test('text that is no UTF-8, and a NUL, come out as JSON', async () => {
    const text = concat([pad('0x20'), pad('0x04'), `0x61ff0062${'00'.repeat(28)}`]);
    const address = await contractWith(returning(text));
    assert.equal(ok(await call(dappd, address, 'function text() view returns (string)')).result, 'a\ufffd\u0000b');
});

test('where there is no code there is no contract', async () => {
    assertProblem(await call(dappd, randomAddress(), READS_ARRAY), 'not_a_contract');
    assertProblem(await call(dappd, randomAddress(), 'function none() view'), 'not_a_contract');
    const from = chain.holders.alice;
    assertProblem(await call(dappd, randomAddress(), 'function none()', [], { from }), 'not_a_contract');
});

test('a contract that burns all gas fails alone', async () => {
    const address = await contractWith('0x5b600056');
    const [burnt, neighbour] = await Promise.all([
        call(dappd, address, READS_ARRAY),
        call(dappd, features.address, 'named', [randomInt()]),
    ]);
    ok(neighbour);
    assertProblem(burnt, 'execution_reverted');
});

const bytesResult = (size) => {
    const words = Math.ceil(size / 32);
    return concat([pad('0x20'), pad(toHex(size)), `0x${'5a'.repeat(size)}${'00'.repeat(words * 32 - size)}`]);
};

test('a result of 10 MB is answered, one that no request can hold is refused', async () => {
    const from = chain.holders.alice;
    const blob = 'function blob() view returns (bytes)';
    node.on('eth_call', faults.result(bytesResult(10 * MEGABYTE)));
    const { result } = ok(await call(dappd, features.address, blob, [], { from }));
    assert.equal(result.length, 2 + 2 * 10 * MEGABYTE);
    node.reset();
    node.on('eth_call', faults.result(bytesResult(14 * MEGABYTE)));
    assertProblem(await call(dappd, features.address, blob, [], { from }), 'overloaded', /longer than|more than/);
    node.reset();
    ok(await call(dappd, features.address, 'named', [randomInt()]));
});

test('another node answers where one fails', async (t) => {
    const other = await startFaultyNode(chain.url);
    t.after(() => other.stop());
    const two = await dappdFor(t, { chains: [chainConfig([node.url, other.url])] });
    const signature = signatureOf(functionOf('named'));
    for (const fault of [faults.reset(), faults.garbage(), faults.rpcError(-32603, 'internal error'), faults.status(502)]) {
        node.on('eth_call', fault);
        const seed = randomInt();
        assert.equal(ok(await call(two, features.address, signature, [seed])).result.number, String(seed));
        const from = chain.holders.alice;
        assert.equal(ok(await call(two, features.address, signature, [seed], { from })).result.number, String(seed));
        node.reset();
    }
});
