// GET /tx/:hash: what a transaction called and what its contracts logged, by viem's reading of the same ABIs; and what is
// known of one that was sent here while nodes or the database are away. Owns its chain, its node, its PostgreSQL and its
// dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { encodeFunctionData, erc20Abi, getAddress, keccak256, parseEventLogs } from 'viem';
import { startChain } from './lib/chain.js';
import { register } from './lib/contracts.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { hex, randomAddress } from './lib/random.js';
import { newSigner, send } from './lib/signers.js';
import { until } from './lib/wait.js';

const SEND = 'eth_sendRawTransaction';

let chain, node, server, database, dappd, registered;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    database = await server.databaseFor();
    dappd = await startDappd({
        chains: [chainConfig(node.url)],
        database_url: database.url,
        rpc_attempt_timeout_ms: 1000,
    });
    registered = await chain.deploy('LogEmitter', [[]]);
    registered.abi = [...registered.abi, ...erc20Abi.filter(({ type }) => type === 'event')];
    await register(database, registered);
});
beforeEach(() => node.reset());
after(() => stopAll(dappd, server, node, chain));

const shown = (hash, by = dappd) => by.json(`/tx/${hash}`);

/** Waits until the transaction is in that state; returns what is shown then. */
async function untilState(hash, state) {
    let last;
    return until(async () => {
        last = await shown(hash);
        return last.state === state && last;
    }, `${state} of ${hash}`).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
}

/** A call of the registered contract that logs a Transfer, and something that no ABI knows. */
const from = randomAddress();
const to = randomAddress();
const word = (digits) => `0x${digits.padStart(64, '0')}`;
const TRANSFER = keccak256(Buffer.from('Transfer(address,address,uint256)'));
const logs = [
    { topics: [TRANSFER, word(from.slice(2)), word(to.slice(2))], data: word('7') },
    { topics: [word('1')], data: '0x01' },
];

async function assertEmitted({ call, events }, hash) {
    assert.equal(call.function, 'emitLogs');
    assert.deepEqual(Object.values(call.args)[0], logs);
    const receipt = await chain.client.getTransactionReceipt({ hash });
    const [known] = parseEventLogs({ abi: registered.abi, logs: receipt.logs });
    assert.equal(events.length, 2);
    assert.deepEqual([events[0].name, events[0].signature], [known.eventName, 'Transfer(address,address,uint256)']);
    assert.deepEqual(events[0].args, { from: getAddress(from), to: getAddress(to), value: '7' });
    assert.deepEqual([events[1].name, events[1].args, events[1].data], [null, null, '0x01']);
    assert.deepEqual(events.map(({ log_index }) => log_index), receipt.logs.map(({ logIndex }) => logIndex));
    for (const { address } of events) assert.equal(address, getAddress(registered.address));
}

test('what was sent here shows its call, the events of registered contracts, and its life', async () => {
    const signer = await newSigner(chain);
    const data = encodeFunctionData({ ...registered, functionName: 'emitLogs', args: [logs] });
    const raw = await signer.sign({ to: registered.address, data, value: 0n, gas: 200_000n });
    const hash = keccak256(raw);
    assert.equal((await send(dappd, raw)).status, 202);
    const tx = await untilState(hash, 'confirmed');
    await assertEmitted(tx, hash);
    assert.deepEqual([tx.status, tx.source, tx.reason, tx.replaced_by], ['succeeded', 'live', null, null]);
    assert.deepEqual(tx.life.map(({ step }) => step).slice(0, 3), ['accepted', 'pending', 'confirmed']);
    assert.equal(tx.life[2].block.hash, tx.block.hash);
});

test('what others have sent shows the same, where its recipient is registered, and has no life here', async () => {
    const { transactionHash: hash } = await chain.write(registered, 'emitLogs', [logs]);
    const tx = await shown(hash);
    await assertEmitted(tx, hash);
    for (const member of ['state', 'reason', 'final', 'replaced_by', 'life']) assert.ok(!(member in tx), member);
});

test('a call that everybody knows needs no registered contract', async () => {
    const signer = await newSigner(chain);
    const args = [randomAddress(), 12345n];
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args });
    const raw = await signer.sign({ to: chain.tokens.coin.address, data, value: 0n, gas: 200_000n });
    assert.equal((await send(dappd, raw)).status, 202);
    const { call } = await shown(keccak256(raw));
    assert.deepEqual([call.function, call.signature], ['transfer', 'transfer(address,uint256)']);
    assert.deepEqual(Object.values(call.args), [getAddress(args[0]), '12345']);
});

test('while nodes are away it is shown as it was last known, and said so', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign({ value: 5n });
    assert.equal((await send(dappd, raw)).status, 202);
    await untilState(keccak256(raw), 'confirmed');
    const before = await shown(keccak256(raw));
    node.on('*', faults.reset());
    const { source, ...after } = await shown(keccak256(raw));
    assert.equal(source, 'kept');
    for (const member of ['status', 'block', 'from', 'to', 'contract', 'gas_used', 'transaction_index', 'life']) {
        assert.deepEqual(after[member], before[member], member);
    }
});

/** A transaction that the node has refused, and that somebody else has then given to the chain. */
async function refusedAndMined(prepare) {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    const hash = keccak256(raw);
    node.on(SEND, faults.rpcError(-32000, 'transaction underpriced'));
    assertProblem(await send(dappd, raw), 'fee_too_low');
    const { status, source, state, reason, block, from: sender } = await shown(hash);
    assert.deepEqual([status, source, state, reason, block], ['unmined', 'kept', 'refused', 'fee_too_low', null]);
    assert.equal(sender, signer.address);
    await prepare(hash);
    node.reset();
    await chain.client.sendRawTransaction({ serializedTransaction: raw });
    return hash;
}

const stepsOf = ({ life }) => life.map(({ step }) => step);

test('what no node has is unmined; that it is in a block all the same is seen', async () => {
    const hash = await refusedAndMined(() => {});
    assert.deepEqual(stepsOf(await untilState(hash, 'confirmed')), ['accepted', 'refused', 'confirmed']);
    assert.equal(node.count(SEND), 0);
});

test('what was refused long ago, and a node has, is watched when somebody asks for it, and never sent', async () => {
    const finish = (hash) => database.sql(`UPDATE transactions SET final = true WHERE hash = '\\x${hash.slice(2)}'`);
    const hash = await refusedAndMined(finish);
    assert.deepEqual(stepsOf(await untilState(hash, 'confirmed')), ['accepted', 'refused', 'dropped', 'confirmed']);
    assert.equal(node.count(SEND), 0);
});

test('while the database is away a node is enough, and nothing is called unknown that may have been sent here', async (t) => {
    const own = await startServer();
    t.after(() => own.stop());
    const by = await dappdFor(t, { chains: [chainConfig(node.url)], database_url: (await own.databaseFor()).url });
    const { transactionHash: hash } = await chain.write(registered, 'emitLogs', [logs]);
    const unknown = `0x${hex(64)}`;
    await until(async () => (await by.get(`/tx/${unknown}`)).status === 404, 'the database');
    await own.kill();
    const { status, source, transfers } = await shown(hash, by);
    assert.deepEqual([status, source, transfers.length], ['succeeded', 'live', 1]);
    await until(async () => (await by.get(`/tx/${unknown}`)).status === 503, 'that it is away');
    assertProblem(await by.get(`/tx/${unknown}`), 'transactions_unavailable', /cannot be told/);
    await own.start();
});
