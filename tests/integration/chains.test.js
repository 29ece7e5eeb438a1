// Several chains in one dappd: each answers for itself, by id and by name, and none waits for another's nodes.
// Owns its chains, their nodes and its dappds.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { chainConfig, dappdFor, startDappd } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { assertProblem } from './lib/problem.js';
import { stopAll } from './lib/process.js';
import { randomAddress, randomUint256 } from './lib/random.js';
import { mapAtMost, until } from './lib/wait.js';

const IDS = { east: 7_001, west: 7_002 };
const NAMES = Object.keys(IDS);

/** By name: the chain, its node and what the holders have there. The tokens' addresses are the same on both. */
const chains = {};
const nodes = {};
let dappd, token, holders;

before(async () => {
    holders = Array.from({ length: 50 }, randomAddress);
    for (const name of NAMES) {
        chains[name] = await startChain({ args: ['--chain-id', String(IDS[name])] });
        nodes[name] = await startFaultyNode(chains[name].url);
        await setBalances(name);
    }
    token = chains.east.tokens.settable;
    assert.equal(token.address, chains.west.tokens.settable.address);
    dappd = await startDappd({ chains: config() });
});
after(() => stopAll(dappd, ...Object.values(nodes), ...Object.values(chains)));
beforeEach(() => Object.values(nodes).forEach((node) => node.reset()));

const config = () =>
    NAMES.map((name) =>
        chainConfig(nodes[name].url, { name, id: IDS[name], native_symbol: name === 'east' ? 'ETH' : 'WST' }),
    );

async function setBalances(name) {
    const amounts = holders.map(randomUint256);
    await chains[name].write(chains[name].tokens.settable, 'setBalances', [holders, amounts]);
    for (const address of holders.slice(0, 5)) {
        await chains[name].client.setBalance({ address, value: randomUint256() });
    }
    await chains[name].mine();
}

const readBalance = (name, holder, block) =>
    chains[name].read(token, 'balanceOf', [holder], BigInt(block.number)).then(String);

/** Ids and names of a chain, with the chain. */
const SPELLINGS = NAMES.flatMap((name) => [
    [name, name],
    [String(IDS[name]), name],
]);

test('GET /chains lists them in the order of the configuration, the default first', async () => {
    for (const name of NAMES) await dappd.json(`/balance/${holders[0]}?chain=${name}`); // both are known by now
    const listed = (await dappd.json('/chains')).items;
    assert.deepEqual(
        listed.map(({ name, id }) => [name, id]),
        NAMES.map((name) => [name, IDS[name]]),
    );
    assert.deepEqual(
        (await dappd.json('/status')).chains.map(({ name, id }) => [name, id]),
        NAMES.map((name) => [name, IDS[name]]),
    );
});

test('?chain= by id and by name; without it the first chain answers', async () => {
    for (const [spelling, name] of [...SPELLINGS, [undefined, 'east']]) {
        const query = spelling ? `?chain=${spelling}` : '';
        const [holder] = holders;
        const answer = await dappd.json(`/balance/${holder}/${token.address}${query}`);
        assert.equal(answer.chain_id, IDS[name], spelling);
        assert.equal(answer.balance, await readBalance(name, holder, answer.block));
        const { hash } = await chains[name].client.getBlock({ blockNumber: BigInt(answer.block.number) });
        assert.equal(answer.block.hash, hash);
    }
    for (const unknown of ['north', '1', '7003', 'EAST', '']) {
        assertProblem(await dappd.get(`/balance/${holders[0]}?chain=${unknown}`), 'invalid_parameter', /chain/);
    }
});

test('the same owner and token on both: each chain has its own balance, cached or not', async () => {
    const ask = (name) => (holder) => dappd.json(`/balance/${holder}/${token.address}?chain=${name}`);
    for (let round = 0; round < 3; round++) {
        const [east, west] = await Promise.all(NAMES.map((name) => mapAtMost(20, holders, ask(name))));
        for (const [i, holder] of holders.entries()) {
            assert.equal(east[i].balance, await readBalance('east', holder, east[i].block));
            assert.equal(west[i].balance, await readBalance('west', holder, west[i].block));
        }
        assert.notDeepEqual(
            east.map(({ balance }) => balance),
            west.map(({ balance }) => balance),
        );
        if (round === 1) await setBalances('west');
    }
});

test('POST /balances of either chain, with native balances and their symbol', async () => {
    const items = holders.flatMap((address) => [{ address, token: token.address }, { address }]);
    for (const [spelling, name] of SPELLINGS) {
        const answer = (await dappd.post(`/balances?chain=${spelling}`, { items })).json();
        assert.equal(answer.chain_id, IDS[name]);
        for (const [i, { address, token: asked }] of items.entries()) {
            const { balance, symbol } = answer.items[i];
            const blockNumber = BigInt(answer.block.number);
            const expected = asked
                ? await readBalance(name, address, answer.block)
                : String(await chains[name].client.getBalance({ address, blockNumber }));
            assert.equal(balance, expected);
            if (!asked) assert.equal(symbol, name === 'east' ? 'ETH' : 'WST');
        }
    }
});

test('a block of one chain is none of the other, and a question goes to its own chain alone', async () => {
    const { hash } = await chains.west.latest();
    const path = `/balance/${randomAddress()}/${token.address}?block=${hash}`;
    assertProblem(await dappd.get(`${path}&chain=east`), 'block_not_found');
    assert.equal((await dappd.get(`${path}&chain=west`)).status, 200);
    const holder = randomAddress().slice(2);
    await dappd.json(`/balance/0x${holder}/${token.address}?chain=west`);
    const asked = (name) => JSON.stringify(nodes[name].requests).includes(holder);
    assert.deepEqual(NAMES.map(asked), [false, true]);
});

test('a node of the other chain is never used', async (t) => {
    const mixed = await dappdFor(t, {
        chains: [chainConfig([nodes.west.url, nodes.east.url], { name: 'east', id: IDS.east })],
    });
    const answer = await mixed.json(`/balance/${holders[0]}/${token.address}`);
    assert.equal(answer.balance, await readBalance('east', holders[0], answer.block));
    assert.equal(nodes.west.count('eth_call') + nodes.west.count('eth_getBalance'), 0);
});

// --- one chain's nodes hang ---

for (const threads of [1, 2]) {
    test(`while one chain's nodes hang the other's requests are answered (threads: ${threads})`, async (t) => {
        const patient = await dappdFor(t, {
            chains: config(),
            threads,
            request_timeout_ms: 60_000,
            rpc_attempt_timeout_ms: 60_000,
        });
        for (const name of NAMES) await patient.json(`/balance/${randomAddress()}/${token.address}?chain=${name}`);
        const gate = faults.gate();
        nodes.west.on('*', gate.fault);
        const agent = new http.Agent({ maxSockets: Infinity });
        let released = 0;
        const held = holders.map(async (holder) => {
            const path = `/balance/${holder}/${token.address}?chain=west`;
            const answer = await patient.request({ path, agent });
            released++;
            return answer.json();
        });
        await until(
            async () => (await patient.json('/status')).requests_in_flight > holders.length,
            'requests held by the hanging chain',
        );
        await mapAtMost(50, Array.from({ length: 200 }), async () => {
            const answer = await patient.request({ path: `/balance/${randomAddress()}/${token.address}`, agent });
            assert.deepEqual([answer.status, answer.json().balance], [200, '0']);
        });
        await chains.east.mine();
        await patient.untilHead(Number((await chains.east.latest()).number)); // its head moves on, too
        assert.equal(released, 0, 'all that before the first answer of the hanging chain');
        gate.open();
        for (const [i, { balance, block }] of (await Promise.all(held)).entries()) {
            assert.equal(balance, await readBalance('west', holders[i], block));
        }
    });
}

test('/status shows which chain is broken, and its requests alone fail', async (t) => {
    const hasty = await dappdFor(t, { chains: config(), request_timeout_ms: 1000, rpc_attempt_timeout_ms: 300 });
    for (const name of NAMES) await hasty.json(`/balance/${holders[0]}/${token.address}?chain=${name}`);
    const upstreams = async () => (await hasty.json('/status')).chains.map((chain) => chain.upstreams[0]);
    const [well] = await upstreams();
    nodes.west.on('*', faults.hang());
    await until(async () => {
        const failing = await hasty.get(`/balance/${randomAddress()}/${token.address}?chain=west`);
        assert.ok([503, 504].includes(failing.status), failing.text);
        assert.equal((await hasty.get(`/balance/${randomAddress()}/${token.address}?chain=east`)).status, 200);
        const [east, west] = await upstreams();
        assert.deepEqual([east.state, east.failed], [well.state, 0]);
        return west.failed > 0 && west.state !== well.state;
    }, 'the broken node in /status');
    nodes.west.reset();
    await until(
        async () => (await hasty.get(`/balance/${randomAddress()}/${token.address}?chain=west`)).status === 200,
        'recovery',
    );
});
