// Calls of contracts, each with another argument and so a miss, beside the same as single eth_calls to the same node: to
// one that is near, where what the node has to do counts, and to one as far away as hosted nodes are, where what counts
// is how many requests it is sent at a time. There both send as many.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployAll, deployMulticall3, startAnvil } from '../../dev/chain/index.js';
import { cpuUs, startDappd } from './processes.js';
import { startSlowNode } from './slow_node.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const script = (name) => path.join(path.dirname(fileURLToPath(import.meta.url)), name);

const CONNECTIONS = 256;
const THREADS = 2;
const AT_A_TIME = 8 * THREADS; // batches under way at a node, 8 for each thread of dappd's
const LATENCY_MS = 40;

const HEAD = ['', 'calls/s', 'ratio', 'node CPU us/call', 'ratio', 'eth_calls/1,000', 'p50 ms', 'p99 ms', 'errors'];
const row = (name, { rate, ratio, calls, nodeUs, nodeRatio, p50, p99, errors }) => [name, fixed(rate, 0), ratio ?? '',
    fixed(nodeUs, 1), nodeRatio ?? '', calls ?? '', fixed(p50, 2), fixed(p99, 2), `${errors}`];
const times = (number) => `${fixed(number, 2)} x`;

/** Runs a load and adds what each call cost the node. */
async function measure(anvil, far, running) {
    const before = { us: cpuUs(anvil.pid), calls: far?.calls };
    const result = await running();
    const calls = far && fixed(((far.calls - before.calls) / result.requests) * 1000, 1);
    return { ...result, calls, nodeUs: (cpuUs(anvil.pid) - before.us) / result.requests };
}

/** One round: the node by itself, then dappd before it. In: first, of the owners nobody has asked about yet. */
async function compare({ anvil, far, dappd, token, seconds, first }) {
    const options = { seconds, args: [token, `${first}`] };
    const alone = await measure(anvil, far, () => load({ ...options, url: (far ?? anvil).url, pid: anvil.pid,
        connections: far ? AT_A_TIME : CONNECTIONS, script: script('eth_call.lua') }));
    const ours = await measure(anvil, far, () => load({ ...options, url: dappd.url, pid: dappd.child.pid,
        connections: CONNECTIONS, script: script('contract_call.lua') }));
    return { alone, ours, ratio: ours.rate / alone.rate };
}

/** The round whose ratio is the median. */
const middle = (rounds) => rounds.sort((a, b) => a.ratio - b.ratio)[Math.floor(rounds.length / 2)];

async function benchAt({ binary, anvil, far, token, seconds, rounds, where }) {
    const dappd = await startDappd(binary, { DAPPD_RPC_URLS: (far ?? anvil).url, DAPPD_LOG: 'error',
        DAPPD_THREADS: `${THREADS}` });
    const all = [];
    for (let round = 0; round < rounds; round++) {
        all.push(await compare({ anvil, far, dappd, token, seconds, first: 1 + round * 10_000_000 }));
    }
    await dappd.child.stop();
    const { alone, ours, ratio } = middle(all);
    return [row(`single eth_calls, ${where}`, alone),
        row(`dappd, POST /contracts/:address/call (miss), ${where}`, { ...ours, ratio: times(ratio),
            nodeRatio: times(alone.nodeUs / ours.nodeUs) })];
}

/** In: seconds of one measurement, rounds of which the median counts. Prints its table. */
export async function benchCalls(settings) {
    const anvil = await startAnvil();
    const chain = await deployAll(anvil.url);
    await deployMulticall3(anvil.url);
    const far = await startSlowNode(anvil.url, LATENCY_MS);
    const token = chain.tokens.usd.address;
    const near = await benchAt({ ...settings, anvil, token, where: 'near' });
    const away = await benchAt({ ...settings, anvil, far, token, where: `${LATENCY_MS} ms away` });
    await far.stop();
    await anvil.stop();
    printTable([HEAD, ...near, ...away]);
    console.log(`calls: ${CONNECTIONS} connections, single eth_calls to the far node ${AT_A_TIME}, as many as dappd sends at a time; ` +
        `each call with another argument; the median of ${settings.rounds} rounds`);
}
