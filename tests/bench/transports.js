// What lies between dappd and a node on the same machine: the same misses against the same anvil over TCP and HTTP, and
// over its IPC socket, alternating round by round. Few connections, so that the time of one question shows.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deployAll, deployMulticall3, startAnvil } from '../../dev/chain/index.js';
import { startDappd } from './processes.js';
import { fixed, printTable } from './table.js';
import { load } from './wrk.js';

const CONNECTIONS = 2;
const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'distinct.lua');
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Prints its table. In: seconds of one measurement. */
export async function benchTransports({ binary, seconds, rounds }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const socket = path.join(folder, 'anvil.ipc');
    const anvil = await startAnvil({ args: ['--ipc', socket] });
    const { tokens } = await deployAll(anvil.url);
    await deployMulticall3(anvil.url);
    const ways = { 'HTTP over TCP': anvil.url, IPC: `ipc:${socket}` };
    const results = { 'HTTP over TCP': [], IPC: [] };
    let nextOwner = 1;
    for (let round = 0; round < rounds; round++) {
        for (const [way, url] of Object.entries(ways)) {
            const { child, url: ours } = await startDappd(binary, { DAPPD_RPC_URLS: url, DAPPD_LOG: 'error' });
            results[way].push(await load({ url: ours, pid: child.pid, connections: CONNECTIONS, seconds, script,
                args: [tokens.usd.address, `${nextOwner}`] }));
            nextOwner += 10_000_000;
            await child.stop();
        }
    }
    await anvil.stop();
    rmSync(folder, { recursive: true, force: true });
    const of = (way, field) => median(results[way].map((result) => result[field]));
    const row = (way) => [`miss, ${way}`, fixed(of(way, 'rate'), 0), fixed(of(way, 'p50'), 3), fixed(of(way, 'p99'), 3),
        fixed(of(way, 'cpuUs'), 1), `${results[way].reduce((sum, { errors }) => sum + errors, 0)}`];
    printTable([['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU us/req', 'errors'], ...Object.keys(ways).map(row)]);
}
