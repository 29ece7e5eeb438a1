// Starts and stops anvil, the local Ethereum node. The caller owns the process it gets; should the caller die without
// stopping it, the kernel does. Any number may run side by side, each on a port of its own.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { MNEMONIC } from './tokens.js';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/** The executable inside npm's platform package, so that no install script has to run; else one that PATH has. */
export function anvilPath() {
    const platformPackage = `@foundry-rs/anvil-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
    const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
    const candidates = [packagedAnvil(platformPackage), ...folders.map((folder) => path.join(folder, 'anvil'))];
    const found = candidates.find(isExecutable);
    if (!found) throw new Error(`no anvil: ${platformPackage} is not installed and PATH has none; run dev/install.sh`);
    return found;
}

/** Looked up from where npm put the package that depends on it: beside it or inside it, as the npm version likes. */
function packagedAnvil(platformPackage) {
    try {
        const anvil = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json');
        return createRequire(anvil).resolve(`${platformPackage}/bin/anvil`);
    } catch {
        return undefined;
    }
}

function isExecutable(file) {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/**
 * Starts anvil on 127.0.0.1 and waits until it answers.
 * In: port, 0 for a free one; args, more of anvil's own arguments (not --silent or --quiet: its output tells the port).
 * Returns { url, port, pid, exited, stop }: exited is a promise of { code, signal }; stop() ends it and waits.
 */
export async function startAnvil({ port = 0, args = [] } = {}) {
    const command = [anvilPath(), '--host', '127.0.0.1', '--port', String(port), '--mnemonic', MNEMONIC, ...args];
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise((resolve) => {
        child.once('error', (error) => resolve({ error }));
        child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const stop = () => stopChild(child, exited);
    try {
        const actualPort = await listeningPort(child, exited);
        const url = `http://127.0.0.1:${actualPort}`;
        await silence(url);
        return { url, port: actualPort, pid: child.pid, exited, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

/** Reads anvil's output until it says where it listens; keeps draining it afterwards. */
function listeningPort(child, exited) {
    return new Promise((resolve, reject) => {
        let output = '';
        const read = (chunk) => {
            output += chunk;
            const port = /Listening on \S+:(\d+)/.exec(output)?.[1];
            if (port) settle(resolve, Number(port));
        };
        const timer = setTimeout(() => settle(reject, new Error(`anvil does not start:\n${output}`)), START_TIMEOUT_MS);
        const settle = (how, value) => {
            clearTimeout(timer);
            for (const stream of [child.stdout, child.stderr]) stream.off('data', read).resume();
            how(value);
        };
        for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
        exited.then(({ code, signal, error }) => {
            settle(reject, new Error(`anvil ended (${error?.message ?? signal ?? `status ${code}`}):\n${output.trim()}`));
        });
    });
}

/** Without this anvil prints a line for each call, which costs more than the call. */
async function silence(url) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_setLoggingEnabled', params: [false] });
    await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
}

async function stopChild(child, exited) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
}
