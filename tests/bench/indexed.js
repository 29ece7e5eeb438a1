// Indexed answers beside pgbench, which runs the very same prepared queries on the same rows: what HTTP and JSON cost,
// and what pipelining saves. And whether the last page of a long list costs what the first costs.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startAnvil } from '../../dev/chain/index.js';
import { startPostgres } from '../../dev/postgres.js';
import { startDappd } from './processes.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const run = promisify(execFile);
const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHAIN = 31337;
const PER_BLOCK = 100;
const HOLDERS = 16; // asked for; each connection of pgbench plans a statement for each of them
const TOKEN = (7 * 65536 + 3).toString(16).padStart(40, '0');
const CONNECTIONS = [8, 32, 64];
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const holder = (n) => (4096 + ((n * 997) % 200_000)).toString(16).padStart(40, '0');
const bytes = (hex) => `'\\x${hex}'::bytea`;

/** name: { statement, the values of its parameters for a holder, the path of the same }. */
const QUESTIONS = {
    'one balance': {
        statement: 'balance_repo_get',
        values: (n) => [`${CHAIN}::bigint`, bytes(TOKEN), bytes(holder(n))],
        path: `/balance/HOLDER/0x${TOKEN}?source=indexed`,
    },
    'a portfolio': {
        statement: 'balance_repo_portfolio',
        values: (n) => [`${CHAIN}::bigint`, bytes(holder(n)), 'NULL::bytea', '51::bigint'],
        path: '/balances/HOLDER',
    },
};

/** The statement as a script of pgbench for each holder: what pgbench prepares has no variables of type bytea. */
async function writeScripts(folder, program, { statement, values }) {
    const { stdout } = await run(program, [statement]);
    const scripts = [...Array(HOLDERS).keys()].map((n) => {
        const given = values(n + 1);
        return [path.join(folder, `${statement}-${n}.sql`),
            `${stdout.trim().replace(/\$(\d+)/g, (_, place) => given[place - 1])};\n`];
    });
    for (const [file, text] of scripts) writeFileSync(file, text);
    return scripts.map(([file]) => file);
}

/** Returns { rate, p99 } of pgbench. In: url, of the database; scripts, of which each transaction runs one. */
async function pgbench(url, scripts, connections, seconds) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', `-c${connections}`, '-j2', `-T${seconds}`, '-l',
        '--log-prefix', path.join(folder, 'log'), ...scripts.flatMap((file) => ['-f', file]), url],
    { maxBuffer: 1 << 26 });
    const files = (await run('ls', [folder])).stdout.trim().split('\n');
    const times = files.flatMap((file) => readFileSync(path.join(folder, file), 'utf8').split('\n'))
        .map((line) => Number(line.split(' ')[2])).filter((us) => us > 0).sort((a, b) => a - b);
    rmSync(folder, { recursive: true });
    return { rate: Number(/tps = ([\d.]+)/.exec(stdout)[1]), p99: times[Math.floor(times.length * 0.99)] / 1000, errors: 0 };
}

async function compare(name, question, { program, database, dappd, seconds, rounds, folder }) {
    const scripts = await writeScripts(folder, program, question);
    const rows = [];
    for (const connections of CONNECTIONS) {
        const theirs = [];
        const ours = [];
        for (let round = 0; round < rounds; round++) {
            theirs.push(await pgbench(database, scripts, connections, seconds));
            ours.push(await load({ url: dappd.url, pid: dappd.child.pid, connections, seconds,
                script: path.join(HERE, 'indexed.lua'), args: [question.path, `${HOLDERS}`] }));
        }
        const of = (results, field) => median(results.map((result) => result[field]));
        const errors = ours.reduce((sum, result) => sum + result.errors, 0);
        rows.push([`pgbench, ${name}`, `${connections}`, fixed(of(theirs, 'rate'), 0), '', fixed(of(theirs, 'p99'), 2), '']);
        rows.push([`dappd, ${name}`, `${connections}`, fixed(of(ours, 'rate'), 0),
            fixed(of(ours, 'rate') / of(theirs, 'rate'), 2), fixed(of(ours, 'p99'), 2), `${errors}`]);
    }
    return rows;
}

/** Walks the whole list and returns the mean time of its first and last pages, in ms. */
async function walk(dappd) {
    const times = [];
    for (let next = '/transfers?limit=1000'; next;) {
        const start = process.hrtime.bigint();
        const { next_cursor: cursor } = await (await fetch(dappd.url + next)).json();
        times.push(Number(process.hrtime.bigint() - start) / 1e6);
        next = cursor && `/transfers?limit=1000&cursor=${cursor}`;
    }
    const edge = Math.min(100, Math.floor(times.length / 4));
    return { pages: times.length, first: median(times.slice(1, edge)), last: median(times.slice(-edge, -1)), edge };
}

/** Prints its tables. In: rows of transfers; seconds of one measurement; program, that prints statements. */
export async function benchIndexed({ binary, rows, seconds, rounds, program }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const anvil = await startAnvil();
    const postgres = await startPostgres();
    const database = await postgres.createDatabase('bench');
    await run(binary, ['migrate'], { env: { ...process.env, DATABASE_URL: database, DAPPD_RPC_URLS: anvil.url } });
    await postgres.sql([`\\set rows ${rows}`, `\\set per_block ${PER_BLOCK}`, `\\set chain ${CHAIN}`,
        readFileSync(path.join(HERE, 'indexed.sql'), 'utf8')].join('\n'), 'bench');
    const dappd = await startDappd(binary, { DATABASE_URL: database, DAPPD_RPC_URLS: anvil.url, DAPPD_INDEX: 'off',
        DAPPD_LOG: 'warn' });
    const table = [[`indexed, ${rows} transfers`, 'conns', 'requests/s', 'of pgbench', 'p99 ms', 'errors']];
    for (const [name, question] of Object.entries(QUESTIONS)) {
        table.push(...await compare(name, question, { program, database, dappd, seconds, rounds, folder }));
    }
    printTable(table);
    console.log(`pgbench: -M prepared on as many connections of its own as dappd gets of HTTP, one script for each of ${HOLDERS} ` +
        'holders with what dappd sends as parameters written out; wrk counts the wait for a late answer into p99, ' +
        'pgbench does not');
    const { pages, first, last, edge } = await walk(dappd);
    console.log(`/transfers, ${pages} pages of 1,000: the first ${edge} take ${fixed(first, 2)} ms each, the last ${edge} ` +
        `${fixed(last, 2)} ms: ${fixed(last / first, 2)} of the first (medians)`);
    await dappd.child.stop();
    await postgres.stop();
    await anvil.stop();
    rmSync(folder, { recursive: true });
}
