// The private PostgreSQL of dev/postgres.sh for tests, benches and tools. The caller owns the server it gets; should the
// caller die without stopping it, the kernel ends it. Any number may run side by side.

import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('postgres.sh', import.meta.url));
const run = promisify(execFile);

/**
 * Starts a server and waits until it takes connections.
 * In: dir, of its data: what a server before has left there is used, also a killed one's; without it a folder of its
 * own, gone when it stops. durable: it waits for the disk.
 * Returns { url, dir, pid, exited, stop, kill, databaseUrl, createDatabase, sql }: url, of the database postgres; pid,
 * of the postmaster; exited, a promise of { code, signal }; stop() ends it in order and kill() does not, both wait.
 */
export async function startPostgres({ dir, durable = false } = {}) {
    const folder = dir ?? mkdtempSync(path.join(tmpdir(), 'dappd-pg-'));
    const child = spawn(SCRIPT, ['run', ...(durable ? ['--durable'] : []), folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise((resolve) => {
        child.once('error', (error) => resolve({ error }));
        child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const end = async (how) => {
        how();
        await exited;
        if (!dir) rmSync(folder, { recursive: true, force: true });
    };
    const url = await firstLine(child, exited);
    const home = new URL(url).searchParams.get('host');
    const pid = Number(readFileSync(path.join(home, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
    return {
        url,
        dir: folder,
        pid,
        exited,
        stop: () => end(() => child.kill('SIGTERM')),
        kill: () => end(() => killIfAlive(pid)),
        databaseUrl: (name) => databaseUrl(url, name),
        createDatabase: (name) => createDatabase(folder, url, name),
        sql: (text, database) => sql(folder, text, database),
    };
}

/** What the script says first is the URL. Its errors are kept for whoever waits for that in vain. */
function firstLine(child, exited) {
    return new Promise((resolve, reject) => {
        let out = '';
        let errors = '';
        child.stderr.setEncoding('utf8').on('data', (chunk) => { errors += chunk; });
        child.stdout.setEncoding('utf8').on('data', (chunk) => {
            out += chunk;
            if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
        });
        exited.then(({ error, code }) => {
            reject(new Error(`PostgreSQL does not start (${error?.message ?? `status ${code}`}):\n${errors.trim()}`));
        });
    });
}

function killIfAlive(pid) {
    try {
        process.kill(pid, 'SIGKILL');
    } catch (error) {
        if (error.code !== 'ESRCH') throw error;
    }
}

function databaseUrl(url, name) {
    const of = new URL(url);
    of.pathname = `/${name}`;
    return of.href;
}

/** Makes an empty database and returns its URL. In: name, unused so far; letters, digits and underscores. */
async function createDatabase(folder, url, name) {
    await sql(folder, `CREATE DATABASE "${name}" TEMPLATE template0`);
    return databaseUrl(url, name);
}

/** Runs SQL, statement by statement; returns the rows of all as arrays of texts, null for NULL. */
async function sql(folder, text, database = 'postgres') {
    const format = ['-XAtq0', '-F', '\x1f', '-P', 'null=\x1d', '-v', 'ON_ERROR_STOP=1'];
    const running = run(SCRIPT, ['psql', folder, ...format, '-d', database, '-f', '-'], { maxBuffer: 1 << 28 });
    running.child.stdin.on('error', () => {}).end(text); // psql itself tells why it does not read
    const { stdout } = await running;
    const rows = stdout.split('\0').slice(0, -1);
    return rows.map((row) => row.split('\x1f').map((value) => (value === '\x1d' ? null : value)));
}
