// Every life that a transaction can have, on a chain that mines when it is told to: what GET /tx/:hash tells of it, held
// against SQL and viem. Owns its chain, its node, its PostgreSQL and its dappd.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeErrorResult, getContractAddress, parseAbi, parseGwei } from 'viem';
import * as faults from './lib/faults.js';
import { startServer } from './lib/postgres.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { assertLife, hand, rowOf, startTxScene, stepsOf, untilFinal, untilRow, untilState } from './lib/tx.js';
import { until } from './lib/wait.js';

/** Blocks above one until it is final. */
const EPOCH = 4;
const FINAL_AFTER = 2 * EPOCH;

const RESEND_S = 1;

let server, scene, dappd, client, database, node;

const lives = []; // { tx, steps }, that are to become final

before(async () => {
    server = await startServer();
    scene = await startTxScene(server, { epoch: EPOCH });
    ({ client, database } = scene);
    [node] = scene.nodes;
    dappd = await scene.start({ tx_resend_s: RESEND_S, tx_drop_after_s: 600 });
});
after(() => stopAll(dappd, scene, server));

const isPooled = (hash) => client.getTransaction({ hash }).then(() => true, () => false);
const drop = (hash) => client.request({ method: 'anvil_dropTransaction', params: [hash] });
const untilPooled = (hash) => until(() => isPooled(hash), `${hash} in the pool`);

/** Replaces so many blocks by empty ones, and by as many more as were asked for. */
async function reorg(depth, more = 1) {
    await client.request({ method: 'anvil_reorg', params: [depth, []] });
    await scene.mine(more);
}

/** A transaction that dappd has been handed, and anvil has. */
async function handed(wallet, request) {
    const tx = await wallet.sign(request);
    await hand(dappd, tx);
    await untilPooled(tx.hash);
    return tx;
}

/** Its life so far, which in the end is final. */
async function endsAs(tx, steps) {
    await assertLife(dappd, database, tx, steps);
    lives.push({ tx, steps: [...steps, 'final'] });
}

/** What is shown of a mined one is what viem says. */
async function assertMined(tx, shown) {
    const receipt = await client.getTransactionReceipt({ hash: tx.hash });
    assert.equal(shown.block.number, Number(receipt.blockNumber));
    assert.equal(shown.block.hash, receipt.blockHash);
    const [row] = await database.sql(`SELECT block_index, gas_used, gas_price, '0x' || encode(block_hash, 'hex')
        FROM transactions WHERE hash = '\\x${tx.hash.slice(2)}'`);
    assert.deepEqual(row, [
        String(receipt.transactionIndex),
        String(receipt.gasUsed),
        String(receipt.effectiveGasPrice),
        receipt.blockHash,
    ]);
}

test('confirmed', async () => {
    const tx = await handed(await scene.wallet());
    assert.equal((await untilState(dappd, tx, 'pending')).block ?? null, null);
    await scene.mine();
    await assertMined(tx, await untilState(dappd, tx, 'confirmed'));
    await endsAs(tx, ['accepted', 'pending', 'confirmed']);
});

test('reverted, with the reason that the call gives again', async () => {
    const address = randomAddress();
    const data = encodeErrorResult({ abi: parseAbi(['error Error(string)']), args: ['sold out'] }).slice(2);
    const size = (data.length / 2).toString(16).padStart(2, '0');
    await client.setCode({ address, bytecode: `0x60${size}600c60003960${size}6000fd${data}` });
    const tx = await handed(await scene.wallet(), { to: address, value: 5n });
    await scene.mine();
    const shown = await untilState(dappd, tx, 'reverted');
    await assertMined(tx, shown);
    assert.deepEqual(shown.revert, { name: 'Error', signature: 'Error(string)', args: { message: 'sold out' } });
    const [[stored]] = await database.sql(`SELECT encode(revert_data, 'hex') FROM transactions
        WHERE hash = '\\x${tx.hash.slice(2)}'`);
    assert.equal(stored, data);
    await endsAs(tx, ['accepted', 'pending', 'reverted']);
});

test('reverted for want of gas, which a call with more of it would not show', async () => {
    const address = randomAddress();
    await client.setCode({ address, bytecode: '0x5b600056' }); // for ever
    const tx = await handed(await scene.wallet(), { to: address, gas: 30_000n });
    await scene.mine();
    const shown = await untilState(dappd, tx, 'reverted');
    assert.equal(shown.revert ?? null, null);
    await assertMined(tx, shown);
});

test('replaced by another that pays more', async () => {
    const wallet = await scene.wallet();
    const first = await handed(wallet, { nonce: 0 });
    const second = await handed(wallet, { nonce: 0, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') });
    await scene.mine();
    await untilState(dappd, second, 'confirmed');
    const shown = await untilState(dappd, first, 'replaced');
    assert.equal((await rowOf(database, first)).replacedBy, second.hash);
    assert.equal(shown.replaced_by, second.hash);
    await endsAs(first, ['accepted', 'pending', 'replaced']);
    await endsAs(second, ['accepted', 'pending', 'confirmed']);
});

test('cancelled: its sender has used the nonce elsewhere, some blocks ago', async () => {
    const wallet = await scene.wallet();
    const tx = await handed(wallet, { nonce: 0, to: randomAddress(), value: 1n });
    const cancel = await wallet.sign({ nonce: 0, maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('2') });
    await client.sendRawTransaction({ serializedTransaction: cancel.raw });
    await scene.mine(3);
    await untilState(dappd, tx, 'replaced');
    assert.equal((await rowOf(database, tx)).replacedBy, cancel.hash);
});

test('dropped from the pool, sent again and mined', async () => {
    const tx = await handed(await scene.wallet());
    await untilState(dappd, tx, 'pending');
    await drop(tx.hash);
    await untilPooled(tx.hash);
    await scene.mine();
    await untilState(dappd, tx, 'confirmed');
    await endsAs(tx, ['accepted', 'pending', 'resent', 'confirmed']);
});

test('reorged out, and mined again in another block', async () => {
    const wallet = await scene.wallet();
    await scene.mine(4); // a reorg takes back what the wallet was given, too
    const tx = await handed(wallet);
    await scene.mine(2);
    const before = await untilState(dappd, tx, 'confirmed');
    await reorg(3);
    await untilRow(database, tx, ({ state }) => state === 'pending', 'way back');
    await untilPooled(tx.hash);
    await scene.mine();
    const again = await untilState(dappd, tx, 'confirmed');
    await assertMined(tx, again);
    assert.notEqual(again.block.hash, before.block.hash);
    const steps = (await stepsOf(database, tx)).map(({ step }) => step).filter((step) => step !== 'resent');
    assert.deepEqual(steps, ['accepted', 'pending', 'confirmed', 'reorged', 'confirmed']);
});

test('reorged out, and replaced', async () => {
    const wallet = await scene.wallet();
    const tx = await handed(wallet, { nonce: 0 });
    await scene.mine();
    await untilState(dappd, tx, 'confirmed');
    const other = await wallet.sign({ nonce: 0, maxFeePerGas: parseGwei('30'), maxPriorityFeePerGas: parseGwei('3') });
    await client.request({ method: 'anvil_reorg', params: [1, [[other.raw, 0]]] });
    await scene.mine();
    await untilState(dappd, tx, 'replaced');
    assert.equal((await rowOf(database, tx)).replacedBy, other.hash);
    await endsAs(tx, ['accepted', 'pending', 'confirmed', 'reorged', 'replaced']);
});

test('replaced, until a reorg puts it in the place of the one that replaced it', async () => {
    const wallet = await scene.wallet();
    const tx = await handed(wallet, { nonce: 0 });
    const other = await wallet.sign({ nonce: 0, maxFeePerGas: parseGwei('30'), maxPriorityFeePerGas: parseGwei('3') });
    await client.sendRawTransaction({ serializedTransaction: other.raw });
    await scene.mine();
    await untilState(dappd, tx, 'replaced');
    await client.request({ method: 'anvil_reorg', params: [1, [[tx.raw, 0]]] });
    await scene.mine();
    await untilState(dappd, tx, 'confirmed');
    await endsAs(tx, ['accepted', 'pending', 'replaced', 'reorged', 'confirmed']);
    assert.equal((await rowOf(database, tx)).replacedBy, null);
});

test('the creation of a contract', async () => {
    const wallet = await scene.wallet();
    const tx = await handed(wallet, { nonce: 0, to: undefined, data: '0x6001600c60003960016000f300' });
    await scene.mine();
    const shown = await untilState(dappd, tx, 'confirmed');
    await assertMined(tx, shown);
    const address = getContractAddress({ from: wallet.address, nonce: 0n });
    assert.equal(shown.contract, address);
    assert.equal(await client.getCode({ address }), '0x00');
});

test('after a gap in the nonces, until that is filled', async () => {
    const wallet = await scene.wallet();
    const later = await handed(wallet, { nonce: 1 });
    await untilState(dappd, later, 'pending');
    await scene.mine(2);
    const first = await handed(wallet, { nonce: 0 });
    await scene.mine();
    await Promise.all([first, later].map((tx) => untilState(dappd, tx, 'confirmed')));
    await endsAs(later, ['accepted', 'pending', 'confirmed']);
});

test('dropped for good, and mined all the same when somebody else sends it', async () => {
    const short = await scene.start({ index: 'off' }); // who hands over need not be who follows
    try {
        const tx = await (await scene.wallet()).sign();
        await hand(short, tx);
        await dappd.stop();
        dappd = await scene.start({ tx_resend_s: RESEND_S, tx_drop_after_s: 2 });
        node.on('eth_sendRawTransaction', faults.rpcError(-32000, 'transaction underpriced'));
        await drop(tx.hash);
        const shown = await untilState(dappd, tx, 'dropped');
        assert.equal(shown.reason, 'fee_too_low');
        const asked = node.count('eth_sendRawTransaction');
        assert.ok(asked >= 2, 'it was offered again');
        await assertLife(dappd, database, tx, ['accepted', 'pending', 'dropped']);
        node.reset();
        await client.sendRawTransaction({ serializedTransaction: tx.raw });
        await scene.mine();
        await untilState(dappd, tx, 'confirmed');
        await endsAs(tx, ['accepted', 'pending', 'dropped', 'confirmed']);
    } finally {
        await short.stop();
    }
});

test('final in the end, all of them, and /status and the metrics say it', async () => {
    await scene.mine(FINAL_AFTER);
    await Promise.all(lives.map(({ tx }) => untilFinal(database, tx)));
    for (const { tx, steps } of lives) await assertLife(dappd, database, tx, steps);
    const followed = await until(async () => {
        const { transactions } = (await dappd.json('/status')).chains[0];
        return transactions.open === 0 && transactions;
    }, 'none open in /status');
    assert.deepEqual(followed, { following: 'here', open: 0 });
    const { text } = await dappd.get('/metrics');
    assert.match(text, /^dappd_tx_following\{chain="dev"\} 1$/m);
    assert.match(text, /^dappd_tx_open\{chain="dev"\} 0$/m);
    assert.match(text, /^dappd_tx_steps_total\{chain="dev",step="dropped"\} 1$/m);
});
