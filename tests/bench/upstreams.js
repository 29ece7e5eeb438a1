// What dappd costs at its nodes, and what it endures of them: misses against what the node does by itself, upstream
// calls of a realistic mix, one of three nodes hanging, memory of the cache. Multicall3 is deployed, as on most chains.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployAll, deployMulticall3, startAnvil } from '../../dev/chain/index.js';
import { TOKENS, WALLETS, drawPaths, luaArguments, tokens } from './mix.js';
import { cpuUs, memoryMb, startDappd } from './processes.js';
import { startSlowNode } from './slow_node.js';
import { steadyLoad } from './steady.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const script = (name) => path.join(path.dirname(fileURLToPath(import.meta.url)), name);

const LATENCY_MS = 40;
const BLOCK_S = 2;
const MISS_CONNECTIONS = 256;
const MIX_CONNECTIONS = 1000;
const STEADY_RATE = 500;
const CACHED = 100_000;
const ITEMS = 1000; // of one POST /balances

async function rpc(url, method, ...params) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const reply = await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return reply.result;
}

/** An anvil with the tokens of the mix, copies of one, and Multicall3. */
async function startChain(args = []) {
    const anvil = await startAnvil({ args });
    const chain = await deployAll(anvil.url);
    await deployMulticall3(anvil.url);
    const code = await rpc(anvil.url, 'eth_getCode', chain.tokens.usd.address, 'latest');
    for (const token of tokens()) await rpc(anvil.url, 'anvil_setCode', token, code);
    return { anvil, token: chain.tokens.usd.address };
}

const startOn = (binary, ...urls) => startDappd(binary, { DAPPD_RPC_URLS: urls.join(','), DAPPD_LOG: 'error',
    DAPPD_CACHE_BYTES: String(2 ** 28) });

const HEAD = ['', 'requests/s', 'ratio', 'calls/1,000', 'HTTP/1,000', 'node CPU us/req', 'p50 ms', 'p99 ms',
    'errors'];
const row = (name, { rate, ratio, calls, http, nodeUs, p50, p99, errors }) => [name, fixed(rate, 0), ratio ?? '', calls ?? '',
    http ?? '', nodeUs === undefined ? '' : fixed(nodeUs, 1), fixed(p50, 2), fixed(p99, 2), `${errors}`];

/** Runs a load and adds what each of its requests cost the node, in microseconds of CPU. */
async function withNodeCpu(node, running) {
    const before = cpuUs(node.pid);
    const result = await running();
    return { ...result, nodeUs: (cpuUs(node.pid) - before) / result.requests };
}

/** Distinct pairs, each a miss, beside what the node answers when it is asked for them one by one. */
async function benchMisses({ binary, seconds }) {
    const { anvil, token } = await startChain();
    const dappd = await startOn(binary, anvil.url);
    const options = { connections: MISS_CONNECTIONS, seconds, args: [token, '1'] };
    const alone = await withNodeCpu(anvil, () => load({ ...options, url: anvil.url, pid: anvil.pid,
        script: script('eth_call.lua') }));
    const ours = await withNodeCpu(anvil, () => load({ ...options, url: dappd.url, pid: dappd.child.pid,
        script: script('distinct.lua') }));
    await dappd.child.stop();
    await anvil.stop();
    const times = `${fixed(ours.rate / alone.rate, 2)} x`;
    return [row('anvil, single eth_calls', alone), row('dappd, distinct pairs (miss)', { ...ours, ratio: times })];
}

/** Runs a load and adds what each thousand of its requests cost at the node. */
async function counted(node, running) {
    const before = { calls: node.calls, requests: node.requests };
    const result = await running();
    const each = (count) => fixed((count / result.requests) * 1000, 2);
    return { ...result, calls: each(node.calls - before.calls), http: each(node.requests - before.requests) };
}

/** Wallets look at tokens while blocks come, the node far away. */
async function benchMix({ binary, seconds }) {
    const { anvil } = await startChain(['--block-time', `${BLOCK_S}`]);
    const node = await startSlowNode(anvil.url, LATENCY_MS);
    const dappd = await startOn(binary, node.url);
    const draw = drawPaths();
    await steadyLoad({ url: dappd.url, draw, rate: STEADY_RATE, seconds: 1 }); // metadata, the measured block time
    const full = await counted(node, () => load({ url: dappd.url, pid: dappd.child.pid, connections: MIX_CONNECTIONS,
        seconds: 2 * seconds, script: script('mix.lua'), args: luaArguments() }));
    const steady = await counted(node, () => steadyLoad({ url: dappd.url, draw, rate: STEADY_RATE, seconds: 2 * seconds }));
    await dappd.child.stop();
    await node.stop();
    await anvil.stop();
    const mix = `mix of ${WALLETS} x ${TOKENS}, ${BLOCK_S} s blocks, ${LATENCY_MS} ms away`;
    return [row(`${mix}, full load`, full), row(`${mix}, steady load`, { ...steady, rate: STEADY_RATE })];
}

/** The same mix on three nodes, all well, then with the one that is asked first hanging from the first moment on. */
async function benchHanging({ binary, seconds }) {
    const { anvil } = await startChain(['--block-time', `${BLOCK_S}`]);
    const nodes = await Promise.all([0, 1, 2].map(() => startSlowNode(anvil.url, LATENCY_MS)));
    const dappd = await startOn(binary, ...nodes.map((node) => node.url));
    const options = { url: dappd.url, draw: drawPaths(), rate: STEADY_RATE, seconds: 6 * seconds };
    await steadyLoad({ ...options, seconds: 1 });
    const well = await steadyLoad({ ...options, seconds: 2 * seconds });
    nodes.reduce((most, node) => (node.calls > most.calls ? node : most)).hangs = true;
    const hanging = await steadyLoad(options);
    await dappd.child.stop();
    for (const node of nodes) await node.stop();
    await anvil.stop();
    const times = `${fixed(hanging.p99 / well.p99, 2)} x`;
    return [row('three nodes, all well', { ...well, rate: STEADY_RATE }),
        row('three nodes, one hangs (ratio of p99)', { ...hanging, rate: STEADY_RATE, ratio: times })];
}

async function readBatch(url, token, first) {
    const items = Array.from({ length: ITEMS }, (_, i) => ({ address: `0x${(first + i).toString(16).padStart(40, '0')}`, token }));
    const response = await fetch(`${url}/balances`, { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ items }) });
    const { items: answers } = await response.json();
    if (answers.some(({ error }) => error)) throw new Error('a balance could not be read');
}

const measure = async ({ url, child }) => ({ rss: memoryMb(child.pid).total,
    cache: (await (await fetch(`${url}/status`)).json()).cache });

/** The first batches only warm up what any load needs. */
async function benchMemory({ binary }) {
    const { anvil, token } = await startChain();
    const dappd = await startOn(binary, anvil.url);
    const read = async (from, count) => {
        for (let first = from; first < from + count; first += ITEMS) await readBatch(dappd.url, token, first);
    };
    await read(1, 10 * ITEMS);
    const before = await measure(dappd);
    await read(1 + 10 * ITEMS, CACHED);
    const after = await measure(dappd);
    await dappd.child.stop();
    await anvil.stop();
    const per100k = CACHED / (after.cache.entries - before.cache.entries);
    return `memory per 100,000 cached balances: ${fixed((after.rss - before.rss) * per100k, 1)} MB resident, ` +
        `${fixed(((after.cache.bytes - before.cache.bytes) / 1e6) * per100k, 1)} MB by the cache's own count`;
}

/** In: seconds of one measurement; where blocks matter it takes twice as long. Prints its table. */
export async function benchUpstreams(settings) {
    const rows = [...await benchMisses(settings), ...await benchMix(settings), ...await benchHanging(settings)];
    const memory = await benchMemory(settings);
    printTable([HEAD, ...rows]);
    console.log(memory);
    console.log(`misses: ${MISS_CONNECTIONS} connections; full load: ${MIX_CONNECTIONS}; the others: ${STEADY_RATE} requests/s, ` +
        'timed from when each was due; calls and HTTP are what reached the node for 1,000 requests');
}
