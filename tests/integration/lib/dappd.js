// The dappd under test: starts the real binary, reads its log, talks to it, ends it, and finds sanitizer reports.
// DAPPD_BINARY and DAPPD_VARIANT select it. Each process belongs to the test that started it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { assertContract } from './contract.js';
import { request } from './http.js';
import { CHECKOUT, SCRATCH, runProcess, startProcess } from './process.js';
import { bounded, until } from './wait.js';

export const BINARY = path.resolve(CHECKOUT, process.env.DAPPD_BINARY || 'build/dappd');
export const VARIANT = process.env.DAPPD_VARIANT || 'release';

const SANITIZER_OPTIONS = {
    ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1:exitcode=99',
    UBSAN_OPTIONS: 'print_stacktrace=1:exitcode=99',
    TSAN_OPTIONS: 'second_deadlock_stack=1:exitcode=99',
};

/** Printed by every ASan build that switches stacks; no finding. */
const HARMLESS = /WARNING: ASan doesn't fully support makecontext\/swapcontext/;

let files = 0;

/** Settings whose name in the environment is everybody's. */
const SHARED_NAMES = { database_url: 'DATABASE_URL' };
const isSetting = (name) => name.startsWith('DAPPD_') || Object.values(SHARED_NAMES).includes(name);
const nameOf = (setting) => SHARED_NAMES[setting] ?? `DAPPD_${setting.toUpperCase()}`;

/** The environment without any setting of the caller's, and with these. In: settings by name, as in config.def. */
export function environment(settings = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !isSetting(name));
    const given = Object.entries(settings).map(([setting, value]) => [nameOf(setting), String(value)]);
    return { ...Object.fromEntries(inherited), ...SANITIZER_OPTIONS, ...Object.fromEntries(given) };
}

/** Writes a configuration file and returns its path. JSON is YAML. */
export function configFile(content) {
    const file = path.join(SCRATCH, `config-${process.pid}-${++files}.yaml`);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return file;
}

/**
 * A chain for the configuration file. The short block time makes dappd ask for a new head four times a second, so that
 * tests see new blocks soon.
 */
export function chainConfig(urls, { name = 'dev', ...more } = {}) {
    const prefix = name === 'dev' ? '' : `${name}-`; // names of nodes differ in all chains
    const upstreams = [urls].flat().map((url, i) => ({ name: `${prefix}node${i + 1}`, url }));
    return { name, block_time_ms: 250, upstreams, ...more };
}

/** Runs dappd to its end, for what is no server. Returns { code, stdout, stderr }. */
export function runDappd(args, settings = {}) {
    return runProcess([BINARY, ...args], { env: environment(settings) });
}

class Dappd {
    logs = []; // parsed lines
    noise = []; // what is no line of JSON: sanitizers, libraries, failed assertions
    ended = false;
    #rest = '';
    #signalled = false;
    #process;

    constructor({ wrapper, command, args, settings }) {
        this.agent = new http.Agent({ keepAlive: true });
        this.#process = startProcess([...wrapper, BINARY, command, ...args], {
            env: environment(settings),
            onStderr: (chunk) => this.#readLog(chunk),
        });
        this.pid = this.#process.pid;
        this.exited = this.#process.exited;
    }

    #readLog(chunk) {
        const lines = (this.#rest + chunk).split('\n');
        this.#rest = lines.pop();
        for (const line of lines) {
            try {
                this.logs.push(JSON.parse(line));
            } catch {
                if (!HARMLESS.test(line)) this.noise.push(line);
            }
        }
    }

    stderr() {
        return this.#process.stderr();
    }

    hasExited() {
        return this.#process.hasExited();
    }

    /** Waits for the line that says where it listens, then for /health. */
    async untilListening() {
        const line = await until(() => {
            if (this.hasExited()) throw new Error(`dappd ended while starting:\n${this.stderr()}`);
            return this.logs.find(({ msg }) => msg === 'listening');
        }, 'line "listening"');
        this.address = line.address;
        this.target = targetOf(line.address);
        this.url = this.target.socketPath ? undefined : `http://${line.address}`;
        assert.equal((await this.get('/health')).status, 200);
    }

    /** A request on a kept-alive connection, whose answer must be one that openapi.yaml allows. Options: http.js. */
    async request(options) {
        const answer = await request({ ...this.target, agent: this.agent, ...options });
        assertContract(options.method ?? 'GET', options.path, answer);
        return answer;
    }

    get(requestPath, headers = {}) {
        return this.request({ path: requestPath, headers });
    }

    post(requestPath, content, headers = {}) {
        const body = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content);
        return this.request({
            method: 'POST',
            path: requestPath,
            headers: { 'content-type': 'application/json', ...headers },
            body,
        });
    }

    /** The parsed body of an answer that must be 200. */
    async json(requestPath) {
        const answer = await this.get(requestPath);
        assert.equal(answer.status, 200, `${requestPath}: ${answer.text}`);
        return answer.json();
    }

    untilLogged(matches, what) {
        return until(() => this.logs.find(matches), what);
    }

    /** Waits until the head that dappd answers from is this block or a later one; returns the block it names. */
    untilHead(number, chain) {
        return until(async () => {
            const answer = await this.get(`/balance/0x${'0'.repeat(40)}${chain ? `?chain=${chain}` : ''}`);
            return answer.status === 200 && answer.json().block.number >= number && answer.json().block;
        }, `head at ${number}`);
    }

    signal(name) {
        this.#signalled ||= name === 'SIGTERM' || name === 'SIGINT';
        process.kill(this.pid, name);
    }

    /** Ends it as no operator does: nothing of it gets to do anything more. */
    async kill() {
        this.signal('SIGKILL');
        return this.untilExited();
    }

    /** Waits for the end that a test has brought about. Returns { code, signal }. */
    async untilExited() {
        const end = await bounded(this.exited, 'end of dappd');
        this.ended = true;
        this.agent.destroy();
        return end;
    }

    /** Ends it as an operator does, unless a test has begun to, and requires that it ends well. */
    async stop() {
        if (this.ended) return;
        if (!this.hasExited() && !this.#signalled) this.signal('SIGTERM');
        const end = await this.untilExited();
        assert.deepEqual(this.noise, [], 'only log lines on stderr: no sanitizer report, no failed assertion');
        assert.deepEqual(end, { code: 0, signal: null });
    }
}

function targetOf(address) {
    if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) };
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/**
 * Starts dappd on a free port and waits until it serves.
 * In: chains, for a configuration file (chainConfig); command, another one than serve; args, more of the command line;
 * wrapper, a command that runs it; waits, false for one that is not to be waited for; all else are settings by name.
 * Unless one says otherwise nothing is limited: most tests ask more often than a client would.
 */
export async function startDappd({ chains, command = 'serve', args = [], wrapper = [], waits = true, ...given } = {}) {
    const file = chains ? ['--config', configFile({ chains })] : [];
    const settings = { listen: '127.0.0.1:0', threads: 2, log_format: 'json', rate_limit: 'off', ...given };
    const dappd = new Dappd({ wrapper, command, args: [...file, ...args], settings });
    try {
        if (waits) await dappd.untilListening();
    } catch (error) {
        if (!dappd.hasExited()) dappd.signal('SIGKILL');
        throw error;
    }
    return dappd;
}

/** The same for one test: ends with it. */
export async function dappdFor(t, options) {
    const dappd = await startDappd(options);
    t.after(() => dappd.stop());
    return dappd;
}
