// Saying who signed a message, beside libsecp256k1 recovering the same keys and nothing else.

import { spawnSync } from 'node:child_process';
import { fixed, printTable } from './table.js';

const PROGRAM = 'build/release/tests/bench/recover';

/** Prints its table. In: seconds of all rounds together. */
export function benchRecover({ seconds }) {
    const { status, stdout, stderr } = spawnSync(PROGRAM, [`${seconds}`], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${PROGRAM}: ${stderr}`);
    const { signatures, bytes, ways } = JSON.parse(stdout);
    const row = ({ name, us }) => [name, fixed((signatures / us) * 1e6, 0), fixed(us / signatures, 1), fixed(ways[0].us / us, 2)];
    printTable([['who signed a message', 'signatures/s', 'us each', 'of bare libsecp256k1'], ...ways.map(row)]);
    console.log(`${signatures} messages of ${bytes} bytes on one core; the best of ${seconds} s each in turn`);
}
