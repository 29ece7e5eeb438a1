// Child processes that never outlive the test: each in a session of its own, and killed by the kernel should the test
// process die without ending it. Whoever starts one owns it.

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bounded } from './wait.js';

export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** A folder of this test process, gone when it ends. */
export const SCRATCH = mkdtempSync(path.join(tmpdir(), 'dappd-test-'));
chmodSync(SCRATCH, 0o755); // a root's nginx works as another user
process.once('exit', () => rmSync(SCRATCH, { recursive: true, force: true }));
for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
]) {
    process.once(signal, () => process.exit(128 + number));
}

/**
 * Starts command[0]. In: deathSignal, what it gets when the test process dies.
 * Returns { pid, child, stdout(), stderr(), exited, hasExited() }; exited is a promise of { code, signal } that resolves
 * when all output has been read.
 */
export function startProcess(command, { env = process.env, cwd = SCRATCH, deathSignal = 'KILL', onStderr } = {}) {
    const child = spawn('setpriv', ['--pdeathsig', deathSignal, '--', ...command], {
        cwd,
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
        child[name].setEncoding('utf8').on('data', (chunk) => {
            text[name] += chunk;
            if (name === 'stderr') onStderr?.(chunk);
        });
    }
    const exited = new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve({ code, signal }));
    });
    exited.catch(() => {}); // whoever waits for it gets the error
    return {
        pid: child.pid,
        child,
        exited,
        stdout: () => text.stdout,
        stderr: () => text.stderr,
        hasExited: () => child.exitCode !== null || child.signalCode !== null,
    };
}

/** Runs a command to its end. Returns { code, signal, stdout, stderr }. */
export async function runProcess(command, options) {
    const started = startProcess(command, options);
    const end = await bounded(started.exited, `end of ${command.join(' ')}`);
    return { ...end, stdout: started.stdout(), stderr: started.stderr() };
}

/** Calls stop() of each in order, whatever the others do, then throws the first error. */
export async function stopAll(...things) {
    const errors = [];
    for (const thing of things) await thing?.stop().catch((error) => errors.push(error));
    if (errors.length > 0) throw errors[0];
}
