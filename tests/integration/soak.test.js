// Everything at once for a long time: readers, batches, clients that leave, failing nodes, blocks and reorgs. No answer
// is ever wrong, and nothing is left behind. Runs when DAPPD_SOAK is set: to seconds, or to 1 for two minutes.
// Owns its chain, its node and its dappd.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { startChain } from './lib/chain.js';
import { VARIANT, chainConfig, dappdFor } from './lib/dappd.js';
import * as faults from './lib/faults.js';
import { startFaultyNode } from './lib/faulty_node.js';
import { connect } from './lib/http.js';
import { stopAll } from './lib/process.js';
import { parseMetrics, sumOf } from './lib/prometheus.js';
import { below, pick, randomAddress, randomUint256 } from './lib/random.js';
import { sleep, until } from './lib/wait.js';

const SOAK = process.env.DAPPD_SOAK;
const SECONDS = SOAK === '1' ? 120 : Number(SOAK);
const WARM_UP_S = 10;
const MEGABYTE = 1024 * 1024;

const troubles = [
    faults.delay(300),
    faults.reset(),
    faults.resetMidBody(),
    faults.hang(),
    faults.truncatedJson(),
    faults.html(502),
    faults.wrongId(),
    faults.rateLimited(1),
    faults.rpcError(-32000, 'header not found'),
    faults.hugeUnannounced(MEGABYTE),
    faults.reordered(),
    faults.truncatedBatch(),
    faults.maxBatch(3),
];

/** What its users do. Each one does it again and again until the time is over. */
function users({ chain, node, dappd, holders, balances }) {
    const token = chain.tokens.settable;
    const assertRight = (item, i) => assert.equal(item.balance, String(balances[i]), JSON.stringify(item));
    // 404: a block that the node denies for a moment
    const isExcused = ({ status }) => [404, 502, 503, 504].includes(status);
    return {
        async reader() {
            const i = below(holders.length);
            const named = pick(['', '?block=finalized', '?block=8', '?block=0x8']);
            const answer = await dappd.get(
                `/balance/${holders[i]}/${token.address}${named === '?block=finalized' ? '' : named}`,
            );
            if (!isExcused(answer)) assertRight(answer.json(), i);
        },
        async batcher() {
            const from = below(holders.length - 50);
            const items = holders.slice(from, from + 50).map((address) => ({ address, token: token.address }));
            const answer = await dappd.post('/balances', { items });
            if (isExcused(answer)) return;
            answer.json().items.forEach((item, i) => item.error ?? assertRight(item, from + i));
        },
        async leaver() {
            const connection = await connect(dappd.target);
            connection.socket.on('error', () => {});
            connection.write(
                `GET /balance/${randomAddress()}/${token.address} HTTP/1.1\r\nHost: x\r\n\r\n`.slice(
                    0,
                    20 + below(120),
                ),
            );
            await sleep(below(50));
            connection.destroy();
        },
        async watcher() {
            for (const path of ['/status', '/metrics', '/ready', '/health', '/nowhere', '/balance/0x'])
                await dappd.get(path);
            await sleep(100);
        },
        async trouble() {
            node.on(pick(['*', 'eth_call', 'eth_getBlockByNumber']), pick(troubles));
            await sleep(below(500));
            node.reset();
            await sleep(below(1000));
        },
        async miner() {
            await chain.mine(1 + below(3));
            if (below(10) === 0) await chain.client.request({ method: 'anvil_reorg', params: [1 + below(3), []] });
            await sleep(below(500));
        },
    };
}

const CROWD = { reader: 40, batcher: 4, leaver: 5, watcher: 1, trouble: 1, miner: 1 };

/** Lets the crowd loose for that long. */
async function soak(seconds, setting) {
    const end = Date.now() + seconds * 1000;
    const act = users(setting);
    const until_ = async (once) => {
        while (Date.now() < end) await once();
    };
    await Promise.all(Object.entries(CROWD).flatMap(([name, n]) => Array.from({ length: n }, () => until_(act[name]))));
    setting.node.reset();
}

/** What is there when all is quiet. */
async function measure({ dappd }) {
    dappd.agent.destroy();
    await until(async () => (await dappd.get('/ready')).status === 200, 'readiness');
    await until(async () => {
        const { connections, requests_in_flight } = await dappd.json('/status');
        return connections <= 2 && requests_in_flight === 1;
    }, 'quiet');
    const metrics = parseMetrics((await dappd.get('/metrics')).text);
    return {
        fds: readdirSync(`/proc/${dappd.pid}/fd`).length,
        resident: sumOf(metrics, 'process_resident_memory_bytes'),
        requests: sumOf(metrics, 'dappd_http_requests_total'),
    };
}

test(
    'everything at once for a long time leaves nothing behind',
    { skip: !SOAK && 'DAPPD_SOAK is not set' },
    async (t) => {
        const chain = await startChain();
        const node = await startFaultyNode(chain.url);
        t.after(() => stopAll(node, chain));
        const holders = Array.from({ length: 300 }, randomAddress);
        const balances = holders.map(randomUint256);
        for (let from = 0; from < holders.length; from += 100) {
            const range = [from, from + 100];
            await chain.write(chain.tokens.settable, 'setBalances', [
                holders.slice(...range),
                balances.slice(...range),
            ]);
        }
        await chain.mine(20);
        const settings = {
            rpc_attempt_timeout_ms: 400,
            request_timeout_ms: 2000,
            receive_timeout_ms: 1000,
            cache_bytes: 2 * MEGABYTE,
        };
        const dappd = await dappdFor(t, { chains: [chainConfig(node.url)], log: 'info,access=error', ...settings });
        const setting = { chain, node, dappd, holders, balances };
        await soak(WARM_UP_S, setting);
        const before = await measure(setting);
        await soak(SECONDS, setting);
        const after = await measure(setting);
        t.diagnostic(`${after.requests} requests, ${JSON.stringify({ before, after })}`);
        assert.ok(after.fds <= before.fds + 70, 'descriptors: kept connections to the node at most');
        if (VARIANT === 'release') assert.ok(after.resident < before.resident + 16 * MEGABYTE, 'memory');
    },
);
