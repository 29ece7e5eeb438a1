// Three nodes, and whatever befalls one or two of them: under the load of many clients nobody gets a wrong answer, and
// nobody an error, while one good node remains. With DAPPD_SOAK each form of trouble lasts a minute.
// Owns its chain, its nodes and its dappds.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { startChain } from './lib/chain.js';
import { withCrowd } from './lib/crowd.js';
import { chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { startLedger } from './lib/ledger.js';
import { stopAll } from './lib/process.js';
import { below } from './lib/random.js';
import { sleep } from './lib/wait.js';

const CLIENTS = 200;
const SECONDS = process.env.DAPPD_SOAK ? 60 : 3; // of load, for each form of trouble
const BLOCK_MS = 150;
const SLOW_MS = 700;
const ATTEMPT_MS = 3000;
const PAUSE_MAX_MS = 100; // of a client between two requests

/** Who is in trouble together: each in turn, then all but one. */
const TURNS = [[0], [1], [2], [0, 1], [1, 2], [0, 2]];
const TURN_MS = (SECONDS * 1000) / TURNS.length;

let chain, ledger, nodes;

before(async () => {
    chain = await startChain();
    ledger = await startLedger(chain);
    const start = () => startFaultyNode(chain.url, { lock: ledger.lock });
    nodes = [await start(), await start(), await start()];
});
after(() => stopAll(...nodes, chain));
beforeEach(() => nodes.forEach((node) => node.reset()));

const pathOf = ({ address, token }) => `/balance/${address}${token ? `/${token}` : ''}`;

/** Blocks come, and balances change with them. */
async function liveOn(ms, crowd) {
    for (const end = Date.now() + ms; Date.now() < end && crowd.well; ) {
        await ledger.advance();
        await sleep(BLOCK_MS);
    }
}

/** [what befalls a node, how it begins, how it ends] */
const troubles = [
    ['is killed and started again', (node) => node.stop(), (node) => node.restart()],
    ['hangs', (node) => node.on('*', faults.hang()), (node) => node.reset()],
    ['is slow', (node) => node.on('*', faults.delay(SLOW_MS)), (node) => node.reset()],
];

for (const [what, begin, end] of troubles) {
    test(`no wrong answer and no error for ${CLIENTS} clients while each node ${what}`, async (t) => {
        const dappd = await dappdFor(t, {
            chains: [
                chainConfig(
                    nodes.map(({ url }) => url),
                    { id: chain.chainId },
                ),
            ],
            rpc_attempt_timeout_ms: ATTEMPT_MS,
            log: 'info,access=error',
        });
        const blocks = new Set();
        const ask = async (agent) => {
            const pair = ledger.randomPair();
            const answer = await dappd.request({ path: pathOf(pair), agent });
            assert.equal(answer.status, 200, answer.text);
            const body = answer.json();
            assert.deepEqual([body.address, body.token].map(lower), [pair.address, pair.token].map(lower));
            ledger.check(body, body.block);
            blocks.add(body.block.hash);
            await sleep(below(PAUSE_MAX_MS));
        };
        const answered = await withCrowd(CLIENTS, ask, async (crowd) => {
            for (const turn of TURNS) {
                const before = crowd.answered;
                for (const i of turn) await begin(nodes[i]);
                await liveOn(TURN_MS, crowd);
                for (const i of turn) await end(nodes[i]);
                await crowd.turnOver();
                assert.ok(crowd.answered > before, `answers while ${turn} are in trouble`);
            }
        });
        t.diagnostic(`${answered} answers at ${blocks.size} blocks`);
        assert.ok(answered > CLIENTS && blocks.size > 1);
        await dappd.untilHead(ledger.head.number);
    });
}

const lower = (text) => text?.toLowerCase();
