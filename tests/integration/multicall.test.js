// However reads are put together for a chain, each one's answer is what viem reads for it alone, and what is wrong with
// one stays with it. Owns its chain, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as batching from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { bodyOf, makeCounted, makeOddTable, readByDappd, readByViem } from './lib/odd_table.js';
import { stopAll } from './lib/process.js';
import { hex, randomAddress, randomUint256 } from './lib/random.js';
import { mapAtMost } from './lib/wait.js';

const { putMulticall3, isAggregate, isInitCode, isStateRead, callsTo, pass, refusesInitCode, when } = batching;

const GAS_CAP_BYTES = 3000;

let chain, node, honest, table, token, early, expected;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    honest = await startFaultyNode(chain.url);
    token = chain.tokens.settable;
    table = await makeOddTable(chain);
    early = (await chain.latest()).number; // no block up to here has Multicall3
    expected = await readByViem(chain, table, early);
    assert.equal(expected[0], '7', 'the poison is asked first');
    for (const code of ['not_a_token', 'execution_reverted', '0']) assert.ok(expected.includes(code), code);
});
after(() => stopAll(node, honest, chain));
beforeEach(() => [node, honest].forEach((one) => one.reset()));

const startOn = (t, nodes = [node], settings = {}) =>
    dappdFor(t, {
        chains: [
            chainConfig(
                nodes.map(({ url }) => url),
                { block_time_ms: 12_000 },
            ),
        ],
        ...settings,
    });

const batchingOf = async (dappd) => (await dappd.json('/status')).chains[0].batching;

/** Owners with balances of that token in the newest block and others in the block before. */
async function makeOwners(n) {
    const owners = Array.from({ length: n }, () => ({ address: randomAddress(), token: token.address }));
    const set = () =>
        chain.write(token, 'setBalances', [owners.map(({ address }) => address), owners.map(randomUint256)]);
    await set();
    await set();
    return owners;
}

/** Each answer is right or an error. Returns how many were right. */
async function countRight(items, answer) {
    const true_ = await readByViem(chain, items, BigInt(answer.block.number));
    const given = answer.items.map(({ balance }) => balance);
    for (const [i, balance] of given.entries()) if (balance !== undefined) assert.equal(balance, true_[i]);
    return given.filter((balance) => balance !== undefined).length;
}

// --- which way is taken ---

const refusesBatches = faults.wholeError(-32600, 'batch requests are not supported');
const singlesOnly = (exchange, concerns) =>
    exchange.isBatch ? refusesBatches(exchange) : refusesInitCode()(exchange, concerns);

/** name: { code at Multicall3's address, what the node does wrong, batching, the calls that must be seen } */
const WAYS = {
    'without Multicall3': { code: '0x', batching: 'fan_out', sees: isInitCode },
    'with Multicall3 and a node that takes init code': {
        code: batching.MULTICALL3_CODE,
        batching: 'fan_out', // init code keeps its items apart
        sees: isInitCode,
    },
    'with Multicall3 and a node that refuses init code': {
        code: batching.MULTICALL3_CODE,
        fault: refusesInitCode(),
        batching: 'multicall3',
        sees: isAggregate,
    },
    'with a contract that answers zeros in its place': {
        code: '0x6108006000f3',
        fault: refusesInitCode(),
        batching: 'json_rpc',
        sees: isStateRead,
    },
    'with nearly its code in its place': {
        code: batching.MULTICALL3_CODE.replace(/..$/, '00'),
        fault: refusesInitCode(),
        batching: 'json_rpc',
        sees: isStateRead,
    },
    'without Multicall3, with a node that refuses init code': {
        code: '0x',
        fault: refusesInitCode(),
        batching: 'json_rpc',
        sees: isStateRead,
    },
    'with a node that refuses init code and batches': {
        code: '0x',
        fault: singlesOnly,
        batching: 'singles',
        sees: isStateRead,
    },
};

for (const [what, way] of Object.entries(WAYS)) {
    test(`${what} /status shows ${way.batching}, and every odd token is what viem says`, async (t) => {
        await putMulticall3(chain, way.code);
        if (way.fault) node.on('*', way.fault);
        const dappd = await startOn(t);
        const answer = (await dappd.post('/balances', bodyOf(table))).json();
        assert.deepEqual(readByDappd(answer), expected);
        assert.equal(await batchingOf(dappd), way.batching);
        assert.ok(callsTo(node, way.sees).length > 0);
        if (way.batching !== 'multicall3') assert.equal(callsTo(node, isAggregate).length, 0);
    });
}

/**
 * What it takes for reads to go that way: the code, and what stands before any other fault of the nodes. With so little
 * gas a call begins that way and does not get far.
 */
const PACKED = {
    multicall3: { code: batching.MULTICALL3_CODE, guard: refusesInitCode, littleGas: 700_000n },
    fan_out: { code: '0x', guard: (fault = pass) => fault, littleGas: 8_500_000n },
};

/** From now on the nodes work like that, and the first of them has this fault besides. */
function setFaults({ guard }, fault = pass) {
    node.reset().on('*', guard(fault));
    honest.reset().on('*', guard());
}

for (const [name, way] of Object.entries(PACKED)) {
    test(`odd tokens asked for by requests of their own do not spoil each other (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const dappd = await startOn(t);
        const answers = await mapAtMost(table.length, [...table, ...table], ({ address, token: asked }) =>
            dappd.get(asked ? `/balance/${address}/${asked}` : `/balance/${address}`),
        );
        const given = answers.map((answer) => answer.json().balance ?? answer.json().code);
        assert.deepEqual(given, [...expected, ...expected]);
    });

    test(`a contract that changes another's balances while it answers changes none (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const items = table.filter(({ what }) => /^(poison|settable)/.test(what));
        const dappd = await startOn(t);
        const answer = (await dappd.post('/balances', bodyOf(items))).json();
        assert.deepEqual(readByDappd(answer), await readByViem(chain, items, BigInt(answer.block.number)));
    });

    test(`a client's call that writes changes none either, whatever it is called (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const dappd = await startOn(t);
        const writing = 'function setBalance(address owner, uint256 amount) view';
        const write = (owner) => dappd.post(`/contracts/${token.address}/call`, { function: writing, args: [owner, 7] });
        await write(randomAddress()); // how the node is best asked is known by now
        const owners = Array.from({ length: 20 }, randomAddress);
        const [writes, balances] = await Promise.all([
            Promise.all(owners.map(write)),
            Promise.all(owners.map((owner) => dappd.get(`/balance/${owner}/${token.address}`))),
        ]);
        for (const answer of writes) assert.equal(answer.status, 200, answer.text);
        for (const answer of balances) assert.equal(answer.json().balance, '0', answer.text);
    });

    test(`a node with a low gas cap gets shorter calls until all is answered (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const owners = await makeOwners(200);
        setFaults(way, batching.gasCap(GAS_CAP_BYTES));
        const dappd = await startOn(t);
        const answer = (await dappd.post('/balances', bodyOf(owners))).json();
        assert.equal(await countRight(owners, answer), owners.length);
        const refused = callsTo(node, batching.isLongCall(GAS_CAP_BYTES)).length;
        const taken = callsTo(node, isStateRead).length - refused;
        assert.ok(refused >= 1 && refused <= 40, `${refused} calls refused`);
        assert.ok(taken < owners.length, `${taken} calls for ${owners.length} balances: more than one in most`);
    });

    test(`a chain with little gas for a call, and hogs: everything is answered (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const { gasLimit } = await chain.latest();
        t.after(() => chain.client.setBlockGasLimit({ gasLimit }));
        const owners = await makeOwners(100);
        await chain.client.setBlockGasLimit({ gasLimit: way.littleGas });
        await chain.mine();
        const items = [...owners.slice(0, 50), ...table, ...owners.slice(50)];
        const dappd = await startOn(t);
        const answer = (await dappd.post('/balances', bodyOf(items))).json();
        assert.deepEqual(readByDappd(answer), await readByViem(chain, items, BigInt(answer.block.number)));
        assert.equal(await batchingOf(dappd), name);
    });

    test(`a node that answers for the block before is not believed (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const owners = await makeOwners(50);
        const dappd = await startOn(t, [node, honest], { id: chain.chainId });
        await dappd.json(`/balance/${randomAddress()}/${token.address}`);
        setFaults(way, batching.oneBlockBehind(chain.client));
        const answer = (await dappd.post('/balances', bodyOf(owners))).json();
        assert.ok(callsTo(node, isStateRead).length > 0, 'it was asked');
        assert.equal(await countRight(owners, answer), owners.length);
    });

    test(`such a node alone gives errors, no wrong balances (${name})`, async (t) => {
        await putMulticall3(chain, way.code);
        setFaults(way);
        const owners = await makeOwners(50);
        const dappd = await startOn(t, [node], { request_timeout_ms: 5000 });
        await dappd.json(`/balance/${randomAddress()}/${token.address}`);
        setFaults(way, batching.oneBlockBehind(chain.client));
        const answer = await dappd.post('/balances', bodyOf(owners));
        if (answer.status === 200) assert.equal(await countRight(owners, answer.json()), 0);
        else assert.ok(answer.status >= 500, answer.text);
    });
}

test('a contract that writes while it answers is asked as if for each owner alone', async (t) => {
    setFaults(PACKED.fan_out);
    const items = await makeCounted(chain);
    const dappd = await startOn(t);
    const answer = (await dappd.post('/balances', bodyOf([...items, ...table]))).json();
    assert.deepEqual(readByDappd(answer), [...items.map(() => '1'), ...expected]);
});

test('at blocks from before Multicall3 all is right', async (t) => {
    setFaults(PACKED.multicall3);
    await putMulticall3(chain, '0x');
    const owners = await makeOwners(100);
    const { number } = await chain.latest();
    await putMulticall3(chain);
    await chain.write(token, 'setBalances', [owners.map(({ address }) => address), owners.map(randomUint256)]);
    const dappd = await startOn(t);
    const now = (await dappd.post('/balances', bodyOf(owners))).json();
    assert.equal(await countRight(owners, now), owners.length);
    assert.equal(await batchingOf(dappd), 'multicall3');
    const then = (await dappd.post('/balances', bodyOf([...owners, ...table], Number(number)))).json();
    assert.equal(then.block.number, Number(number));
    assert.deepEqual(readByDappd(then), await readByViem(chain, [...owners, ...table], number));
    const again = (await dappd.post('/balances', bodyOf(await makeOwners(10)))).json();
    assert.ok(again.items.every(({ balance }) => balance !== undefined));
    assert.equal(await batchingOf(dappd), 'multicall3', 'an old block says nothing of the newest');
});

// --- results that are not what they should be ---

const isTogether = (call) => isAggregate(call) || isInitCode(call);
const wordOf = (number) => number.toString(16).padStart(64, '0');

/** Each makes of the right result one that nobody could honestly give. In: hex digits; the parent's hash, in digits. */
const WRONG_RESULTS = {
    'is cut in half': (digits) => digits.slice(0, digits.length / 2),
    'is cut by a byte': (digits) => digits.slice(0, -2),
    'lacks its last word': (digits) => digits.slice(0, -64),
    'is empty': () => '',
    'is of random bytes': (digits) => hex(digits.length),
    'is all zeros': (digits) => '0'.repeat(digits.length),
    'has another number of items': (digits) => digits.slice(0, 64) + wordOf(7) + digits.slice(128),
    'has offsets to beyond its end': (digits) => digits.slice(0, 128) + 'f'.repeat(64) + digits.slice(192),
    'names another block': (digits, parent) => digits.replace(parent, [...parent].reverse().join('')),
};

for (const [what, change] of Object.entries(WRONG_RESULTS)) {
    test(`a batch whose result ${what} gives no wrong balance, and all are right with another node`, async (t) => {
        for (const way of Object.values(PACKED)) {
            setFaults(way);
            await putMulticall3(chain, way.code);
            const owners = await makeOwners(20);
            const parent = (await chain.latest()).parentHash.slice(2);
            const alone = await startOn(t, [node], { request_timeout_ms: 5000 });
            const two = await startOn(t, [node, honest]);
            for (const dappd of [alone, two]) await dappd.json(`/balance/${randomAddress()}/${token.address}`);
            setFaults(way, when(isTogether, batching.altered((digits) => change(digits, parent))));
            const answer = await alone.post('/balances', bodyOf(owners));
            if (answer.status === 200) {
                const right = await countRight(owners, answer.json());
                if (what === 'names another block') assert.equal(right, 0, 'it might as well be the balance there');
            } else assert.ok(answer.status >= 500, answer.text);
            const whole = (await two.post('/balances', bodyOf(owners))).json();
            assert.equal(await countRight(owners, whole), owners.length);
            assert.ok(callsTo(node, isTogether).length > 0, 'such results were given');
        }
    });
}
