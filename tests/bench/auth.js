// What it costs to know who asks: a cached read with an access token or an API key beside the public one, and whole
// sign-ins, whose messages are signed before the clock runs, so that only dappd and PostgreSQL are measured.

import http from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { createSiweMessage } from 'viem/siwe';
import { deployAll, startAnvil } from '../../dev/chain/index.js';
import { startPostgres } from '../../dev/postgres.js';
import { cpuUs, startDappd } from './processes.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const DOMAIN = 'bench.example';
const READERS = 64; // connections
const SIGNERS = [8, 64];
const FAR_ABOVE = '1000000000'; // limits are on, and never reached
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const percentile = (numbers, share) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * share)];

/** Sends on a connection that is kept. Returns { status, content }. */
function send(url, agent, { method = 'GET', where, body, headers = {} }) {
    const text = body && JSON.stringify(body);
    const json = text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {};
    return new Promise((resolve, reject) => {
        const sent = http.request(url + where, { method, agent, headers: { ...json, ...headers } }, (response) => {
            let out = '';
            response.setEncoding('utf8').on('data', (chunk) => { out += chunk; });
            response.once('end', () => resolve({ status: response.statusCode, content: JSON.parse(out) }));
        });
        sent.once('error', reject);
        sent.end(text);
    });
}

class Bench {
    agent = new http.Agent({ keepAlive: true });

    constructor(settings) {
        Object.assign(this, settings);
    }

    async #expect(status, request) {
        const { status: got, content } = await send(this.dappd.url, this.agent, request);
        if (got !== status) throw new Error(`${request.where}: ${got} ${content.title}: ${content.detail}`);
        return content;
    }

    async signedMessage(wallet) {
        const { nonce } = await this.#expect(200, { where: '/auth/nonce' });
        const message = createSiweMessage({ domain: DOMAIN, uri: `https://${DOMAIN}/`, version: '1', nonce,
            address: wallet.address, chainId: this.chain.chainId });
        return { message, signature: await wallet.signMessage({ message }) };
    }

    /** The headers of each way to ask. */
    async credentials() {
        const body = await this.signedMessage(privateKeyToAccount(generatePrivateKey()));
        const { access_token: token } = await this.#expect(200, { method: 'POST', where: '/auth/verify', body });
        const headers = { authorization: `Bearer ${token}` };
        const { key } = await this.#expect(201, { method: 'POST', where: '/keys', headers,
            body: { name: 'bench', scopes: ['read'] } });
        return { 'by anybody': {}, 'with an access token': headers, 'with an API key': { authorization: `Bearer ${key}` } };
    }

    /** The same balance from the cache in each way, one after the other, round by round. */
    async reads() {
        const { dappd, chain, seconds } = this;
        const url = `${dappd.url}/balance/${chain.holders.alice}/${chain.tokens.usd.address}`;
        const ways = await this.credentials();
        const results = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
        for (let round = 0; round < this.rounds; round++) {
            for (const [way, headers] of Object.entries(ways)) {
                results[way].push(await load({ url, pid: dappd.child.pid, connections: READERS, seconds, headers }));
            }
        }
        const of = (way, field) => median(results[way].map((result) => result[field]));
        const row = (way) => [`balance (hit), ${way}`, `${READERS}`, fixed(of(way, 'rate'), 0),
            fixed(of(way, 'rate') / of('by anybody', 'rate'), 2), fixed(of(way, 'p50'), 2), fixed(of(way, 'p99'), 2),
            fixed(of(way, 'cpuUs'), 1), `${results[way].reduce((sum, { errors }) => sum + errors, 0)}`];
        printTable([['cached reads', 'conns', 'requests/s', 'of public', 'p50 ms', 'p99 ms', 'CPU us/req', 'errors'],
            ...Object.keys(ways).map(row)]);
    }

    /** Signs in once for each body, on so many connections. */
    async #signAll(bodies, connections) {
        const { dappd } = this;
        const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
        const times = [];
        let next = 0;
        let errors = 0;
        const client = async () => {
            for (let body; (body = bodies[next++]);) {
                const start = process.hrtime.bigint();
                const { status } = await send(dappd.url, agent, { method: 'POST', where: '/auth/verify', body });
                times.push(Number(process.hrtime.bigint() - start) / 1e6);
                if (status !== 200) errors++;
            }
        };
        const [cpu, ours, start] = [cpuUs(dappd.child.pid), process.cpuUsage(), process.hrtime.bigint()];
        await Promise.all(Array.from({ length: connections }, client));
        const elapsedS = Number(process.hrtime.bigint() - start) / 1e9;
        const { user, system } = process.cpuUsage(ours);
        agent.destroy();
        return { rate: bodies.length / elapsedS, p50: percentile(times, 0.5), p99: percentile(times, 0.99), errors,
            cpu: (cpuUs(dappd.child.pid) - cpu) / bodies.length, clientCpu: (user + system) / bodies.length };
    }

    async signIns() {
        const wallets = Array.from({ length: this.wallets }, () => privateKeyToAccount(generatePrivateKey()));
        const rows = [['sign-ins', 'conns', 'sign-ins/s', 'p50 ms', 'p99 ms', 'dappd CPU us', 'client CPU us', 'errors']];
        const measure = async (name, those, connections) => {
            const bodies = [];
            for (const wallet of those) bodies.push(await this.signedMessage(wallet));
            const { rate, p50, p99, cpu, clientCpu, errors } = await this.#signAll(bodies, connections);
            rows.push([name, `${connections}`, fixed(rate, 0), fixed(p50, 2), fixed(p99, 2), fixed(cpu, 0),
                fixed(clientCpu, 0), `${errors}`]);
        };
        const share = Math.floor(wallets.length / SIGNERS.length);
        for (const [i, connections] of SIGNERS.entries()) {
            const those = wallets.slice(i * share, (i + 1) * share);
            await measure('wallets never seen: each makes a user', those, connections);
            await measure('the same again: each begins a session', those, connections);
        }
        printTable(rows);
        console.log(`messages were signed before; each sign-in recovers a key and is one transaction of PostgreSQL, ` +
            `${this.durable ? 'which waits for the disk' : 'which does not wait for the disk'}, all on this machine`);
    }
}

/** Prints its tables. In: seconds of each of so many rounds of reads; wallets that sign in, twice each. */
export async function benchAuth({ binary, seconds, rounds, wallets }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const durable = true;
    const [anvil, postgres] = await Promise.all([startAnvil(), startPostgres({ durable })]);
    const chain = await deployAll(anvil.url);
    const limits = ['CACHED', 'LIVE', 'LIST', 'WRITE'].map((name) => [`DAPPD_RATE_LIMIT_${name}_PER_MIN`, FAR_ABOVE]);
    const dappd = await startDappd(binary, { DAPPD_RPC_URLS: anvil.url, DATABASE_URL: await postgres.createDatabase('bench'),
        DAPPD_LOG: 'warn', DAPPD_AUTH_DOMAINS: DOMAIN, DAPPD_DATA_DIR: folder, DAPPD_RATE_LIMIT: 'on',
        ...Object.fromEntries(limits) });
    const bench = new Bench({ dappd, chain, seconds, rounds, wallets, durable });
    await bench.reads();
    console.log();
    await bench.signIns();
    bench.agent.destroy();
    await dappd.child.stop();
    await postgres.stop();
    await anvil.stop();
    rmSync(folder, { recursive: true });
}
