// dappd beside nginx: both answer the same bytes to the same wrk on the same cores, one after the other, round by
// round, so that what disturbs the machine disturbs both; the ratios are what counts.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { memoryMb, metric, startDappd, startNginx } from './processes.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const DISTINCT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'distinct.lua');
const HEAD = ['', 'conns', 'requests/s', 'of nginx', 'p50 ms', 'p99 ms', 'CPU us/req', 'RSS MB', 'anon MB', 'errors'];

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function summary(rounds) {
    const of = (pick) => median(rounds.map(pick));
    return { rate: of((r) => r.rate), p50: of((r) => r.p50), p99: of((r) => r.p99), cpuUs: of((r) => r.cpuUs),
        memory: rounds.at(-1).memory, errors: rounds.reduce((sum, r) => sum + r.errors, 0) };
}

function row(name, connections, measured, nginx) {
    return [name, `${connections}`, fixed(measured.rate, 0), nginx ? fixed(measured.rate / nginx.rate, 2) : '',
        fixed(measured.p50, 2), fixed(measured.p99, 2), fixed(measured.cpuUs, 1),
        nginx ? fixed(measured.memory.total, 1) : '', nginx ? fixed(measured.memory.anonymous, 1) : '',
        `${measured.errors}`];
}

class Throughput {
    #rows = [HEAD];
    #upstream = [];
    #nextOwner = 1;

    constructor(settings) {
        Object.assign(this, settings);
    }

    /** Measures one path on both servers, alternating. Returns what nginx did. */
    async compare(name, where, connections) {
        const ours = [];
        const theirs = [];
        const { dappd, nginx, seconds } = this;
        for (let round = 0; round < this.rounds; round++) {
            theirs.push(await load({ url: nginx.url + where, pid: nginx.child.pid, connections, seconds }));
            ours.push(await load({ url: dappd.url + where, pid: dappd.child.pid, connections, seconds }));
        }
        this.#rows.push(row(`nginx ${name}`, connections, summary(theirs)));
        this.#rows.push(row(`dappd ${name}`, connections, summary(ours), summary(theirs)));
        return summary(theirs);
    }

    /** Distinct balances: each request is a miss that asks the node. */
    async misses(connections, reference) {
        const { dappd, token, seconds } = this;
        const before = await metric(dappd.url, 'dappd_rpc_calls_total');
        const requestsBefore = await metric(dappd.url, 'dappd_rpc_http_requests_total');
        const result = await load({ url: dappd.url, pid: dappd.child.pid, connections, seconds, script: DISTINCT,
            args: [token, `${this.#nextOwner}`] });
        this.#nextOwner += 10_000_000;
        this.#rows.push(row('dappd balance, distinct (miss)', connections, result, reference));
        return {
            calls: ((await metric(dappd.url, 'dappd_rpc_calls_total') - before) / result.requests) * 1000,
            requests: ((await metric(dappd.url, 'dappd_rpc_http_requests_total') - requestsBefore) / result.requests) * 1000,
        };
    }

    async atConnections(connections) {
        const { dappd, balance } = this;
        await this.compare('/health', '/health', connections);
        const before = await metric(dappd.url, 'dappd_rpc_calls_total');
        const answered = await metric(dappd.url, 'dappd_http_requests_total');
        const reference = await this.compare('balance (hit)', balance, connections);
        const hit = ((await metric(dappd.url, 'dappd_rpc_calls_total') - before) /
            (await metric(dappd.url, 'dappd_http_requests_total') - answered)) * 1000;
        const miss = await this.misses(connections, reference);
        this.#upstream.push(`upstream calls per 1,000 requests at ${connections} connections: hit ${fixed(hit, 3)}, ` +
            `miss ${fixed(miss.calls, 0)} calls in ${fixed(miss.requests, 0)} HTTP requests`);
        return reference;
    }

    async withAccessLog(env, reference) {
        const logged = await startDappd(this.binary, { ...env, DAPPD_LOG: 'info', DAPPD_LOG_FORMAT: 'json' });
        const { seconds } = this;
        const measured = await load({ url: `${logged.url}/health`, pid: logged.child.pid, connections: 64, seconds });
        this.#rows.push(row('dappd /health, access log on', 64, measured, reference));
        await logged.child.stop();
    }

    print(idle) {
        printTable(this.#rows);
        for (const line of this.#upstream) console.log(line);
        console.log(`idle memory: ${fixed(idle.total, 1)} MB resident, ${fixed(idle.anonymous, 1)} MB of it anonymous`);
        console.log(`start to the first answer of /health: ${fixed(this.dappd.startMs, 0)} ms`);
        console.log(`${this.workers} cores; ${this.workers} reactors, ${this.workers} nginx workers; ` +
            `medians of ${this.rounds} rounds of ${this.seconds} s`);
    }
}

const text = async (url) => (await fetch(url)).text();

/** In: chain, as deployAll returns it; workers, of nginx; seconds of each of so many rounds. Prints its table. */
export async function benchThroughput({ binary, chain, workers, seconds, rounds }) {
    const token = chain.tokens.usd.address;
    const env = { DAPPD_RPC_URLS: chain.url, DAPPD_LOG: 'warn' };
    const dappd = await startDappd(binary, env);
    const balance = `/balance/${chain.holders.alice}/${token}`;
    const idle = memoryMb(dappd.child.pid);
    const bodies = { '/health': await text(`${dappd.url}/health`), [balance]: await text(dappd.url + balance) };
    const nginx = await startNginx(bodies, workers);
    const bench = new Throughput({ binary, dappd, nginx, token, balance, workers, seconds, rounds });
    let reference;
    for (const connections of [64, 1000]) reference = await bench.atConnections(connections);
    await bench.withAccessLog(env, reference);
    bench.print(idle);
    await nginx.child.stop();
    await dappd.child.stop();
}
