// Runs wrk once and reads its report. Stateless.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuUs, memoryMb } from './processes.js';

const UNITS_MS = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

function latencyMs(report, percentile) {
    const [, value, unit] = new RegExp(`^\\s+${percentile}%\\s+([\\d.]+)(us|ms|s|m) *$`, 'm').exec(report);
    return Number(value) * UNITS_MS[unit];
}

/**
 * Loads url for so many seconds. In: pid, whose cost to measure; script and its args, and headers, optional.
 * Returns { rate, p50, p99, cpuUs, memory, requests, errors }: requests a second, ms, us of CPU a request, MB at the end.
 */
export async function load({ url, pid, connections, seconds, script, args = [], headers = {} }) {
    const before = cpuUs(pid);
    const running = promisify(execFile)('wrk', ['-t2', `-c${connections}`, `-d${seconds}s`, '--latency',
        ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
        ...(script ? ['-s', script] : []), url, ...(args.length > 0 ? ['--', ...args] : [])]);
    const half = new Promise((resolve) => setTimeout(resolve, seconds * 500));
    const memory = await half.then(() => memoryMb(pid));
    const { stdout } = await running;
    const requests = Number(/(\d+) requests in/.exec(stdout)[1]);
    const errors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
    const socketErrors = /Socket errors: .*/.exec(stdout)?.[0];
    if (socketErrors) process.stderr.write(`${url}: ${socketErrors}\n`);
    return {
        rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]), p50: latencyMs(stdout, 50), p99: latencyMs(stdout, 99),
        cpuUs: (cpuUs(pid) - before) / requests, memory, requests, errors,
    };
}
