// Cached balances and reorgs: what a block said that is no longer there is never the newest again, not even when the
// reorg comes while the read is under way. Owns a chain, a node and a dappd for each test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFunctionData } from 'viem';
import { asksAbout, heldAnswers, putMulticall3, requestsTo, when } from './lib/batching.js';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { stopAll } from './lib/process.js';
import { randomAddress, randomUint256 } from './lib/random.js';
import { mapAtMost, until } from './lib/wait.js';

const HOLDERS = 100;

/** The balances of the holders by block hash: what is true where. */
class Truth {
    constructor(chain) {
        this.chain = chain;
        this.token = chain.tokens.settable;
        this.holders = Array.from({ length: HOLDERS }, randomAddress);
        this.balances = new Map();
        this.orphans = new Set();
    }

    #note(hash, amounts) {
        this.balances.set(hash, new Map(this.holders.map((holder, i) => [holder, String(amounts[i])])));
        this.newest = hash;
    }

    /** A block in which all balances are new. */
    async move() {
        const amounts = this.holders.map(randomUint256);
        await this.chain.write(this.token, 'setBalances', [this.holders, amounts]);
        this.#note((await this.chain.latest()).hash, amounts);
    }

    /** The newest block is replaced by one in which all balances are other ones. */
    async reorg() {
        const orphan = await this.chain.latest();
        const amounts = this.holders.map(randomUint256);
        const { address, abi } = this.token;
        const data = encodeFunctionData({ abi, functionName: 'setBalances', args: [this.holders, amounts] });
        const transaction = { from: this.chain.account, to: address, data, gas: '0x989680' };
        await this.chain.client.request({ method: 'anvil_reorg', params: [1, [[transaction, 0]]] });
        const { number, hash } = await this.chain.latest();
        assert.equal(number, orphan.number, 'the same height');
        assert.notEqual(hash, orphan.hash);
        this.orphans.add(orphan.hash);
        this.#note(hash, amounts);
        const sample = await this.chain.read(this.token, 'balanceOf', [this.holders[7]]);
        assert.equal(sample, amounts[7], 'the new block has the new balances');
    }

    /** An answer must give what its own block says. */
    assertOne({ address, balance, block }) {
        assert.equal(balance, this.balances.get(block.hash).get(address.toLowerCase()), `at ${block.hash}`);
    }
}

async function setUp(t, { multicall3 = true } = {}) {
    const chain = await startChain();
    if (multicall3) await putMulticall3(chain);
    const node = await startFaultyNode(chain.url);
    t.after(() => stopAll(node, chain));
    const truth = new Truth(chain);
    await truth.move();
    const dappd = await dappdFor(t, {
        chains: [chainConfig(node.url)],
        request_timeout_ms: 60_000,
        rpc_attempt_timeout_ms: 60_000,
    });
    const ask = (holder) => dappd.json(`/balance/${holder}/${truth.token.address}`);
    const askAll = () => mapAtMost(32, truth.holders, ask);
    const untilNewest = () => until(async () => (await ask(truth.holders[0])).block.hash === truth.newest, 'new block');
    return { node, truth, dappd, ask, askAll, untilNewest };
}

function assertAll(truth, answers) {
    for (const answer of answers) truth.assertOne(answer);
}

function assertNewest(truth, answers) {
    assertAll(truth, answers);
    for (const { block } of answers) assert.equal(block.hash, truth.newest);
}

for (const multicall3 of [true, false]) {
    test(`after a reorg no cached balance of the orphan is the newest (Multicall3: ${multicall3})`, async (t) => {
        const { truth, dappd, askAll, untilNewest } = await setUp(t, { multicall3 });
        for (let round = 0; round < 4; round++) {
            await untilNewest();
            assertNewest(truth, await askAll()); // and now all are in the cache
            await truth.reorg();
            assertAll(truth, await askAll()); // until the new head is seen, either block, but never a mixture
            await untilNewest();
            for (let again = 0; again < 2; again++) assertNewest(truth, await askAll());
            const items = truth.holders.map((address) => ({ address, token: truth.token.address }));
            const { block, items: many } = (await dappd.post('/balances', { items })).json();
            assertNewest(
                truth,
                many.map((item) => ({ ...item, block })),
            );
            if (round % 2 === 0) await truth.move();
        }
        assert.ok(truth.orphans.size === 4 && !truth.orphans.has(truth.newest));
    });
}

/** How reads that are under way when the reorg comes are held back: on their way there or on their way back. */
const HELD = { 'before the node reads': faults.gate, 'after the node has read': heldAnswers };

for (const [where, hold] of Object.entries(HELD)) {
    test(`reads that a reorg meets, held ${where}, leave nothing of the orphan behind`, async (t) => {
        const { node, truth, dappd, askAll, ask, untilNewest } = await setUp(t);
        await untilNewest();
        const isAsked = (call) => truth.holders.slice(1).some((holder) => asksAbout(holder)(call));
        const { fault, open, held } = hold();
        node.on('*', when(isAsked, fault));
        const items = truth.holders.slice(1).map((address) => ({ address, token: truth.token.address }));
        const asked = [
            ...truth.holders.slice(1, 20).map(ask),
            dappd.post('/balances', { items }).then((answer) => answer.json()),
        ];
        // All of them: anvil, asked while it replaces the block, may answer with the state of either.
        await until(() => {
            const requests = requestsTo(node, isAsked);
            const isSent = (holder) => requests.some(({ calls }) => calls.some(asksAbout(holder)));
            return truth.holders.slice(1).every(isSent) && (held?.() ?? requests.length) === requests.length;
        }, 'reads under way');
        await truth.reorg();
        open();
        const answers = await Promise.all(asked);
        const { block, items: many } = answers.pop();
        assertAll(truth, [...answers, ...many.map((item) => ({ ...item, block }))]);
        node.reset();
        await untilNewest();
        for (let again = 0; again < 2; again++) assertNewest(truth, await askAll());
    });
}

test('the balances of both blocks are there by hash as long as both are canonical, then of one', async (t) => {
    const { truth, dappd, askAll, untilNewest } = await setUp(t);
    await untilNewest();
    await askAll();
    const orphan = truth.newest;
    const path = `/balance/${truth.holders[0]}/${truth.token.address}`;
    truth.assertOne(await dappd.json(`${path}?block=${orphan}`));
    await truth.reorg();
    await untilNewest();
    assert.equal((await dappd.get(`${path}?block=${orphan}`)).status, 404);
    truth.assertOne(await dappd.json(`${path}?block=${truth.newest}`));
});
