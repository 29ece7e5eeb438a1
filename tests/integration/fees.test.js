// What goes into a transaction before it is signed: fees, held against EIP-1559 worked out here over blocks of every
// fullness and against the chain's own next block; nonces and estimates against viem; chains without a base fee, and
// nodes that lie or lack a method. Owns its chains, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { encodeDeployData, encodeFunctionData } from 'viem';
import { compileAll } from '../../dev/chain/index.js';
import { startBareChain, startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';

const GWEI = 10n ** 9n;
const TRANSFER_GAS = 21_000n;
const TRANSFERS = 12; // fill a block
const BLOCKS = 20;
const PERCENTILES = [10, 50, 90];
const SPEEDS = ['slow', 'standard', 'fast'];
const ALL_USED = 1_000_000n;
const FORECAST_BLOCKS = 5;

let chain, first, second, sender;

before(async () => {
    chain = await startChain();
    [first, second] = [await startFaultyNode(chain.url), await startFaultyNode(chain.url)];
    sender = (await chain.client.getAddresses())[3];
    await chain.client.setBlockGasLimit({ gasLimit: TRANSFER_GAS * BigInt(TRANSFERS) });
    await chain.mine();
});
after(() => stopAll(first, second, chain));
beforeEach(() => [first, second].forEach((node) => node.reset()));

const startOn = (t, urls = chain.url) => dappdFor(t, { chains: [chainConfig(urls)] });

// --- the oracle ---

/** The base fee behind a block, in the steps of EIP-1559. */
function behind(baseFee, gasUsed, gasLimit) {
    const target = gasLimit / 2n;
    if (gasUsed === target) return baseFee;
    if (gasUsed < target) return baseFee - (baseFee * (target - gasUsed)) / target / 8n;
    const rise = (baseFee * (gasUsed - target)) / target / 8n;
    return baseFee + (rise > 0n ? rise : 1n);
}

const runOn = (baseFee, used) => {
    for (let i = 0; i < FORECAST_BLOCKS; i++) baseFee = behind(baseFee, used, ALL_USED);
    return baseFee;
};

const least = (values) => values.reduce((a, b) => (a < b ? a : b));
const most = (values) => values.reduce((a, b) => (a > b ? a : b));

/** In the middle of those blocks that have transactions; undefined: none has. */
function median(history, i) {
    const paid = history.reward.filter((_, block) => history.gasUsedRatio[block] > 0).map((reward) => reward[i]);
    return paid.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[Math.floor(paid.length / 2)];
}

/** What GET /fees has to answer at the newest block, where transactions have been. */
async function expectedFees() {
    const block = await chain.client.getBlock();
    const blockCount = Math.min(BLOCKS, Number(block.number) + 1);
    const history = await chain.client.getFeeHistory({
        blockCount,
        blockNumber: block.number,
        rewardPercentiles: PERCENTILES,
    });
    const next = behind(block.baseFeePerGas, block.gasUsed, block.gasLimit);
    const used = history.gasUsedRatio.map((ratio) => BigInt(Math.round(ratio * Number(ALL_USED))));
    const average = Number(used.reduce((a, b) => a + b)) / used.length;
    const bids = SPEEDS.map((speed, i) => [speed, median(history, i)]);
    return {
        chain_id: chain.chainId,
        ...Object.fromEntries(
            bids.map(([speed, tip]) => [
                speed,
                { max_fee_per_gas: `${2n * next + tip}`, max_priority_fee_per_gas: `${tip}`, gas_price: null },
            ]),
        ),
        base_fee: `${block.baseFeePerGas}`,
        next_base_fee: `${next}`,
        forecast: { low: `${runOn(next, least(used))}`, high: `${runOn(next, most(used))}` },
        blob_base_fee: '1',
        gas_used_percent: Math.round(average / 10_000),
        block: { number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) },
    };
}

/** Mines a block with so many transfers, which pay tips from one gwei up. */
async function mineWith(transfers) {
    const { client } = chain;
    await client.setAutomine(false);
    const nonce = await client.getTransactionCount({ address: sender });
    for (let i = 0; i < transfers; i++) {
        await client.sendTransaction({
            account: sender,
            to: sender,
            chain: null,
            nonce: nonce + i,
            gas: TRANSFER_GAS,
            maxFeePerGas: 1000n * GWEI,
            maxPriorityFeePerGas: GWEI + BigInt(i * 1_000_000),
        });
    }
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    const block = await client.getBlock();
    assert.equal(block.gasUsed, TRANSFER_GAS * BigInt(transfers));
    return block;
}

// --- fees ---

test('fees over blocks of every fullness are what EIP-1559 and the transactions in them say', async (t) => {
    const dappd = await startOn(t);
    let forecast;
    for (const transfers of [TRANSFERS, 0, TRANSFERS / 2, 1, TRANSFERS - 1, 7, TRANSFERS, TRANSFERS, 0]) {
        const block = await mineWith(transfers);
        if (forecast) assert.equal(`${block.baseFeePerGas}`, forecast, 'the chain did as it was told to');
        await dappd.untilHead(Number(block.number));
        const fees = await dappd.json('/fees');
        assert.deepEqual(fees, await expectedFees(), `${transfers} transfers`);
        forecast = fees.next_base_fee;
    }
});

test('fees are the same for everybody until the next block', async (t) => {
    const dappd = await startOn(t, first.url);
    const { number } = await mineWith(3);
    await dappd.untilHead(Number(number));
    const answers = await Promise.all(Array.from({ length: 50 }, () => dappd.get('/fees')));
    for (const answer of answers) assert.equal(answer.text, answers[0].text);
    assert.ok(first.count('eth_feeHistory') <= 2, 'once for each reactor at most');
    const { etag, 'cache-control': lasts } = answers[0].headers;
    assert.match(lasts, /^public, max-age=\d+$/);
    assert.equal((await dappd.get('/fees', { 'if-none-match': etag })).status, 304);
    await mineWith(0);
    await dappd.untilHead(Number(number) + 1);
    assert.equal((await dappd.get('/fees', { 'if-none-match': etag })).status, 200);
});

test('what a transaction pays is enough for the next block', async (t) => {
    const dappd = await startOn(t);
    await mineWith(TRANSFERS);
    for (const speed of SPEEDS) {
        const { number } = await mineWith(TRANSFERS);
        await dappd.untilHead(Number(number));
        const fee = (await dappd.json('/fees'))[speed];
        const hash = await chain.client.sendTransaction({
            account: sender,
            to: sender,
            chain: null,
            gas: TRANSFER_GAS,
            maxFeePerGas: BigInt(fee.max_fee_per_gas),
            maxPriorityFeePerGas: BigInt(fee.max_priority_fee_per_gas),
        });
        assert.equal((await chain.client.waitForTransactionReceipt({ hash })).status, 'success');
    }
});

// --- nodes that lie, and nodes that lack what is asked ---

const lies = {
    'another base fee than the block has': (history) => ({
        ...history,
        baseFeePerGas: history.baseFeePerGas.map(() => '0x1'),
    }),
    'the blocks before': (history) => ({ ...history, oldestBlock: '0x0' }),
    'percentiles that fall': (history) => ({ ...history, reward: history.reward.map((row) => [...row].reverse()) }),
    'a fee beyond all money': (history) => ({
        ...history,
        reward: history.reward.map((row) => [...row.slice(1), `0x1${'0'.repeat(40)}`]),
    }),
    'a ratio that is no number': (history) => ({ ...history, gasUsedRatio: history.gasUsedRatio.map(() => 'NaN') }),
    'a list': () => [],
};

/** Changes the fee history that anvil gives. */
const lie = (change) => async (exchange, concerns) => {
    const history = await exchange.forward(exchange.calls.find(concerns));
    return faults.result(change(history.result))(exchange, concerns);
};

test('a node that lies about the history is passed over for another', async (t) => {
    for (const [what, change] of Object.entries(lies)) {
        const { number } = await mineWith(5);
        const dappd = await startOn(t, [first.url, second.url]);
        [first, second].forEach((node) => node.reset());
        first.on('eth_feeHistory', lie(change));
        await dappd.untilHead(Number(number));
        assert.deepEqual(await dappd.json('/fees'), await expectedFees(), what);
        assert.equal(first.count('eth_feeHistory'), 1, what);
    }
});

test('where every node lies, or none has a history, the rule and what nodes suggest remain', async (t) => {
    const without = [
        lie(lies['a fee beyond all money']),
        faults.rpcError(-32601, 'the method eth_feeHistory does not exist/is not available'),
        faults.rpcError(-32603, 'internal error'),
    ];
    for (const fault of without) {
        const block = await mineWith(TRANSFERS - 1);
        const dappd = await startOn(t, first.url);
        first.reset().on('eth_feeHistory', fault);
        await dappd.untilHead(Number(block.number));
        const fees = await dappd.json('/fees');
        const tip = await chain.client.request({ method: 'eth_maxPriorityFeePerGas' });
        const next = behind(block.baseFeePerGas, block.gasUsed, block.gasLimit);
        assert.equal(fees.next_base_fee, `${next}`);
        assert.equal(fees.standard.max_priority_fee_per_gas, `${BigInt(tip)}`);
        assert.equal(fees.fast.max_priority_fee_per_gas, `${(BigInt(tip) * 5n) / 4n}`);
        assert.equal(fees.standard.max_fee_per_gas, `${2n * next + BigInt(tip)}`);
        assert.equal(fees.blob_base_fee, '1', 'by eth_blobBaseFee');
    }
});

test('without any word on fees the answer is an error, and the next one is asked for anew', async (t) => {
    const { number } = await mineWith(1);
    const dappd = await startOn(t, first.url);
    await dappd.untilHead(Number(number));
    for (const method of ['eth_feeHistory', 'eth_maxPriorityFeePerGas', 'eth_gasPrice']) {
        first.on(method, faults.rpcError(-32601, 'method not found'));
    }
    assertProblem(await dappd.get('/fees'), 'upstream_error', /no node tells what gas costs/);
    first.reset();
    assert.deepEqual(await dappd.json('/fees'), await expectedFees());
});

test('a chain where nobody tips, such as Arbitrum', async (t) => {
    const { number } = await mineWith(4);
    const dappd = await startOn(t, first.url);
    first.on(
        'eth_feeHistory',
        lie((history) => ({ ...history, reward: history.reward.map(() => ['0x0', '0x0', '0x0']) })),
    );
    await dappd.untilHead(Number(number));
    const fees = await dappd.json('/fees');
    for (const speed of SPEEDS) {
        assert.equal(fees[speed].max_priority_fee_per_gas, '0');
        assert.equal(fees[speed].max_fee_per_gas, `${2n * BigInt(fees.next_base_fee)}`);
    }
});

test('a chain with a rule of its own, such as OP: the base fee is what nodes forecast', async (t) => {
    const { number, hash, parentHash } = await mineWith(4);
    const dappd = await startOn(t, first.url);
    first.on('eth_getBlockByHash', async (exchange) => {
        const reply = await exchange.forward(exchange.asked);
        const blocks = [reply].flat().map((answer) => answer.result);
        for (const block of blocks) if (block.hash === parentHash) block.gasUsed = '0x1';
        exchange.json(reply);
    });
    await dappd.untilHead(Number(number));
    const fees = await dappd.json('/fees');
    const history = await chain.client.getFeeHistory({
        blockCount: BLOCKS,
        blockNumber: number,
        rewardPercentiles: PERCENTILES,
    });
    assert.equal(fees.block.hash, hash);
    assert.equal(fees.next_base_fee, `${history.baseFeePerGas.at(-1)}`);
    assert.deepEqual(fees.forecast, {
        low: `${least(history.baseFeePerGas)}`,
        high: `${most(history.baseFeePerGas)}`,
    });
});

test('a chain without a base fee has gas prices', async (t) => {
    const legacy = await startBareChain({ args: ['--hardfork', 'berlin', '--chain-id', '7'] });
    t.after(() => legacy.stop());
    await legacy.client.mine({ blocks: 2 });
    const dappd = await dappdFor(t, { chains: [chainConfig(chain.url), chainConfig(legacy.url, { name: 'legacy' })] });
    const fees = await dappd.json('/fees?chain=legacy');
    const price = await legacy.client.getGasPrice();
    assert.equal(fees.chain_id, 7);
    assert.deepEqual(
        [fees.base_fee, fees.next_base_fee, fees.forecast, fees.blob_base_fee, fees.gas_used_percent],
        [null, null, null, null, 0],
    );
    const bid = (gas_price) => ({ max_fee_per_gas: null, max_priority_fee_per_gas: null, gas_price });
    assert.deepEqual(fees.slow, bid(`${price}`));
    assert.deepEqual(fees.standard, bid(`${price}`));
    assert.deepEqual(fees.fast, bid(`${(price * 5n) / 4n}`));
    assertProblem(await dappd.get('/fees?chain=8'), 'invalid_parameter', /chain/);
});

// --- nonces ---

test('nonces in blocks and in the pool are what viem counts', async (t) => {
    const { client } = chain;
    const dappd = await startOn(t);
    const check = async (address) => {
        const answer = await dappd.get(`/nonce/${address}`);
        const { latest, pending, address: shown, chain_id } = answer.json();
        assert.equal(answer.headers['cache-control'], 'no-store');
        assert.deepEqual([chain_id, shown.toLowerCase()], [chain.chainId, address.toLowerCase()]);
        assert.equal(latest, await client.getTransactionCount({ address }));
        assert.equal(pending, await client.getTransactionCount({ address, blockTag: 'pending' }));
        return pending - latest;
    };
    const { number } = await mineWith(2);
    await dappd.untilHead(Number(number));
    assert.equal(await check(randomAddress()), 0);
    assert.equal(await check(sender), 0);
    await client.setAutomine(false);
    for (let i = 0; i < 3; i++) {
        await client.sendTransaction({ account: sender, to: sender, chain: null, gas: TRANSFER_GAS });
    }
    assert.equal(await check(sender), 3);
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    await dappd.untilHead(Number(number) + 1);
    assert.equal(await check(sender), 0);
});

test('a pool that has forgotten is no reason to use a nonce again', async (t) => {
    const dappd = await startOn(t, first.url);
    await dappd.untilHead(1);
    const used = await chain.client.getTransactionCount({ address: sender });
    assert.ok(used > 0);
    first.on('eth_getTransactionCount', (exchange, concerns) => {
        const isPending = (call) => concerns(call) && call.params[1] === 'pending';
        return faults.result('0x0')(exchange, isPending);
    });
    const { latest, pending } = await dappd.json(`/nonce/${sender}`);
    assert.deepEqual([latest, pending], [used, used]);
});

test('a nonce that is no number is left to another node', async (t) => {
    const dappd = await startOn(t, [first.url, second.url]);
    await dappd.untilHead(1);
    first.on('eth_getTransactionCount', faults.result('0x10000000000000000'));
    const { latest } = await dappd.json(`/nonce/${sender}`);
    assert.equal(latest, await chain.client.getTransactionCount({ address: sender }));
    second.on('eth_getTransactionCount', faults.result((call) => (call.params[1] === 'pending' ? '0x1' : {})));
    assertProblem(await dappd.get(`/nonce/${sender}`), 'upstream_error');
});

test('an address that is none', async (t) => {
    const dappd = await startOn(t);
    assertProblem(await dappd.get('/nonce/0x1234'), 'invalid_address', /address/);
    assertProblem(await dappd.get(`/nonce/${randomAddress()}?block=latest`), 'invalid_parameter', /block/);
});

// --- estimates ---

const roomFor = (gas) => Number(gas === TRANSFER_GAS ? gas : gas + (gas / 100n) * 20n);

/** Blocks that hold more than transfers. */
async function makeRoom(dappd) {
    await chain.client.setBlockGasLimit({ gasLimit: 30_000_000n });
    await chain.mine();
    await dappd.untilHead(Number((await chain.latest()).number));
}

async function estimateOf(dappd, { from, to, data, value }) {
    const answer = await dappd.post('/estimate', { from, to, data, value: value && `${value}` });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return answer.json();
}

test('estimates are what viem estimates', async (t) => {
    const dappd = await startOn(t);
    const { usd } = chain.tokens;
    const [alice, bob] = [chain.holders.alice, randomAddress()];
    const { abi, bytecode } = (await compileAll()).SettableToken;
    const transfer = encodeFunctionData({ abi: usd.abi, functionName: 'transfer', args: [bob, 1n] });
    const deploy = encodeDeployData({ abi, bytecode, args: ['Estimated', 'EST', 18] });
    await makeRoom(dappd);
    const drafts = [
        { from: sender, to: bob, value: 10n ** 18n },
        { to: bob },
        { from: alice, to: usd.address, data: transfer },
        { from: sender, data: deploy },
        { from: sender, to: bob, data: '0x00ff00' },
    ];
    for (const draft of drafts) {
        const { from: account, to, data, value } = draft;
        const gas = await chain.client.estimateGas({ account, to, data, value });
        const estimate = await estimateOf(dappd, draft);
        assert.deepEqual([estimate.gas, estimate.gas_limit], [Number(gas), roomFor(gas)], JSON.stringify(estimate));
        assert.equal(estimate.chain_id, chain.chainId);
        assert.ok(estimate.block.number > 0);
    }
});

test('a transaction that would fail is refused with its reason', async (t) => {
    const dappd = await startOn(t);
    const failures = {
        Reason: { name: 'Error', signature: 'Error(string)', args: { message: 'balances are paused' } },
        Panic: { name: 'Panic', signature: 'Panic(uint256)', args: { code: '17' } },
    };
    const kinds = ['Reason', 'CustomError', 'Panic', 'Silent', 'OutOfGas'];
    const tokens = [];
    await makeRoom(dappd);
    for (const [i, kind] of kinds.entries()) tokens.push(await chain.deploy('RevertingToken', [kind.slice(0, 6), i]));
    await dappd.untilHead(Number((await chain.latest()).number));
    const balanceOf = (abi) => encodeFunctionData({ abi, functionName: 'balanceOf', args: [sender] });
    for (const [i, { address, abi }] of tokens.entries()) {
        const failure = kinds[i];
        const answer = await dappd.post('/estimate', { to: address, data: balanceOf(abi) });
        const { revert, detail } = assertProblem(answer, 'execution_reverted');
        if (failures[failure]) assert.deepEqual(revert, failures[failure], failure);
        if (failure === 'CustomError') assert.match(revert.data, /^0x[0-9a-f]{72}$/);
        if (failure === 'OutOfGas') assert.match(detail, /ran out of gas/);
    }
});

test('a sender that cannot pay the value is told so, whatever the node thinks of it', async (t) => {
    const dappd = await startOn(t);
    const poor = randomAddress();
    const draft = { from: poor, to: sender, value: '1' };
    assertProblem(await dappd.post('/estimate', draft), 'insufficient_funds', new RegExp(poor, 'i'));
    const { gas } = await estimateOf(dappd, { from: poor, to: sender });
    assert.equal(gas, Number(TRANSFER_GAS));
});

test('a node that says of what runs nothing that it reverted is not believed', async (t) => {
    const dappd = await startOn(t, [first.url, second.url]);
    const reverted = faults.rpcError(3, 'execution reverted');
    first.on('eth_getTransactionCount', reverted);
    assert.equal((await dappd.json(`/nonce/${sender}`)).chain_id, chain.chainId);
    second.on('eth_getTransactionCount', reverted);
    assertProblem(await dappd.get(`/nonce/${randomAddress()}`), 'upstream_error');
});

test('a node without a newest block is no reason to say that a block is not found', async (t) => {
    const dappd = await startOn(t, first.url);
    first.on('eth_getBlockByNumber', faults.rpcError(-32000, 'header not found'));
    assertProblem(await dappd.get(`/nonce/${sender}`), 'upstream_error');
});

test('an estimate at a node that takes no block, and at one that knows none', async (t) => {
    const dappd = await startOn(t, [first.url, second.url]);
    await dappd.untilHead(1);
    const onlyOne = (exchange, concerns) =>
        faults.errorFor(({ params }) => params.length > 1, -32602, 'too many arguments, want at most 1')(exchange, concerns);
    [first, second].forEach((node) => node.on('eth_estimateGas', onlyOne));
    assert.equal((await estimateOf(dappd, { to: sender })).gas, Number(TRANSFER_GAS));
    [first, second].forEach((node) => node.reset().on('eth_estimateGas', faults.result('0x')));
    assertProblem(await dappd.post('/estimate', { to: sender }), 'upstream_error');
    first.reset();
    assert.equal((await estimateOf(dappd, { to: sender })).gas, Number(TRANSFER_GAS));
});

test('bodies that say nothing', async (t) => {
    const dappd = await startOn(t);
    assertProblem(await dappd.post('/estimate', {}), 'invalid_parameter', /to is missing/);
    assertProblem(await dappd.post('/estimate', { to: '0x12' }), 'invalid_address', /to /);
    assertProblem(await dappd.post('/estimate', { to: sender, gas: 7 }), 'invalid_parameter', /gas/);
    assertProblem(await dappd.post('/estimate', { to: sender, value: '0x' }), 'invalid_parameter', /value/);
    assertProblem(await dappd.post('/estimate', 'to'), 'invalid_json');
});
