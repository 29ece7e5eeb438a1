// PostgreSQL for tests: one private server for a test file, an empty database for each test, and SQL as texts. Whoever
// starts a server owns it; a database ends its psql with the test.

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { startPostgres } from '../../../dev/postgres.js';
import { CHECKOUT, SCRATCH } from './process.js';
import { bounded, until } from './wait.js';

const SCRIPT = path.join(CHECKOUT, 'dev/postgres.sh');
const FORMAT = ['-XAtq0', '-F', '\x1f', '-P', 'null=\x1d', '-v', 'ON_ERROR_STOP=1'];
const END = 'end-of-answer';

let made = 0;

class Server {
    #dir;
    #server;
    #databases = [];

    constructor(dir) {
        this.#dir = dir;
    }

    async start() {
        this.#server = await startPostgres({ dir: this.#dir });
        return this;
    }

    stop() {
        this.#databases.forEach((database) => database.close()); // a psql that stays would keep the test from ending
        return this.#server.stop();
    }

    /** kill -9 of the postmaster; what was committed is there again after start(). */
    kill() {
        return this.#server.kill();
    }

    /** kill -9 of one session on this database, if there is one: PostgreSQL then ends all others and starts anew. */
    async killSession(database) {
        const sessions = `SELECT pid FROM pg_stat_activity
            WHERE datname = '${database.name}' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`;
        const [session] = await database.sql(sessions);
        if (!session) return;
        process.kill(Number(session[0]), 'SIGKILL');
        await database.untilEnded();
        await until(() => database.sql('SELECT 1').catch(() => undefined), 'PostgreSQL anew');
    }

    /** Stops all of its processes in the midst of whatever they do. Returns how to let them go on. */
    async freeze(database) {
        const pids = await database.sql(`SELECT pid FROM pg_stat_activity
            UNION SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer`);
        const tell = (signal) => pids.forEach(([pid]) => process.kill(Number(pid), signal));
        tell('SIGSTOP');
        return () => tell('SIGCONT');
    }

    /** An empty database for this test, or without one for as long as the server lives. */
    async databaseFor(t) {
        const name = `test_${++made}`;
        const database = new Database(this.#dir, name, await this.#server.createDatabase(name));
        this.#databases.push(database);
        t?.after(() => database.close());
        return database;
    }
}

/** One psql that stays, since a new one for each question would be slow. It comes back after the server has. */
class Database {
    #dir;
    #psql;
    #turn = Promise.resolve();

    constructor(dir, name, url) {
        this.#dir = dir;
        this.name = name;
        this.url = url;
    }

    /** Runs SQL; returns the rows of all statements as arrays of texts, null for NULL. Throws with psql's words. */
    sql(text) {
        const answer = this.#turn.then(() => bounded(this.#ask(text), 'answer of PostgreSQL'));
        this.#turn = answer.catch(() => {});
        return answer;
    }

    /** Waits for the end of our own session. */
    untilEnded() {
        return until(async () => !(await this.sql('SELECT 1').catch(() => undefined)), 'end of the session');
    }

    close() {
        this.#psql?.stdin.end();
        this.#psql = undefined;
    }

    #ask(text) {
        this.#psql ??= this.#start();
        const psql = this.#psql;
        return new Promise((resolve, reject) => {
            let out = '';
            let errors = '';
            const onData = (chunk) => {
                out += chunk;
                if (out.endsWith(`${END}\0`)) settle(() => resolve(rowsOf(out)));
            };
            const onError = (chunk) => {
                errors += chunk;
            };
            const onClose = () => {
                this.#psql = undefined;
                settle(() => reject(new Error(`psql ended: ${errors.trim()}`)));
            };
            const settle = (how) => {
                psql.stdout.off('data', onData);
                psql.stderr.off('data', onError);
                psql.off('close', onClose);
                how();
            };
            psql.stdout.on('data', onData);
            psql.stderr.on('data', onError);
            psql.once('close', onClose);
            psql.stdin.write(`${text};\nSELECT '${END}';\n`);
        });
    }

    #start() {
        const psql = spawn(SCRIPT, ['psql', this.#dir, ...FORMAT, '-d', this.name]);
        psql.stdin.on('error', () => {}); // it has ended: whoever asks gets to know
        for (const stream of [psql.stdout, psql.stderr]) stream.setEncoding('utf8');
        return psql;
    }
}

function rowsOf(out) {
    const rows = out.split('\0').slice(0, -2);
    return rows.map((row) => row.split('\x1f').map((value) => (value === '\x1d' ? null : value)));
}

/** A server whose data outlives kill(), until the test process ends. */
export function startServer() {
    return new Server(mkdtempSync(path.join(SCRATCH, 'pg-'))).start();
}
