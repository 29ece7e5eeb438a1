// Starts what the bench measures, and reads from /proc what it costs. Each process is ended by whoever started it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const CLOCK_TICKS = 100; // per second, on every Linux this runs on

/** A TCP port that nobody uses just now. */
export async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    await once(server, 'close');
    return port;
}

async function waitUntilAnswering(url, child) {
    for (;;) {
        if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
        try {
            return await (await fetch(url)).text();
        } catch {
            await new Promise((resolve) => setTimeout(resolve, 2));
        }
    }
}

function startProcess(command, args, env) {
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], {
        stdio: ['ignore', 'ignore', env.DAPPD_LOG === 'info' ? 'ignore' : 'inherit'], // an access log goes nowhere, at full cost
        env: { ...process.env, ...env },
    });
    child.stop = async () => {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
    };
    return child;
}

/** Nobody is limited unless env says so. Returns { child, url, startMs }: startMs until the first answer of /health, which waits for no node. */
export async function startDappd(binary, env) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const start = process.hrtime.bigint();
    const child = startProcess(binary, ['serve'], { DAPPD_LISTEN: `127.0.0.1:${port}`, DAPPD_RATE_LIMIT: 'off', ...env });
    await waitUntilAnswering(`${url}/health`, child);
    return { child, url, startMs: Number(process.hrtime.bigint() - start) / 1e6 };
}

/** nginx that answers each location with the bytes given. In: bodies, { path: text }. */
export async function startNginx(bodies, workers) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const folder = mkdtempSync(path.join(tmpdir(), 'dappd-bench-'));
    const locations = Object.entries(bodies).map(
        ([where, body]) => `location = ${where} { default_type application/json; return 200 '${body.replace(/[\\']/g, '\\$&')}'; }`,
    );
    writeFileSync(path.join(folder, 'nginx.conf'), `
        daemon off; pid ${folder}/pid; error_log stderr crit; worker_processes ${workers}; worker_rlimit_nofile 8192;
        events { worker_connections 4096; }
        http { access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}; proxy_temp_path ${folder};
               fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
               server { listen 127.0.0.1:${port} reuseport; ${locations.join('\n')} } }`);
    const child = startProcess('nginx', ['-p', folder, '-c', path.join(folder, 'nginx.conf')], {});
    await waitUntilAnswering(`${url}${Object.keys(bodies)[0]}`, child);
    child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    return { child, url };
}

function descendants(pid) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...children.split(' ').filter(Boolean).flatMap((child) => descendants(Number(child)))];
}

/** User and system time of a process and its children so far, in microseconds. */
export function cpuUs(pid) {
    return descendants(pid).reduce((sum, each) => {
        const fields = readFileSync(`/proc/${each}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
        return sum + ((Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS) * 1e6;
    }, 0);
}

/** Resident memory in MB: { total, anonymous }. */
export function memoryMb(pid) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) / 1024;
    return { total: field('VmRSS'), anonymous: field('RssAnon') };
}

/** Sum of a metric over all its label values. */
export async function metric(url, name) {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
