// POST /tx: what no chain would take is refused before any node sees it; what the nodes refuse is mapped to our codes,
// and written down. Owns its chain, its node, its PostgreSQL and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { fromRlp, keccak256, parseEther, serializeTransaction, toHex, toRlp } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startServer } from './lib/postgres.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { PLAIN, PRICE, newSigner, rowOf, send } from './lib/signers.js';
import { until } from './lib/wait.js';

const SEND = 'eth_sendRawTransaction';
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const HOUR_MS = 3_600_000;

let chain, node, server, database, dappd, signer;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    database = await server.databaseFor();
    dappd = await startDappd({ chains: [chainConfig(node.url)], database_url: database.url });
    signer = await newSigner(chain);
});
beforeEach(() => node.reset());
after(() => stopAll(dappd, server, node, chain));

const rows = async () => Number((await database.sql('SELECT count(*) FROM transactions'))[0][0]);

/** Asserts that it is refused, without a row and without a word to a node. */
async function refused(raw, code, detail, { query, by = dappd } = {}) {
    const before = await rows();
    const problem = assertProblem(await send(by, raw, query), code, detail);
    assert.equal(node.count(SEND), 0, 'no node has seen it');
    assert.equal(await rows(), before, 'nothing is written down');
    return problem;
}

/** The fields of a signed transaction of type 2, to be changed and put together again. */
const fieldsOf = (raw) => fromRlp(`0x${raw.slice(4)}`, 'hex');
const together = (fields) => `0x02${toRlp(fields).slice(2)}`;
const changed = async (place, value) => {
    const fields = fieldsOf(await signer.sign());
    fields.splice(place, 1, typeof value === 'function' ? value(fields) : value);
    return together(fields);
};
const [NONCE, PRIORITY_FEE, GAS, TO, Y_PARITY, R, S] = [1, 2, 4, 5, 9, 10, 11];

async function highS() {
    const fields = fieldsOf(await signer.sign());
    fields[S] = toHex(N - BigInt(fields[S]));
    fields[Y_PARITY] = fields[Y_PARITY] === '0x' ? '0x01' : '0x';
    return together(fields);
}

/** name: [how it comes about, code, what the detail names] */
const DEFECTS = {
    'a high s': [highS, 'invalid_signature', /n\/2/],
    'an s of 0': [() => changed(S, '0x'), 'invalid_signature', /s 1 to/],
    'an r that is no point': [() => changed(R, `0x${'ff'.repeat(32)}`), 'invalid_signature', /r must/],
    'a parity of 2': [() => changed(Y_PARITY, '0x02'), 'invalid_signature', /yParity/],
    'a gas of 9 bytes': [() => changed(GAS, `0x01${'00'.repeat(8)}`), 'invalid_transaction', /gas/],
    'a nonce of 2^64-1': [() => changed(NONCE, `0x${'ff'.repeat(8)}`), 'invalid_transaction', /nonce/],
    'a nonce that nobody gets to': [() => changed(NONCE, `0x${'7f'.repeat(8)}`), 'invalid_transaction', /nonce/],
    'a nonce with zeros before it': [() => changed(NONCE, '0x0001'), 'invalid_transaction', /nonce/],
    'a recipient of 21 bytes': [() => changed(TO, `0x${'11'.repeat(21)}`), 'invalid_transaction', /to must/],
    'a priority fee above the fee': [() => changed(PRIORITY_FEE, `0x${'ff'.repeat(9)}`), 'invalid_transaction', /maxFeePerGas/],
    'a byte behind it': [async () => `${await signer.sign()}00`, 'invalid_transaction', /behind/],
    'a byte too few': [async () => (await signer.sign()).slice(0, -2), 'invalid_transaction', /list/],
    'a field too many': [async () => together([...fieldsOf(await signer.sign()), '0x01']), 'invalid_transaction', /12 items/],
    'an unknown type': [async () => `0x05${(await signer.sign()).slice(4)}`, 'invalid_transaction', /types/],
    'nothing': [() => '0x', 'invalid_transaction', /empty/],
    'more than nodes take': [() => signer.sign({ data: `0x${'00'.repeat(129 * 1024)}`, gas: 10n ** 7n }), 'body_too_large'],
    'another chain': [() => signer.sign({ chainId: 1 }), 'wrong_chain', /chain 1\b/],
    'no blobs': [
        () => signer.sign({ type: 'eip4844', to: randomAddress(), maxFeePerBlobGas: 1n, blobVersionedHashes: [`0x01${'11'.repeat(31)}`] }),
        'invalid_transaction',
        /blobs/,
    ],
    'too little gas for itself': [() => signer.sign({ gas: 20_999n }), 'gas_too_low', /21000/],
    'too little gas for its data': [() => signer.sign({ data: '0x01', to: randomAddress(), gas: 21_015n }), 'gas_too_low', /21016/],
};

for (const [name, [make, code, detail]] of Object.entries(DEFECTS)) {
    test(`a transaction with ${name} is ${code}, and no node sees it`, async () => {
        await refused(await make(), code, detail);
    });
}

test('one that is valid on every chain is refused, since anybody could repeat it', async () => {
    const unsigned = { type: 'legacy', nonce: 0, to: randomAddress(), gas: 21_000n, value: 1n, ...PRICE };
    const signature = await signer.account.sign({ hash: keccak256(serializeTransaction(unsigned)) });
    const [r, s, v] = [`0x${signature.slice(2, 66)}`, `0x${signature.slice(66, 130)}`, BigInt(`0x${signature.slice(130)}`)];
    await refused(serializeTransaction(unsigned, { r, s, v }), 'invalid_transaction', /every chain/);
});

test('a chain that is named has to be the one that it is signed for', async () => {
    await refused(await signer.sign({ chainId: 1 }), 'wrong_chain', /this is chain 31337/, { query: '?chain=dev' });
    await refused(await signer.sign(), 'invalid_parameter', /not configured/, { query: '?chain=1' });
});

test('a nonce that another transaction has used is too low', async () => {
    const used = await newSigner(chain);
    const hash = await chain.client.sendRawTransaction({ serializedTransaction: await used.sign() });
    const { blockNumber } = await chain.client.waitForTransactionReceipt({ hash });
    await dappd.untilHead(Number(blockNumber));
    node.reset();
    await refused(await used.sign(), 'nonce_too_low', /next one of its sender is 1/);
    assertProblem(await send(dappd, await used.sign()), 'nonce_too_low');
});

test('who cannot pay is told so: by us where the head is certainly the newest, else by the nodes', async (t) => {
    const poor = await newSigner(chain, '1');
    const raw = await poor.sign({ value: parseEther('1') });
    const sure = await dappdFor(t, {
        chains: [chainConfig(node.url, { block_time_ms: HOUR_MS })],
        database_url: database.url,
    });
    await chain.mine(1);
    node.reset();
    await refused(raw, 'insufficient_funds', /1000000000000000000 wei, and it may cost 1000420000000000000/, { by: sure });
    await refused(await poor.sign({ value: 2n ** 256n - 1n }), 'insufficient_funds', /2\^256/);
    assertProblem(await send(dappd, raw), 'insufficient_funds');
    assert.equal(node.count(SEND), 1);
    assert.deepEqual(await rowOf(database, keccak256(raw)), ['refused', 'insufficient_funds', 'f']);
    await chain.client.setBalance({ address: poor.address, value: parseEther('2') });
    const again = await send(dappd, raw);
    assert.equal(again.status, 202, again.text);
    await chain.client.waitForTransactionReceipt({ hash: keccak256(raw) });
});

/** What nodes say in their own words; every client's are in the vectors. */
const WORDS = {
    nonce_too_low: [-32000, 'nonce too low: next nonce 5, tx nonce 0'],
    replacement_underpriced: [-32000, 'replacement transaction underpriced'],
    fee_too_low: [-32000, 'max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1, baseFee: 7'],
    insufficient_funds: [-32000, 'insufficient funds for gas * price + value: balance 0, tx cost 1'],
    gas_too_low: [-32000, 'intrinsic gas too low: gas 21000, minimum needed 21240'],
    gas_too_high: [-32000, 'exceeds block gas limit'],
};

for (const [code, [number, words]] of Object.entries(WORDS)) {
    test(`the nodes' refusal is ${code}, in words of ours, and written down`, async () => {
        const raw = await (await newSigner(chain)).sign();
        node.on(SEND, faults.rpcError(number, words));
        const { detail } = assertProblem(await send(dappd, raw), code);
        assert.doesNotMatch(detail, /0x0/);
        assert.deepEqual(await rowOf(database, keccak256(raw)), ['refused', code, 'f']);
        node.reset();
        assert.equal((await send(dappd, raw)).status, 202, 'and it may begin anew');
    });
}

test("anvil's own refusals are understood", async (t) => {
    const busy = await newSigner(chain);
    await chain.client.setAutomine(false);
    t.after(() => chain.client.setAutomine(true));
    assert.equal((await send(dappd, await busy.sign({ value: 1n }))).status, 202);
    assertProblem(await send(dappd, await busy.sign({ value: 2n })), 'replacement_underpriced');
    const dear = await newSigner(chain);
    assertProblem(await send(dappd, await dear.sign({ gas: 10n ** 9n, maxFeePerGas: 10n ** 9n })), 'gas_too_high');
    assertProblem(await send(dappd, await dear.sign({ maxFeePerGas: 1n, maxPriorityFeePerGas: 0n })), 'fee_too_low');
    await chain.mine(1);
});

test('gas that only some chains ask for is the nodes\' to judge', async () => {
    // EIP-7623 has it at 61,000 for these data.
    const data = `0x${'11'.repeat(1000)}`;
    const raw = await (await newSigner(chain)).sign({ data, to: randomAddress(), gas: 40_000n });
    node.on(SEND, faults.rpcError(-32000, 'insufficient gas for floor data gas cost: gas 40000, minimum needed 61000'));
    assertProblem(await send(dappd, raw), 'gas_too_low');
    assert.equal(node.count(SEND), 1);
});

test('what the nodes do not take for another reason is refused without their words', async () => {
    node.on(SEND, faults.rpcError(-32000, 'sender not an eoa: address 0x1234, len(code): 23'));
    const answer = await send(dappd, await (await newSigner(chain)).sign());
    assert.doesNotMatch(assertProblem(answer, 'transaction_refused').detail, /eoa|0x1234/);
});

test('without a database nothing is sent, and it says so', async (t) => {
    const alone = await dappdFor(t, { chains: [chainConfig(node.url)] });
    const raw = await signer.sign();
    assertProblem(await send(alone, raw), 'transactions_unavailable', /no database/);
    assertProblem(await alone.get(`/transactions/${signer.address}`), 'transactions_unavailable', /no database/);
    assert.equal(node.count(SEND), 0);
});

test('while the database is away nothing is sent, and afterwards it goes on', async (t) => {
    const own = await startServer();
    t.after(() => own.stop());
    const kept = await own.databaseFor();
    const by = await dappdFor(t, { chains: [chainConfig(node.url)], database_url: kept.url });
    const raw = await signer.sign({ ...PLAIN, to: randomAddress() });
    await until(async () => (await by.get(`/transactions/${signer.address}`)).status === 200, 'the database');
    await own.kill();
    node.reset();
    assertProblem(await send(by, raw), 'transactions_unavailable');
    assert.equal(node.count(SEND), 0);
    await own.start();
    await until(async () => (await send(by, raw)).status === 202, 'the database again');
    assert.equal(node.count(SEND), 1);
});
