// The benchmark table. dappd and nginx answer the same bytes to the same wrk on the same cores, one after the other,
// round by round, so that what disturbs the machine disturbs both; the ratios are what counts.

import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployAll, startAnvil } from '../../dev/chain/index.js';
import { memoryMb, metric, startDappd, startNginx } from './processes.js';
import { load } from './wrk.js';

const BINARY = process.env.DAPPD_BINARY ?? 'build/dappd';
const SECONDS = Number(process.env.BENCH_SECONDS ?? 6);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const WORKERS = availableParallelism?.() ?? cpus().length;
const DISTINCT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'distinct.lua');

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const fixed = (number, digits) => number.toFixed(digits);

function summary(rounds) {
    const of = (pick) => median(rounds.map(pick));
    return { rate: of((r) => r.rate), p50: of((r) => r.p50), p99: of((r) => r.p99), cpuUs: of((r) => r.cpuUs),
        memory: rounds.at(-1).memory, errors: rounds.reduce((sum, r) => sum + r.errors, 0) };
}

const rows = [['', 'conns', 'requests/s', 'of nginx', 'p50 ms', 'p99 ms', 'CPU us/req', 'RSS MB', 'anon MB', 'errors']];
function addRow(name, connections, measured, nginx) {
    rows.push([name, `${connections}`, fixed(measured.rate, 0), nginx ? fixed(measured.rate / nginx.rate, 2) : '',
        fixed(measured.p50, 2), fixed(measured.p99, 2), fixed(measured.cpuUs, 1),
        nginx ? fixed(measured.memory.total, 1) : '', nginx ? fixed(measured.memory.anonymous, 1) : '',
        `${measured.errors}`]);
}

/** Measures one path on both servers, alternating. */
async function compare(name, where, dappd, nginx, connections) {
    const ours = [];
    const theirs = [];
    for (let round = 0; round < ROUNDS; round++) {
        theirs.push(await load({ url: nginx.url + where, pid: nginx.child.pid, connections, seconds: SECONDS }));
        ours.push(await load({ url: dappd.url + where, pid: dappd.child.pid, connections, seconds: SECONDS }));
    }
    addRow(`nginx ${name}`, connections, summary(theirs));
    addRow(`dappd ${name}`, connections, summary(ours), summary(theirs));
    return summary(theirs);
}

let nextOwner = 1;
/** Distinct balances: each request is a miss that asks the node. */
async function misses(dappd, token, connections, nginx) {
    const before = await metric(dappd.url, 'dappd_rpc_calls_total');
    const requestsBefore = await metric(dappd.url, 'dappd_rpc_http_requests_total');
    const result = await load({ url: dappd.url, pid: dappd.child.pid, connections, seconds: SECONDS, script: DISTINCT,
        args: [token, `${nextOwner}`] });
    nextOwner += 10_000_000;
    addRow('dappd balance, distinct (miss)', connections, result, nginx);
    return {
        calls: ((await metric(dappd.url, 'dappd_rpc_calls_total') - before) / result.requests) * 1000,
        requests: ((await metric(dappd.url, 'dappd_rpc_http_requests_total') - requestsBefore) / result.requests) * 1000,
    };
}

function printTable() {
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    const line = (row) => `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
    console.log(line(rows[0]));
    console.log(`|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`);
    for (const row of rows.slice(1)) console.log(line(row));
}

const anvil = await startAnvil();
const chain = await deployAll(anvil.url);
const token = chain.tokens.usd.address;
const env = { DAPPD_RPC_URLS: anvil.url, DAPPD_LOG: 'warn' };
const dappd = await startDappd(BINARY, env);
const balance = `/balance/${chain.holders?.alice ?? chain.holders[0]}/${token}`;
const idle = memoryMb(dappd.child.pid);
const bodies = { '/health': await (await fetch(`${dappd.url}/health`)).text(), [balance]: await (await fetch(dappd.url + balance)).text() };
const nginx = await startNginx(bodies, WORKERS);

let reference;
const upstream = [];
for (const connections of [64, 1000]) {
    await compare('/health', '/health', dappd, nginx, connections);
    const before = await metric(dappd.url, 'dappd_rpc_calls_total');
    const answered = await metric(dappd.url, 'dappd_http_requests_total');
    reference = await compare('balance (hit)', balance, dappd, nginx, connections);
    const hit = ((await metric(dappd.url, 'dappd_rpc_calls_total') - before) /
        (await metric(dappd.url, 'dappd_http_requests_total') - answered)) * 1000;
    const miss = await misses(dappd, token, connections, reference);
    upstream.push(`upstream calls per 1,000 requests at ${connections} connections: hit ${fixed(hit, 3)}, ` +
        `miss ${fixed(miss.calls, 0)} calls in ${fixed(miss.requests, 0)} HTTP requests`);
}
const logged = await startDappd(BINARY, { ...env, DAPPD_LOG: 'info', DAPPD_LOG_FORMAT: 'json' });
addRow('dappd /health, access log on', 64, await load({ url: `${logged.url}/health`, pid: logged.child.pid, connections: 64, seconds: SECONDS }), reference);
await logged.child.stop();

printTable();
for (const line of upstream) console.log(line);
console.log(`idle memory: ${fixed(idle.total, 1)} MB resident, ${fixed(idle.anonymous, 1)} MB of it anonymous`);
console.log(`start to the first answer of /health: ${fixed(dappd.startMs, 0)} ms`);
console.log(`${WORKERS} cores; ${WORKERS} reactors, ${WORKERS} nginx workers; medians of ${ROUNDS} rounds of ${SECONDS} s`);
await nginx.child.stop();
await dappd.child.stop();
await anvil.stop();
