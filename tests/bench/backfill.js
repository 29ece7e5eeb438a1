// History into an empty index: dappd reads it from a node in memory; then psql does the database's part alone, the same
// rows into the same tables of the same server. What dappd takes beyond that is its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../dev/postgres.js';
import { cpuUs, memoryMb, startDappd } from './processes.js';
import { fixed, printTable } from './table.js';

const MEMORY_NODE = path.join(path.dirname(fileURLToPath(import.meta.url)), 'memory_node.js');
const LOGS_PER_BLOCK = 150;
const POLL_MS = 20;
const BALANCES = `
    INSERT INTO balances (token_id, holder, amount)
    SELECT token_id, holder, sum(change) FROM (
        SELECT token_id, to_address AS holder, amount AS change FROM transfers
        UNION ALL SELECT token_id, from_address, -amount FROM transfers) AS changes
    WHERE holder <> decode(repeat('00', 20), 'hex') GROUP BY token_id, holder HAVING sum(change) <> 0`;

async function startMemoryNode(blocks) {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', process.execPath, MEMORY_NODE, `${blocks}`,
        `${LOGS_PER_BLOCK}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    return { url: line.trim(), stop: async () => {
        child.kill();
        await once(child, 'exit');
    } };
}

const now = () => Number(process.hrtime.bigint()) / 1e9;

/** Seconds until the index's phase is one of these. */
async function untilPhase(url, ...phases) {
    const start = now();
    for (;;) {
        const { chains: [{ index }] } = await (await fetch(`${url}/status`)).json();
        if (phases.includes(index.phase)) return now() - start;
        if (index.phase === 'halted') throw new Error(`the indexer has halted: ${index.halted}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
}

/** Seconds that this SQL takes. */
async function timed(postgres, sql, database) {
    const start = now();
    await postgres.sql(sql, database);
    return now() - start;
}

/** What dappd takes, in seconds of each phase, and what it costs. */
async function indexAll(binary, postgres, node) {
    const { child, url } = await startDappd(binary, {
        DATABASE_URL: await postgres.createDatabase('indexed'), DAPPD_RPC_URLS: node.url, DAPPD_INDEX_TOKENS: 'every',
        DAPPD_LOG: 'warn', DAPPD_THREADS: '1',
    });
    const start = now();
    const read = await untilPhase(url, 'building', 'following');
    const memory = memoryMb(child.pid);
    await untilPhase(url, 'following');
    const result = { read, all: now() - start, cpu: cpuUs(child.pid) / 1e6, memory };
    await child.stop();
    return result;
}

/** What psql takes: seconds of COPY, of the secondary indexes, and of the balances. */
async function loadAgain(postgres) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const order = { blocks: 'number', transfers: 'block_number, log_index' };
    const copies = (each) => Object.entries(order).map(([table, by]) => each(table, by, path.join(folder, table))).join('\n');
    await postgres.sql(copies((table, by, file) =>
        `\\copy (SELECT * FROM ${table} ORDER BY ${by}) TO '${file}' (FORMAT binary)`), 'indexed');
    const indexes = (await postgres.sql(`SELECT indexname, indexdef FROM pg_indexes
        WHERE indexname = 'balances_holders' OR tablename LIKE 'transfers\\_%' AND indexname !~ 'pkey'`, 'indexed'));
    await postgres.sql('CREATE DATABASE loaded TEMPLATE indexed');
    await postgres.sql(`TRUNCATE transfers, blocks, balances; DROP INDEX ${indexes.map(([name]) => name).join(', ')};
        CHECKPOINT`, 'loaded');
    const copy = await timed(postgres, copies((table, by, file) => `\\copy ${table} FROM '${file}' (FORMAT binary)`),
        'loaded');
    const balances = await timed(postgres, BALANCES, 'loaded');
    const build = await timed(postgres, indexes.map(([, definition]) => definition).join(';\n'), 'loaded');
    rmSync(folder, { recursive: true });
    return { copy, balances, build, all: copy + balances + build };
}

/** Both must have come to the same, or the figures mean nothing. */
async function assertEqual(postgres) {
    const digest = `SELECT (SELECT count(*) FROM transfers), (SELECT sum(hashtextextended(t::text, 0)) FROM transfers t),
        (SELECT sum(hashtextextended(b::text, 0)) FROM balances b)`;
    const [indexed, loaded] = [await postgres.sql(digest, 'indexed'), await postgres.sql(digest, 'loaded')];
    if (`${indexed}` !== `${loaded}`) throw new Error(`dappd's rows (${indexed}) are not those of psql (${loaded})`);
    return Number(indexed[0][0]);
}

/** Prints its table. In: logs, about how many. */
export async function benchBackfill({ binary, logs }) {
    const node = await startMemoryNode(Math.ceil(logs / LOGS_PER_BLOCK));
    const postgres = await startPostgres();
    const ours = await indexAll(binary, postgres, node);
    await node.stop();
    const psql = await loadAgain(postgres);
    const rows = await assertEqual(postgres);
    await postgres.stop();
    const rate = (seconds) => fixed(rows / seconds, 0);
    printTable([
        ['history into an empty index', 'seconds', 'logs/s', 'of psql'],
        ['psql: COPY', fixed(psql.copy, 2), rate(psql.copy), ''],
        ['psql: COPY, balances', fixed(psql.copy + psql.balances, 2), rate(psql.copy + psql.balances), ''],
        ['psql: COPY, balances, indexes', fixed(psql.all, 2), rate(psql.all), ''],
        ['dappd: read and COPY', fixed(ours.read, 2), rate(ours.read), fixed(psql.copy / ours.read, 2)],
        ['dappd: without the indexes', fixed(ours.all - psql.build, 2), rate(ours.all - psql.build),
            fixed((psql.copy + psql.balances) / (ours.all - psql.build), 2)],
        ['dappd: all, until it follows', fixed(ours.all, 2), rate(ours.all), fixed(psql.all / ours.all, 2)],
    ]);
    console.log(`${rows} logs; dappd: ${fixed((ours.cpu * 1e6) / rows, 2)} us of CPU a log, ` +
        `${fixed(ours.memory.anonymous, 0)} MB anonymous memory at the end of the read; "without the indexes" takes off ` +
        'what psql needs to build them');
}
