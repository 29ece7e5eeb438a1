// The scanner of logs beside jansson, on the same bytes.

import { spawnSync } from 'node:child_process';
import { fixed, printTable } from './table.js';

const PROGRAM = 'build/release/tests/bench/scanner';

function run(command, args) {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
}

/** Prints its table. In: seconds of all rounds together. */
export function benchScanner({ seconds }) {
    const { logs, bytes, ways } = JSON.parse(run(PROGRAM, [`${seconds}`]));
    const row = ({ name, us }) => [name, fixed(bytes / us, 0), fixed((logs / us) * 1e6, 0), fixed(us / logs, 2),
        fixed(us / ways[0].us, 1)];
    printTable([['eth_getLogs to rows', 'MB/s', 'logs/s', 'us/log', 'times the scanner'], ...ways.map(row)]);
    console.log(`${logs} logs of ${fixed(bytes / logs, 0)} bytes; the best of ${seconds} s each in turn`);
}
