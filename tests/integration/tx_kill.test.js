// kill -9 at any moment between a transaction's coming, its being written down and its being sent: what was answered is
// mined, once, and nothing else is. Owns a PostgreSQL, a chain, a node and one dappd after another. The long form has
// 50 moments (DAPPD_SOAK=1).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as faults from './lib/faults.js';
import { startServer } from './lib/postgres.js';
import { stopAll } from './lib/process.js';
import { below } from './lib/random.js';
import { startTxScene, statesOf, stepsOf, untilRow } from './lib/tx.js';
import { sleep } from './lib/wait.js';

const MOMENTS = process.env.DAPPD_SOAK === '1' ? 50 : 8;
const WALLETS = 4;
const PER_WALLET = 3; // one after the other, in each moment
const LATEST_MS = 150;

let server, scene;
before(async () => {
    server = await startServer();
    scene = await startTxScene(server);
});
after(() => stopAll(scene, server));

const start = () => scene.start({ tx_resend_s: 1, request_timeout_ms: 1000 });

/** Returns true when it was taken; false when nobody is there to answer. Told that it took too long, it asks again. */
async function handedOver(dappd, { raw }) {
    for (;;) {
        const answer = await dappd.post('/tx', { raw }).catch(() => undefined);
        if (answer?.status === 504) continue;
        if (answer) assert.ok([200, 202].includes(answer.status), `${answer.status}: ${answer.text}`);
        return answer !== undefined;
    }
}

/** Hands over what is left, each wallet's in order, until dappd is gone. */
async function handAll(dappd, waiting, answered) {
    await Promise.all(
        waiting.map(async (txs) => {
            while (txs.length > 0 && (await handedOver(dappd, txs[0]))) answered.push(txs.shift());
        }),
    );
}

/** Hashes of all transactions that are mined, in every block. */
async function minedHashes() {
    const head = Number(await scene.client.getBlockNumber());
    const numbers = Array.from({ length: head + 1 }, (_, i) => BigInt(i));
    const blocks = await Promise.all(numbers.map((blockNumber) => scene.client.getBlock({ blockNumber })));
    return blocks.flatMap(({ transactions }) => transactions);
}

test(`kill -9 at ${MOMENTS} moments between coming, being written down and being sent`, async () => {
    const wallets = await Promise.all(Array.from({ length: WALLETS }, () => scene.wallet()));
    const waiting = wallets.map(() => []);
    const signed = [];
    const answered = [];
    scene.nodes[0].on('eth_sendRawTransaction', faults.jitter(0, LATEST_MS / 3));
    for (let moment = 0; moment < MOMENTS; moment++) {
        for (const [i, wallet] of wallets.entries()) {
            for (let n = 0; n < PER_WALLET; n++) waiting[i].push(await wallet.sign());
            signed.push(...waiting[i].slice(-PER_WALLET));
        }
        const dappd = await start();
        const handing = handAll(dappd, waiting, answered);
        await sleep(below(LATEST_MS));
        await dappd.kill();
        await handing;
        if (moment % 2 === 0) await scene.mine();
    }
    const last = await start();
    try {
        await handAll(last, waiting, answered);
        assert.equal(answered.length, signed.length);
        const stored = await scene.database.sql(`SELECT '0x' || encode(hash, 'hex') FROM transactions ORDER BY hash`);
        assert.deepEqual(stored.flat(), signed.map(({ hash }) => hash).sort());
        for (const tx of signed) {
            await untilRow(scene.database, tx, ({ state }) => state !== 'accepted', 'being sent');
        }
        await scene.mine();
        for (const tx of signed) {
            await untilRow(scene.database, tx, ({ state }) => state === 'confirmed', 'confirmation');
            assert.equal(statesOf(await stepsOf(scene.database, tx)).at(-1), 'confirmed');
        }
    } finally {
        await last.stop();
    }
    assert.deepEqual((await minedHashes()).sort(), signed.map(({ hash }) => hash).sort(), 'each once, and no other');
    for (const { address } of wallets) {
        assert.equal(await scene.client.getTransactionCount({ address }), MOMENTS * PER_WALLET);
        const [[used]] = await scene.database.sql(`SELECT count(DISTINCT nonce) FROM transactions
            WHERE sender = '\\x${address.slice(2).toLowerCase()}' AND state = 'confirmed'`);
        assert.equal(Number(used), MOMENTS * PER_WALLET);
    }
});
