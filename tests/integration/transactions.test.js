// GET /tx/:hash: what became of a transaction and which tokens it moved, from receipts and from the index, held against
// viem. Owns its chain, its node, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeFunctionData, erc20Abi, formatUnits, getAddress, keccak256, pad, parseEventLogs, stringToHex, toHex } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startIndexing, untilIndexed } from './lib/index.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const ZERO = `0x${'0'.repeat(40)}`;
const DEPOSIT = keccak256(stringToHex('Deposit(address,uint256)'));
/** What is said of transactions to contracts that are not registered. */
const NO_MEANING = { call: null, events: [], revert: null };
const UNKNOWN = `0x${'ab'.repeat(32)}`;

let chain, node, server, database, indexing, alone;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    database = await server.databaseFor();
    indexing = await startIndexing({ url: node.url, database });
    alone = await startDappd({ chains: [chainConfig(node.url)] });
});
after(() => stopAll(alone, indexing, server, node, chain));

const untilHead = async () => untilIndexed(database, await chain.latest());

/** What the answer must say of a mined transaction, by viem's receipt. In: token, { address, symbol, decimals }. */
async function expected(hash, token) {
    const receipt = await chain.client.getTransactionReceipt({ hash });
    const { number, timestamp } = await chain.client.getBlock({ blockHash: receipt.blockHash });
    const block = { number: Number(number), hash: receipt.blockHash, timestamp: Number(timestamp) };
    const shown = (address) => (address ? getAddress(address) : null);
    const transfer = ({ args, logIndex }) => ({
        block_number: block.number,
        block_hash: block.hash,
        timestamp: block.timestamp,
        log_index: logIndex,
        tx_hash: hash,
        kind: 'transfer',
        token: { ...token, address: getAddress(token.address) },
        from: getAddress(args.from),
        to: getAddress(args.to),
        amount: String(args.value),
        formatted: formatUnits(args.value, token.decimals),
    });
    return {
        chain_id: chain.chainId,
        hash,
        status: receipt.status === 'success' ? 'succeeded' : 'reverted',
        block,
        transaction_index: receipt.transactionIndex,
        from: shown(receipt.from),
        to: shown(receipt.to),
        contract: shown(receipt.contractAddress),
        gas_used: String(receipt.gasUsed),
        transfers: parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs }).map(transfer),
        ...NO_MEANING,
        source: 'live',
    };
}

const coin = () => ({ address: chain.tokens.coin.address, symbol: 'SCOIN', decimals: 18 });

const mint = async (amount = 5n * 10n ** 17n) =>
    (await chain.write(chain.tokens.coin, 'mint', [randomAddress(), amount])).transactionHash;

test('a transaction that moved a token, with an index and without', async () => {
    const hash = await mint();
    await untilHead();
    const wanted = await expected(hash, coin());
    assert.equal(wanted.transfers.length, 1);
    assert.deepEqual(await indexing.json(`/tx/${hash}`), { ...wanted, indexed: true });
    assert.deepEqual(await alone.json(`/tx/${hash}`), { ...wanted, indexed: false });
    const first = await alone.get(`/tx/${hash}?chain=dev`);
    assert.equal((await alone.get(`/tx/${hash}?chain=dev`, { 'if-none-match': first.headers.etag })).status, 304);
});

test('one that was reverted, and one that made a contract', async () => {
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [randomAddress(), 10n ** 30n] });
    const call = { account: chain.account, to: coin().address, data, gas: 200_000n, chain: null };
    const reverted = await chain.client.sendTransaction(call);
    await chain.client.waitForTransactionReceipt({ hash: reverted });
    const { address } = await chain.deploy('SampleToken', ['Made', 'MADE', 0]);
    const { transactions } = await chain.latest();
    await untilHead();
    for (const dappd of [indexing, alone]) {
        const { indexed, ...lost } = await dappd.json(`/tx/${reverted}`);
        assert.deepEqual(lost, await expected(reverted));
        assert.deepEqual([lost.status, lost.transfers, indexed], ['reverted', [], dappd === indexing]);
        const made = await dappd.json(`/tx/${transactions[0]}`);
        assert.deepEqual([made.to, made.contract], [null, getAddress(address)]);
    }
});

test('one that waits is pending, then it is not', async () => {
    await chain.client.setAutomine(false);
    try {
        const call = { ...chain.tokens.coin, functionName: 'mint', args: [randomAddress(), 1n] };
        const hash = await chain.client.writeContract({ ...call, account: chain.account, chain: null });
        const { status, block, transfers, source, indexed } = await indexing.json(`/tx/${hash}`);
        assert.deepEqual({ status, block, transfers, source, indexed }, {
            status: 'pending',
            block: null,
            transfers: [],
            source: 'live',
            indexed: false,
        });
        await chain.mine();
        await until(async () => (await indexing.json(`/tx/${hash}`)).status === 'succeeded', 'end of the wait');
    } finally {
        await chain.client.setAutomine(true);
    }
});

test('what nobody knows is not found, and what is no hash is refused', async () => {
    for (const dappd of [indexing, alone]) {
        assertProblem(await dappd.get(`/tx/${UNKNOWN}`), 'transaction_not_found', /no node and no index/);
        for (const hash of ['0x12', UNKNOWN.slice(2), `${UNKNOWN}0`, `0x${'g'.repeat(64)}`, 'latest']) {
            assertProblem(await dappd.get(`/tx/${hash}`), 'invalid_parameter', /64 hex digits/);
        }
    }
});

test('what the nodes have forgotten the index still knows', async (t) => {
    const hash = await mint(3n);
    await untilHead();
    t.after(() => node.reset());
    const { transfers, block } = await expected(hash, coin());
    const remembered = async () => {
        const { status, from, to, contract, gas_used, transaction_index, ...rest } = await indexing.json(`/tx/${hash}`);
        assert.deepEqual([status, from, to, contract, gas_used, transaction_index], ['succeeded', null, null, null, null, null]);
        const known = { chain_id: chain.chainId, hash, block, transfers, ...NO_MEANING };
        assert.deepEqual(rest, { ...known, source: 'indexed', indexed: true });
    };
    for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash']) node.on(method, faults.result(null));
    await remembered();
    assertProblem(await alone.get(`/tx/${hash}`), 'transaction_not_found');
    node.reset();
    for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash']) {
        node.on(method, faults.rpcError(-32603, 'out of order'));
    }
    await remembered();
    assert.ok((await alone.get(`/tx/${hash}`)).status >= 500);
});

test('nodes that hang leave the index time to answer', async (t) => {
    const hash = await mint(4n);
    await untilHead();
    const settings = { database_url: database.url, index: 'off', request_timeout_ms: 1_500 };
    const hanging = await startFaultyNode(chain.url);
    const hasty = await startDappd({ chains: [chainConfig(hanging.url)], ...settings });
    t.after(() => stopAll(hasty, hanging));
    const { transfers } = await expected(hash, coin());
    for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash']) hanging.on(method, faults.hang());
    const answer = await hasty.json(`/tx/${hash}`);
    assert.deepEqual([answer.source, answer.transfers], ['indexed', transfers]);
    assert.ok((await hasty.get(`/tx/${UNKNOWN}`)).status >= 500, 'the index alone cannot know that there is none');
});

test('an index that says otherwise is not said to agree', async () => {
    const hash = await mint(11n);
    await untilHead();
    const agrees = async () => (await indexing.json(`/tx/${hash}`)).indexed;
    const where = `WHERE tx_hash = '\\x${hash.slice(2)}'`;
    assert.equal(await agrees(), true);
    await database.sql(`UPDATE transfers SET amount = amount + 1 ${where}`);
    assert.equal(await agrees(), false);
    await database.sql(`UPDATE transfers SET amount = amount - 1 ${where}`);
    assert.equal(await agrees(), true);
    await database.sql(`DELETE FROM transfers ${where}`);
    assert.equal(await agrees(), false);
});

test('a deposit counts at a wrapped coin, once, and nowhere else', async () => {
    const wrapped = await chain.deploy('WrappedCoin', ['Wrapped', 'WRAP', false]);
    const announcing = await chain.deploy('WrappedCoin', ['Announced', 'ANN', true]);
    const nothing = await chain.deploy('LogEmitter', [[]]);
    const owner = randomAddress();
    const log = { topics: [DEPOSIT, pad(owner)], data: toHex(9n, { size: 32 }) };
    const wrap = async (token) => {
        const steps = [{ from: ZERO, to: owner, amount: 9n }];
        const call = { ...token, functionName: 'run', args: [steps], account: chain.account, chain: null, value: 9n };
        return chain.client.writeContract(call);
    };
    const kinds = async (dappd, hash) => (await dappd.json(`/tx/${hash}`)).transfers.map(({ kind }) => kind);
    const hashes = [await wrap(wrapped), await wrap(announcing)];
    hashes.push((await chain.write(nothing, 'emitLogs', [[log]])).transactionHash);
    await untilHead();
    for (const dappd of [indexing, alone]) {
        assert.deepEqual(await kinds(dappd, hashes[0]), ['deposit']);
        assert.deepEqual(await kinds(dappd, hashes[1]), ['transfer']);
        assert.deepEqual(await kinds(dappd, hashes[2]), []);
    }
});

test('a token that is newer than the head that is known is read where its transfer is', async (t) => {
    const late = await startFaultyNode(chain.url);
    const { number } = await chain.latest();
    late.on('eth_getBlockByNumber', async (exchange) => {
        const asHead = (params) => params.map((value) => (value === 'latest' ? toHex(number) : value));
        const calls = exchange.calls.map(({ params, ...call }) => exchange.forward({ ...call, params: asHead(params) }));
        const answers = await Promise.all(calls);
        exchange.json(exchange.isBatch ? answers : answers[0]);
    });
    const dappd = await startDappd({ chains: [chainConfig(late.url)] });
    t.after(() => stopAll(dappd, late));
    const token = await chain.deploy('WrappedCoin', ['Newer', 'NEW', false]);
    const args = [[{ from: ZERO, to: randomAddress(), amount: 9n }]];
    const call = { ...token, functionName: 'run', args, account: chain.account, chain: null, value: 9n };
    const hash = await chain.client.writeContract(call);
    await until(async () => (await chain.client.getTransactionReceipt({ hash }).catch(() => null)) !== null, 'its block');
    const { transfers } = await dappd.json(`/tx/${hash}`);
    assert.deepEqual(transfers.map(({ kind }) => kind), ['deposit']);
});
