// The benchmark: throughput beside nginx, what dappd costs and endures at its nodes, its index, who asks, what contracts
// take and give, and calls of them. Each part prints its table.

import { availableParallelism, cpus } from 'node:os';
import { deployAll, deployMulticall3, startAnvil } from '../../dev/chain/index.js';
import { benchAbi } from './abi.js';
import { benchAuth } from './auth.js';
import { benchBackfill } from './backfill.js';
import { benchCalls } from './calls.js';
import { benchIndexed } from './indexed.js';
import { benchRecover } from './recover.js';
import { benchScanner } from './scanner.js';
import { benchThroughput } from './throughput.js';
import { benchTransactions } from './transactions.js';
import { benchTransports } from './transports.js';
import { benchUpstreams } from './upstreams.js';

const binary = process.env.DAPPD_BINARY ?? 'build/dappd';
const printStatement = process.env.BENCH_PRINT_STATEMENT ?? 'build/release/tests/bench/print_statement';
const seconds = Number(process.env.BENCH_SECONDS ?? 6);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const workers = availableParallelism?.() ?? cpus().length;
const parts = (process.env.BENCH_PARTS ?? 'throughput,upstreams,transports,scanner,recover,abi,transactions,backfill,indexed,auth,calls').split(',');

if (parts.includes('throughput')) {
    const anvil = await startAnvil();
    const chain = await deployAll(anvil.url);
    await deployMulticall3(anvil.url);
    await benchThroughput({ binary, chain, workers, seconds, rounds });
    await anvil.stop();
}
if (parts.includes('upstreams')) await benchUpstreams({ binary, seconds });
if (parts.includes('transports')) await benchTransports({ binary, seconds, rounds });
if (parts.includes('backfill')) await benchBackfill({ binary, logs: Number(process.env.BENCH_LOGS ?? 2_000_000) });
if (parts.includes('indexed')) {
    await benchIndexed({ binary, program: printStatement, rows: Number(process.env.BENCH_ROWS ?? 10_000_000), seconds, rounds });
}
if (parts.includes('auth')) await benchAuth({ binary, seconds, rounds, wallets: Number(process.env.BENCH_WALLETS ?? 4000) });
if (parts.includes('calls')) await benchCalls({ binary, seconds, rounds });
if (parts.includes('scanner')) benchScanner({ seconds });
if (parts.includes('recover')) benchRecover({ seconds });
if (parts.includes('abi')) benchAbi({ seconds });
if (parts.includes('transactions')) benchTransactions({ seconds });
