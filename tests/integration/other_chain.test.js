// A node that is replaced by one of another chain, behind the same URL: under load not one answer comes from there, the
// others serve on, and the node is used again once it is what it was. Owns its chains, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startBareChain, startChain } from './lib/chain.js';
import { withCrowd } from './lib/crowd.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startLedger } from './lib/ledger.js';
import { stopAll } from './lib/process.js';
import { randomAddress } from './lib/random.js';
import { until } from './lib/wait.js';

const CLIENTS = 20;
const OTHER_CHAIN = 999;
const AHEAD = 500; // blocks that the other chain has more

let chain, other, ledger, first, second;

before(async () => {
    chain = await startChain();
    other = await startBareChain({ args: ['--chain-id', String(OTHER_CHAIN)] });
    await other.client.mine({ blocks: AHEAD });
    ledger = await startLedger(chain, { wallets: 10 });
    const start = () => startFaultyNode(chain.url, { lock: ledger.lock });
    [first, second] = [await start(), await start()];
});
after(() => stopAll(first, second, other, chain));
beforeEach(() => [first, second].forEach((node) => node.reset()));

const startOn = (t, { id = chain.chainId, ...settings } = {}) =>
    dappdFor(t, {
        chains: [chainConfig([first.url, second.url], { id })],
        rpc_attempt_timeout_ms: 1000,
        ...settings,
    });

const statusOf = async (dappd, i) => (await dappd.json('/status')).chains[0].upstreams[i];

/** Another chain's node takes the port of this one until undo() is called, at the latest when the test ends. */
async function replace(t, node) {
    let replaced = true;
    await node.stop();
    const impostor = await startFaultyNode(other.url, { port: node.port });
    const undo = async () => {
        if (!replaced) return;
        replaced = false;
        await impostor.stop();
        await node.restart();
    };
    t.after(undo);
    return { impostor, undo };
}

const isDiscovered = async (dappd, i) => (await statusOf(dappd, i)).identity === 'other_chain';

for (const [place, name] of ['first', 'second'].entries()) {
    test(`the ${name} node comes back as another chain's and then as its own`, async (t) => {
        const dappd = await startOn(t);
        const node = [first, second][place];
        const rival = [second, first][place];
        const ask = async (agent) => {
            const { address, token } = ledger.randomPair();
            const answer = await dappd.request({ path: `/balance/${address}${token ? `/${token}` : ''}`, agent });
            assert.equal(answer.status, 200, answer.text);
            assert.equal(answer.json().chain_id, chain.chainId);
            ledger.check(answer.json());
        };
        const drive = async (until_, crowd, what) => {
            await until(async () => {
                await ledger.advance();
                // so that the other one is needed: a request has to look for another node, but no request does so twice
                if (place === 1) {
                    rival.reset().on('eth_call', faults.rpcError(-32603, 'internal error'), { times: 1 });
                    await crowd.turnOver();
                }
                return (await until_()) || !crowd.well;
            }, what);
        };
        await withCrowd(CLIENTS, ask, async (crowd) => {
            await drive(async () => node.count() > 0, crowd, 'use of the node');
            const { impostor, undo } = await replace(t, node);
            await drive(() => isDiscovered(dappd, place), crowd, 'discovery');
            await crowd.turnOver();
            impostor.reset();
            await ledger.advance();
            await crowd.turnOver();
            assert.equal(impostor.count(), impostor.count('eth_chainId'), 'nothing but who it is');
            node.reset();
            await undo();
            await drive(async () => node.count() > node.count('eth_chainId'), crowd, 'use of the node');
        });
        assert.equal((await statusOf(dappd, place)).identity, 'verified');
        const said = dappd.logs.filter(({ msg }) => /another chain/.test(msg));
        assert.deepEqual([said.length, said[0].upstream, said[0].chain_id], [1, `node${place + 1}`, OTHER_CHAIN]);
        assert.ok(!dappd.stderr().includes(`127.0.0.1:${node.port}`));
    });
}

test('with the only node replaced nothing is answered, and with the node back all is', async (t) => {
    const dappd = await dappdFor(t, { chains: [chainConfig(first.url, { id: chain.chainId })] });
    const path = () => `/balance/${randomAddress()}`;
    await dappd.json(path());
    const { impostor, undo } = await replace(t, first);
    await until(async () => {
        const answer = await dappd.get(path());
        if (answer.status === 200) assert.equal(answer.json().chain_id, chain.chainId);
        return isDiscovered(dappd, 0);
    }, 'discovery');
    impostor.reset();
    for (let i = 0; i < 10; i++) assert.ok((await dappd.get(path())).status >= 500);
    await until(async () => (await dappd.get('/ready')).status === 503, 'unreadiness');
    assert.equal(impostor.count(), impostor.count('eth_chainId'));
    await undo();
    await until(async () => (await dappd.get(path())).status === 200, 'answer');
    assert.ok((await dappd.json('/status')).chains[0].head.number < AHEAD);
});
