// POST /tx: transactions of every type that viem signs reach the chain, each is written down before any node sees it and
// is there once however often it is sent, and no view that lags refuses one. Owns its chain, its node, its PostgreSQL and
// its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { getContractAddress, keccak256, parseEther, sha256, toHex } from 'viem';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startServer } from './lib/postgres.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { FEES, PRICE, newSigner, rowOf, send, stepsOf } from './lib/signers.js';
import { until } from './lib/wait.js';

const SEND = 'eth_sendRawTransaction';
const BLOB_BODY_BYTES = 1 << 20;
/** The first blob takes anvil seven seconds; without it, the node says that it has taken it. */
const SOAK = Boolean(process.env.DAPPD_SOAK);

let chain, node, server, database, dappd;

before(async () => {
    chain = await startChain();
    node = await startFaultyNode(chain.url);
    server = await startServer();
    database = await server.databaseFor();
    dappd = await startDappd({
        chains: [chainConfig(node.url)],
        database_url: database.url,
        rpc_attempt_timeout_ms: 1000,
        max_body_bytes: BLOB_BODY_BYTES,
    });
});
beforeEach(() => node.reset());
after(() => stopAll(dappd, server, node, chain));

/** Sends what must be taken, and waits until it is in a block. Returns { sent, receipt }. */
async function taken(raw) {
    const answer = await send(dappd, raw);
    assert.equal(answer.status, 202, answer.text);
    const sent = answer.json();
    assert.equal(sent.hash, keccak256(raw));
    assert.equal(answer.headers.location, `/tx/${sent.hash}`);
    assert.equal(answer.headers['cache-control'], 'no-store');
    return { sent, receipt: await chain.client.waitForTransactionReceipt({ hash: sent.hash }) };
}

const TYPES = {
    legacy: { number: 0, fields: { type: 'legacy', ...PRICE } },
    eip2930: {
        number: 1,
        fields: {
            type: 'eip2930',
            ...PRICE,
            gas: 30_000n,
            accessList: [{ address: randomAddress(), storageKeys: [toHex(1, { size: 32 })] }],
        },
    },
    eip1559: { number: 2, fields: { type: 'eip1559' } },
};

for (const [type, { number, fields }] of Object.entries(TYPES)) {
    test(`a transaction of type ${type} is taken and mined`, async () => {
        const signer = await newSigner(chain);
        const to = randomAddress();
        const { sent, receipt } = await taken(await signer.sign({ ...fields, to, value: 123n }));
        assert.deepEqual(
            [sent.type, sent.from, sent.to.toLowerCase(), sent.contract, sent.nonce, sent.value, sent.chain_id],
            [number, signer.address, to, null, 0, '123', chain.chainId],
        );
        assert.equal(sent.state, 'pending');
        assert.equal(receipt.status, 'success');
        assert.equal(await chain.client.getBalance({ address: to }), 123n);
    });
}

test('a transaction of type eip7702 is taken with its authorisation, which the chain obeys', async () => {
    const [signer, other] = [await newSigner(chain), await newSigner(chain)];
    const code = chain.tokens.coin.address;
    const authorization = await other.account.signAuthorization({ chainId: chain.chainId, nonce: 0, address: code });
    const fields = { type: 'eip7702', gas: 100_000n, authorizationList: [authorization] };
    const { sent } = await taken(await signer.sign(fields));
    assert.equal(sent.type, 4);
    assert.equal(await chain.client.getCode({ address: other.address }), `0xef0100${code.slice(2).toLowerCase()}`);
});

/** RLP of bytes that need a header of their own, and of lists, which viem does not write so fast. */
const header = (length, short) => {
    const size = Buffer.from(toHex(length).slice(2).replace(/^(.(..)*)$/, '0$1'), 'hex');
    return length < 56 ? Buffer.from([short + length]) : Buffer.from([short + 55 + size.length, ...size]);
};
const string = (bytes) => Buffer.concat([header(bytes.length, 0x80), bytes]);
const list = (...items) => Buffer.concat([header(Buffer.concat(items).length, 0xc0), ...items]);

/** The blob of zeros is the polynomial 0, whose commitment and proof are the point at infinity: no KZG is needed. */
const INFINITY = Buffer.from(`c0${'00'.repeat(47)}`, 'hex');
const EMPTY_BLOB = { hash: `0x01${sha256(INFINITY).slice(4)}`, blob: Buffer.alloc(131_072) };

test('a transaction of type eip4844 is taken in its network form and known by the hash of the plain one', async () => {
    const signer = await newSigner(chain);
    const { hash, blob } = EMPTY_BLOB;
    const fields = { type: 'eip4844', to: randomAddress(), maxFeePerBlobGas: 10n ** 10n, blobVersionedHashes: [hash] };
    const plain = await signer.sign(fields);
    const body = Buffer.from(plain.slice(4), 'hex');
    const sidecar = [blob, INFINITY, INFINITY].map((bytes) => list(string(bytes)));
    const raw = `0x03${list(body, ...sidecar).toString('hex')}`;
    if (!SOAK) node.on(SEND, faults.result(keccak256(plain)));
    const answer = await send(dappd, raw);
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.json().hash, keccak256(plain));
    assert.equal(answer.json().type, 3);
    const calls = node.requests.flatMap((request) => request.calls);
    assert.equal(calls.find(({ method }) => method === SEND).params[0], raw);
    if (!SOAK) return;
    const receipt = await chain.client.waitForTransactionReceipt({ hash: keccak256(plain) });
    assert.equal(receipt.blobGasUsed, 131_072n);
});

test('a creation tells the address of its contract, which is then there', async () => {
    const signer = await newSigner(chain);
    const { sent, receipt } = await taken(await signer.sign({ data: '0x600160005360016000f3', gas: 100_000n }));
    assert.equal(sent.to, null);
    assert.equal(sent.contract, getContractAddress({ from: signer.address, nonce: 0n }));
    assert.equal(receipt.contractAddress.toLowerCase(), sent.contract.toLowerCase());
    assert.equal(await chain.client.getCode({ address: sent.contract }), '0x01');
});

test('it is written down before a node sees it, and its life tells so', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    const { fault, open } = faults.gate();
    node.on(SEND, fault);
    const answered = send(dappd, raw);
    await until(() => node.count(SEND) > 0, 'the transaction at the node');
    assert.deepEqual(await rowOf(database, keccak256(raw)), ['accepted', null, 'f']);
    assert.deepEqual(await stepsOf(database, keccak256(raw)), ['accepted']);
    open();
    assert.equal((await answered).status, 202);
    assert.deepEqual((await stepsOf(database, keccak256(raw))).slice(0, 2), ['accepted', 'pending']);
});

test('sent many times at once, by both reactors, it is there once and goes to the node once', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    const { fault, open } = faults.gate();
    node.on(SEND, fault);
    const body = JSON.stringify({ raw });
    const headers = { 'content-type': 'application/json' };
    let answered = 0;
    const ask = async () => {
        const answer = await dappd.request({ method: 'POST', path: '/tx', headers, body, agent: false });
        answered++;
        return answer;
    };
    const asked = Array.from({ length: 24 }, ask);
    await until(() => node.count(SEND) > 0 && answered === asked.length - 1, 'all but the one that is being sent');
    open();
    const answers = await Promise.all(asked);
    const count = (status) => answers.filter((answer) => answer.status === status).length;
    assert.deepEqual([count(202), count(200)], [1, 23], answers.map(({ status }) => status).join());
    assert.equal(new Set(answers.map((answer) => answer.json().hash)).size, 1);
    assert.equal(node.count(SEND), 1);
    const [[rows]] = await database.sql(`SELECT count(*) FROM transactions WHERE hash = '\\x${keccak256(raw).slice(2)}'`);
    assert.equal(rows, '1');
});

test('sent again later it is 200 with what has become of it, without a word to a node', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    await taken(raw);
    node.on('*', faults.reset());
    const answer = await send(dappd, raw);
    assert.equal(answer.status, 200);
    assert.match(answer.json().state, /^(pending|confirmed)$/);
});

test('a node that is silent leaves it accepted, to be sent by whoever follows', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    node.on(SEND, faults.hang());
    const answer = await send(dappd, raw);
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.json().state, 'accepted');
    assert.ok((await stepsOf(database, keccak256(raw))).includes('sent'));
});

test('one that the chain has already is kept without being sent', async () => {
    const signer = await newSigner(chain);
    const raw = await signer.sign();
    const hash = await chain.client.sendRawTransaction({ serializedTransaction: raw });
    const { blockNumber } = await chain.client.waitForTransactionReceipt({ hash });
    await dappd.untilHead(Number(blockNumber));
    node.reset();
    const answer = await send(dappd, raw);
    assert.equal(answer.status, 202, answer.text);
    assert.equal(node.count(SEND), 0);
    assert.equal(answer.json().hash, hash);
});

test('nonces that come too early are taken, and mined once the gap is closed', async () => {
    const signer = await newSigner(chain);
    const raws = await Promise.all([2, 1, 0].map((nonce) => signer.sign({ nonce })));
    for (const raw of raws) assert.equal((await send(dappd, raw)).status, 202);
    for (const raw of raws) await chain.client.waitForTransactionReceipt({ hash: keccak256(raw) });
});

test('what a node that lags does not show yet refuses nothing', async () => {
    const signer = await newSigner(chain, '0');
    const before = await chain.client.getBlockNumber();
    await chain.client.setBalance({ address: signer.address, value: parseEther('1') });
    await chain.mine(2);
    node.on('eth_getBlockByNumber', faults.staleHead(Number(before)));
    const answer = await send(dappd, await signer.sign());
    assert.equal(answer.status, 202, answer.text);
});

test('it goes to the chain that it is signed for, of those that are served', async (t) => {
    const other = await startFaultyNode(chain.url);
    t.after(() => other.stop());
    const shownId = 424242;
    other.on('eth_chainId', faults.result(`0x${shownId.toString(16)}`));
    const both = await dappdFor(t, {
        chains: [chainConfig(other.url, { name: 'other' }), chainConfig(node.url)],
        database_url: database.url,
    });
    const raw = await (await newSigner(chain)).sign();
    node.reset();
    const answer = await send(both, raw);
    assert.equal(answer.status, 202, answer.text);
    assert.equal(answer.json().chain_id, chain.chainId);
    assert.equal(answer.headers.location, `/tx/${keccak256(raw)}?chain=${chain.chainId}`);
    assert.deepEqual([node.count(SEND), other.count(SEND)], [1, 0]);
    assert.equal((await send(both, raw, '?chain=dev')).status, 200);
});

test('the transactions of an address are listed page by page, the latest first', async () => {
    const [signer, friend] = [await newSigner(chain), await newSigner(chain)];
    const to = friend.address;
    const sent = [];
    for (let nonce = 0; nonce < 5; nonce++) {
        const fields = nonce === 4 ? { nonce, data: '0x00', gas: 60_000n } : { nonce, to, ...FEES };
        sent.unshift((await taken(await signer.sign(fields))).sent);
    }
    const hashes = sent.map(({ hash }) => hash);
    const read = async (path) => {
        const { items, next_cursor } = await dappd.json(path);
        return { hashes: items.map(({ hash }) => hash), next: next_cursor };
    };
    const whole = await read(`/transactions/${signer.address}`);
    assert.deepEqual(whole, { hashes, next: null });
    const pages = [];
    for (let cursor = ''; cursor !== null; ) {
        const page = await read(`/transactions/${signer.address}?limit=2${cursor && `&cursor=${cursor}`}`);
        pages.push(page.hashes);
        cursor = page.next;
    }
    assert.deepEqual(pages, [hashes.slice(0, 2), hashes.slice(2, 4), hashes.slice(4)]);
    assert.deepEqual((await read(`/transactions/${to}`)).hashes, hashes.slice(1));
    assert.deepEqual((await read(`/transactions/${sent[0].contract}`)).hashes, hashes.slice(0, 1));
    assert.deepEqual((await read(`/transactions/${randomAddress()}`)).hashes, []);
});
