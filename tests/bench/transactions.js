// Decoding signed transactions, sender and all, beside libsecp256k1 recovering the same keys and nothing else.

import { spawnSync } from 'node:child_process';
import { fixed, printTable } from './table.js';

const PROGRAM = 'build/release/tests/bench/transactions';

/** Prints its table. In: seconds of all rounds together. */
export function benchTransactions({ seconds }) {
    const { status, stdout, stderr } = spawnSync(PROGRAM, [`${seconds}`], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${PROGRAM}: ${stderr}`);
    const { transactions, bytes, ways } = JSON.parse(stdout);
    const row = ({ name, us }) => [name, fixed((transactions / us) * 1e6, 0), fixed(us / transactions, 1), fixed(ways[0].us / us, 2)];
    printTable([['who sent a transaction', 'transactions/s', 'us each', 'of bare libsecp256k1'], ...ways.map(row)]);
    console.log(`${transactions} transactions of about ${bytes} bytes on one core; the best of ${seconds} s each in turn`);
}
