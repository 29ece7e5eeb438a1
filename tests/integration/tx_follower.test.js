// Who follows transactions, and what nodes can do to them: several instances on one database, and nodes that answer late,
// lose what they have taken, or do not agree. Whatever happens, a transaction has one life, along the edges that there
// are. Owns a PostgreSQL; a chain and dappds for each test.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keccak256 } from 'viem';
import * as faults from './lib/faults.js';
import { behind } from './lib/lagging.js';
import { startServer } from './lib/postgres.js';
import {
    assertSampled,
    hand,
    sampleStates,
    startTxScene,
    statesOf,
    stepsOf,
    untilFinal,
    untilRow,
    untilState,
} from './lib/tx.js';
import { countsTooFar, inBlock, knowsNothing, loses, onFork, takesInSilence } from './lib/tx_faults.js';
import { until } from './lib/wait.js';

let server;
before(async () => {
    server = await startServer();
});
after(() => server.stop());

/** A scene, and a dappd of it, that end with the test. */
async function sceneFor(t, { settings = {}, ...options } = {}) {
    const scene = await startTxScene(server, options);
    t.after(() => scene.stop());
    const start = async (more = {}) => {
        const dappd = await scene.start({ tx_resend_s: 1, ...settings, ...more });
        t.after(() => dappd.stop());
        return dappd;
    };
    return { ...scene, start };
}

const followingOf = async (dappd) => (await dappd.json('/status')).chains[0].transactions.following;
const untilFollowing = (dappd, what) => until(async () => (await followingOf(dappd)) === what, `following ${what}`);
const statesIn = async (database, tx) => statesOf(await stepsOf(database, tx));

// Most of their time is waiting.
describe('who follows, and nodes that do not do as they should', { concurrency: 3 }, () => {
    test('one of two instances follows; when it is killed the other takes over', async (t) => {
        const scene = await sceneFor(t);
        const leader = await scene.start();
        await untilFollowing(leader, 'here');
        const other = await scene.start();
        const idle = await scene.start({ index: 'off' });
        await untilFollowing(other, 'standby');
        assert.equal(await followingOf(idle), 'off');
        const wallet = await scene.wallet();
        const [first, second, third] = [await wallet.sign(), await wallet.sign(), await wallet.sign()];
        await hand(other, first); // whoever follows, all take transactions
        await hand(leader, second);
        await untilState(other, second, 'pending');
        await leader.kill();
        await hand(idle, third);
        await scene.mine();
        for (const tx of [first, second, third]) {
            await untilRow(scene.database, tx, ({ state }) => state === 'confirmed', 'confirmation');
            assert.deepEqual(await statesIn(scene.database, tx), ['accepted', 'pending', 'confirmed']);
        }
        assert.equal(await followingOf(other), 'here');
        assert.equal(await followingOf(idle), 'off');
    });

    test('a node that takes a transaction and is silent: it is known already when it is sent again', async (t) => {
        const scene = await sceneFor(t, { settings: { rpc_attempt_timeout_ms: 500 } });
        const dappd = await scene.start();
        const [node] = scene.nodes;
        const { fault, taken } = takesInSilence();
        const tx = await (await scene.wallet()).sign();
        node.on('eth_getTransactionByHash', faults.result(null)).on('eth_sendRawTransaction', fault, { times: 1 });
        await hand(dappd, tx);
        assert.deepEqual(taken, [tx.hash]);
        await untilState(dappd, tx, 'pending');
        assert.ok(node.count('eth_sendRawTransaction') >= 2);
        node.reset();
        await scene.mine();
        await untilState(dappd, tx, 'confirmed');
        assert.deepEqual(await statesIn(scene.database, tx), ['accepted', 'pending', 'confirmed']);
    });

    test('a node that loses what it has taken gets it again, until it keeps it', async (t) => {
        const scene = await sceneFor(t, { nodes: 3, settings: { tx_nodes: 1 } });
        const dappd = await scene.start();
        const [node] = scene.nodes;
        node.on('eth_sendRawTransaction', loses(keccak256));
        const tx = await (await scene.wallet()).sign();
        assert.equal((await hand(dappd, tx)).state, 'pending');
        const resent = async () => (await stepsOf(scene.database, tx)).filter(({ step }) => step === 'resent').length;
        await until(async () => (await resent()) >= 2, 'two more tries');
        node.reset();
        const isPooled = () => scene.client.getTransaction({ hash: tx.hash }).then(() => true, () => false);
        await until(isPooled, 'the transaction in the pool');
        await scene.mine();
        await untilState(dappd, tx, 'confirmed');
        assert.deepEqual(await statesIn(scene.database, tx), ['accepted', 'pending', 'confirmed']);
    });

    test('nodes that do not agree: receipts of a fork, nonces too high or too low, old blocks', async (t) => {
        const scene = await sceneFor(t, { nodes: 3, epoch: 4 });
        const { database } = scene;
        const dappd = await scene.start();
        const [node] = scene.nodes; // the first to be asked
        const wallet = await scene.wallet();
        const txs = [await wallet.sign(), await wallet.sign(), await wallet.sign()];
        const stopSampling = sampleStates(dappd, txs);
        for (const tx of txs) await hand(dappd, tx);
        const asked = (times) => until(() => node.count('eth_getTransactionReceipt') >= times, `${times} questions`);
        const block = await scene.client.getBlock();
        for (const fault of [onFork(wallet.address, '0x1'), inBlock(wallet.address, block), countsTooFar()]) {
            node.reset().on('*', fault);
            await asked(9);
            for (const tx of txs) assert.deepEqual(await statesIn(database, tx), ['accepted', 'pending']);
        }
        node.reset().on('*', knowsNothing());
        await scene.mine();
        for (const tx of txs) await untilState(dappd, tx, 'confirmed');
        node.reset().on('*', behind(3));
        await scene.mine(4);
        await dappd.untilHead(Number(await scene.client.getBlockNumber()));
        node.reset().on('*', onFork(wallet.address, '0x1'));
        await scene.mine(8);
        for (const tx of txs) await untilFinal(database, tx);
        for (const tx of txs) assert.deepEqual(await statesIn(database, tx), ['accepted', 'pending', 'confirmed']);
        await assertSampled(database, await stopSampling());
    });

    test('more than have their turn in one round, and none was taken yet: all are sent in the end', async (t) => {
        const scene = await sceneFor(t);
        const dappd = await scene.start({ tx_resend_s: 600 });
        const [node] = scene.nodes;
        const wallets = await Promise.all(Array.from({ length: 15 }, () => scene.wallet()));
        const txs = [];
        for (const wallet of wallets) for (let i = 0; i < 10; i++) txs.push(await wallet.sign());
        node.on('eth_sendRawTransaction', faults.rpcError(-32603, 'internal error'));
        await Promise.all(txs.map((tx) => hand(dappd, tx)));
        for (const tx of txs) assert.deepEqual(await statesIn(scene.database, tx), ['accepted']);
        node.reset();
        for (const tx of txs) await untilState(dappd, tx, 'pending');
    });

    test('many at once are asked about in batches', async (t) => {
        const scene = await sceneFor(t);
        const dappd = await scene.start({ tx_resend_s: 600 });
        const [node] = scene.nodes;
        const wallets = await Promise.all(Array.from({ length: 25 }, () => scene.wallet()));
        const txs = [];
        for (const wallet of wallets) for (let i = 0; i < 10; i++) txs.push(await wallet.sign({ gas: 21_000n }));
        await Promise.all(txs.map((tx) => hand(dappd, tx)));
        node.requests = [];
        await scene.mine();
        const confirmed = `SELECT count(*) FROM transactions WHERE state = 'confirmed'`;
        await until(async () => Number((await scene.database.sql(confirmed))[0][0]) === txs.length, 'all of them confirmed');
        assert.equal(node.count('eth_getTransactionReceipt'), txs.length);
        const requests = (method) => node.requests.filter(({ calls }) => calls.some((call) => call.method === method)).length;
        assert.ok(requests('eth_getTransactionReceipt') <= 10, `${requests('eth_getTransactionReceipt')} requests`);
        assert.ok(requests('eth_getTransactionCount') <= 10, `${requests('eth_getTransactionCount')} requests`);
    });
});

// The server ends all of its sessions with one that is killed.
test('sessions that are lost: what was not written is found out again', async (t) => {
    const scene = await sceneFor(t);
    const dappd = await scene.start();
    const wallet = await scene.wallet();
    const txs = [];
    for (let i = 0; i < 4; i++) {
        const tx = await wallet.sign();
        txs.push(tx);
        await hand(dappd, tx);
        await Promise.all([scene.mine(), server.killSession(scene.database)]);
        await untilRow(scene.database, tx, ({ state }) => state === 'confirmed', 'confirmation');
    }
    for (const tx of txs) {
        assert.deepEqual(await statesIn(scene.database, tx), ['accepted', 'pending', 'confirmed']);
    }
});
