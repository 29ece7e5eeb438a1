// Calls of contracts, each with another argument and so a miss, beside the same as single eth_calls to the same node:
// to one that is near, where the node's own work counts, and to one as far away as hosted nodes are.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployAll, deployMulticall3, startAnvil } from '../../dev/chain/index.js';
import { cpuUs, startDappd } from './processes.js';
import { startSlowNode } from './slow_node.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const script = (name) => path.join(path.dirname(fileURLToPath(import.meta.url)), name);

const CONNECTIONS = 256;
const LATENCY_MS = 40;

const HEAD = ['', 'calls/s', 'ratio', 'eth_calls/1,000', 'node CPU us/call', 'p50 ms', 'p99 ms', 'errors'];
const row = (name, { rate, ratio, calls, nodeUs, p50, p99, errors }) => [name, fixed(rate, 0), ratio ?? '', calls ?? '',
    fixed(nodeUs, 1), fixed(p50, 2), fixed(p99, 2), `${errors}`];

/** Runs a load and adds what each call cost the node. */
async function measure(anvil, far, running) {
    const before = { us: cpuUs(anvil.pid), calls: far?.calls };
    const result = await running();
    const calls = far && fixed(((far.calls - before.calls) / result.requests) * 1000, 1);
    return { ...result, calls, nodeUs: (cpuUs(anvil.pid) - before.us) / result.requests };
}

/** One round: the node by itself, then dappd before it. In: first, of the owners nobody has asked about yet. */
async function compare({ anvil, far, dappd, token, seconds, first }) {
    const options = { connections: CONNECTIONS, seconds, args: [token, `${first}`] };
    const alone = await measure(anvil, far, () => load({ ...options, url: (far ?? anvil).url, pid: anvil.pid,
        script: script('eth_call.lua') }));
    const ours = await measure(anvil, far, () => load({ ...options, url: dappd.url, pid: dappd.child.pid,
        script: script('contract_call.lua') }));
    return { alone, ours, ratio: ours.rate / alone.rate };
}

/** The round whose ratio is the median. */
const middle = (rounds) => rounds.sort((a, b) => a.ratio - b.ratio)[Math.floor(rounds.length / 2)];

async function benchAt({ binary, anvil, far, token, seconds, rounds, where }) {
    const dappd = await startDappd(binary, { DAPPD_RPC_URLS: (far ?? anvil).url, DAPPD_LOG: 'error',
        DAPPD_RATE_LIMIT: 'off' });
    const all = [];
    for (let round = 0; round < rounds; round++) {
        all.push(await compare({ anvil, far, dappd, token, seconds, first: 1 + round * 10_000_000 }));
    }
    await dappd.child.stop();
    const { alone, ours, ratio } = middle(all);
    return [row(`single eth_calls, ${where}`, alone),
        row(`dappd, POST /contracts/:address/call (miss), ${where}`, { ...ours, ratio: `${fixed(ratio, 2)} x` })];
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
    console.log(`calls: ${CONNECTIONS} connections, each call with another argument; the median of ${settings.rounds} rounds`);
}
